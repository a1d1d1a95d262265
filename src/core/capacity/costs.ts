import { MEASURED } from './measured.ts';

/** CPU of one process: so much for each thing done, and so much for each call; µs of a core. */
export type CallCost = { perRunUs: number; perCallUs: number };

/** CPU of firing: `perFireUs` each, and beside it what ticking costs a shard in a second, at most `perTickUs` a fire. */
export type FireCost = { perFireUs: number; perTickUs: number; tickingUs: number };

const { figures } = MEASURED;

/**
 * Pace of the measurement, runs a second, at which nearly each run has calls of its own, and the processes do not fall
 * asleep between two of them: each call costs twice as much where they do, which no system does that has much to do.
 */
const ALONE_PACE = 1_000;
/** Fires a second of the two measurements. */
const FAST_FIRES = 5_000;
const SLOW_FIRES = 200;

/**
 * Of a run from the enqueue to its history entry: in full batches (a backlog, over TCP), and with each of its calls for
 * itself (a slow pace, enqueued one by one).
 */
export const REDIS_RUN: CallCost = costOf(
  figures['redis-enqueue'] + figures['cluster-1-all'],
  figures[`redis-paced-${ALONE_PACE}`],
);
export const WORKER_RUN: CallCost = costOf(figures['cluster-1-worker'], figures[`worker-paced-${ALONE_PACE}`]);

/** What Redis needs more for a run that is enqueued in a call of its own. */
export const SINGLE_ENQUEUE_US = Math.max(0, figures['redis-enqueue-alone'] - figures['redis-enqueue']);

/** What limits add to a run in full batches. */
export const LIMITED_EXTRA = {
  redisUs: Math.max(0, figures['redis-work-limited'] - figures['redis-work']),
  workerUs: Math.max(0, figures['worker-work-limited'] - figures['worker-work']),
};

export const ENQUEUE_US = figures['redis-enqueue'];
export const REDIS_FIRE: FireCost = fireCostOf(figures['redis-fire-fast'], figures['redis-fire-slow']);
export const SCHEDULER_FIRE: FireCost = fireCostOf(figures['scheduler-fire-fast'], figures['scheduler-fire-slow']);

/** While nothing is to be done, µs a second: of a worker on a shard, of the rest on a shard, of the processes themselves. */
export const IDLE = {
  redisWorkerUs: figures['redis-idle-worker'],
  redisShardUs: figures['redis-idle-rest'],
  workerUs: figures['worker-idle'],
  schedulerUs: figures['scheduler-idle'],
};

export const BYTES = {
  base: figures['bytes-base'],
  schedule: figures['bytes-schedule'],
  waitingRun: figures['bytes-waiting-run'],
  historyEntry: figures['bytes-history-entry'],
  aofRun: figures['aof-run'],
  aofFire: figures['aof-fire'],
  receivedRun: figures['received-run'],
  sentRun: figures['sent-run'],
  receivedFire: figures['received-fire'],
  sentFire: figures['sent-fire'],
};

/**
 * CPU, µs a second, of runs that come at this rate, where one worker makes at most one exchange with a shard in `waitMs`:
 * what comes meanwhile goes into the same call. `pairs`: workers × shards.
 */
export function runCpuUs(
  cost: CallCost,
  perSecond: number,
  { pairs, waitMs }: { pairs: number; waitMs: number },
): number {
  const calls = Math.min(perSecond, (pairs * 1_000) / waitMs);
  return perSecond * cost.perRunUs + calls * cost.perCallUs;
}

/** CPU, µs a second, of fires at this rate, spread evenly over the shards. */
export function fireCpuUs(cost: FireCost, perSecond: number, shards: number): number {
  return perSecond * cost.perFireUs + Math.min(perSecond * cost.perTickUs, shards * cost.tickingUs);
}

function costOf(batchedUs: number, aloneUs: number): CallCost {
  return { perRunUs: batchedUs, perCallUs: Math.max(0, aloneUs - batchedUs) };
}

/** From two measured points of `perFireUs + tickingUs / rate`. */
function fireCostOf(fastUs: number, slowUs: number): FireCost {
  const tickingUs = Math.max(0, slowUs - fastUs) / (1 / SLOW_FIRES - 1 / FAST_FIRES);
  const perFireUs = Math.max(0, fastUs - tickingUs / FAST_FIRES);
  return { perFireUs, perTickUs: Math.max(0, slowUs - perFireUs), tickingUs };
}
