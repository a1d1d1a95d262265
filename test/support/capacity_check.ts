import { REDIS_RUN, runCpuUs } from '../../src/core/capacity/costs.ts';
import { MEASURED } from '../../src/core/capacity/measured.ts';

/** A measured point that the model's constants were not taken from, and what the model says of it; µs of Redis for a run. */
export type CheckedPoint = { what: string; measuredUs: number; modelUs: number };

const { figures } = MEASURED;
const FITTED_PACE = 4_000;
const CLUSTER_PACE = 2_000;

/**
 * How long a worker's exchange with a shard takes where Redis has time: the one thing that is fitted, to the pace of 4,000
 * runs a second. The sizing takes the wait that it is asked for instead.
 */
export function naturalWaitMs(): number {
  const { perRunUs, perCallUs } = REDIS_RUN;
  const callsUs = FITTED_PACE * (figures[`redis-paced-${FITTED_PACE}`] - perRunUs);
  return (perCallUs * 1_000) / callsUs;
}

/** A backlog on two and three shards of a cluster, and a pace on one, two and three. */
export function checkedPoints(): CheckedPoint[] {
  const backlogUs = figures['cluster-1-all'];
  const backlogs = ([2, 3] as const).flatMap((shards) =>
    pair(`a backlog on ${String(shards)} shards`, shards, {
      all: figures[`cluster-${shards}-all`],
      busiest: figures[`cluster-${shards}-busiest`],
      modelUs: backlogUs,
    }),
  );
  const paces = ([1, 2, 3] as const).flatMap((shards) =>
    pair(`2,000 a second on ${String(shards)} ${shards === 1 ? 'shard' : 'shards'}`, shards, {
      all: figures[`cluster-${shards}-paced-all`],
      busiest: figures[`cluster-${shards}-paced-busiest`],
      modelUs: pacedUs(shards),
    }),
  );
  return [...backlogs, ...paces];
}

type Measured = { all: number; busiest: number; modelUs: number };

function pair(what: string, shards: number, { all, busiest, modelUs }: Measured): CheckedPoint[] {
  const sum = { what: `${what}, all masters`, measuredUs: all, modelUs };
  if (shards === 1) return [sum];
  return [sum, { what: `${what}, the busiest master`, measuredUs: busiest, modelUs: modelUs / shards }];
}

/** One worker. */
function pacedUs(shards: number): number {
  return runCpuUs(REDIS_RUN, CLUSTER_PACE, { pairs: shards, waitMs: naturalWaitMs() }) / CLUSTER_PACE;
}
