import type { JobDefinition } from '../core/definition.ts';
import type { EventBus } from '../core/events.ts';
import { readWeightedQueue, type QueueOrder } from '../core/queue_weights.ts';
import type { RedisTarget } from '../core/redis_target.ts';
import type { Seal } from '../core/seal.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import type { OfferTracing } from '../core/tracing.ts';
import { startAll, stopAll, type Service } from '../runtime/service.ts';
import type { Connection } from '../store/connect.ts';
import type { ClaimRequest, Retention } from '../store/runs.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { WorkerInfo, WorkerOrder } from '../store/workers.ts';
import { createAttempts, type Attempts, type AttemptsDeps, type AttemptsOptions } from './attempts.ts';
import { createCode, type Code } from './code.ts';
import type { EnqueueMany } from './context.ts';
import { drainAttempts } from './drain.ts';
import { createFeed, type Feed } from './feed.ts';
import { createHeartbeat } from './heartbeat.ts';
import { CODE_KEEP_MS, SAFE_LEASE_SHARE, type FromHeartbeat } from './heartbeat_messages.ts';
import { createLeaseBoard, type LeaseBoard } from './lease_board.ts';
import { createQueueTurns, type QueueTurns } from './queue_order.ts';
import { createQueueWatch } from './queue_watch.ts';
import { reportSettled } from './report.ts';
import { createSlots, type Slots } from './slots.ts';

export type WorkerDeps = {
  store: Store;
  /** Where the heartbeat thread connects to. */
  target: RedisTarget;
  /** One connection per shard, for blocking reads only. */
  blocking: () => Connection;
  enqueueMany: EnqueueMany;
  clock: Clock;
  events: EventBus;
  seal: Seal;
  kin: AttemptsDeps['kin'];
  tracing: OfferTracing;
};

export type WorkerOptions = AttemptsOptions & {
  /** Random for each process start. */
  id: string;
  about: Pick<WorkerInfo, 'host' | 'pid' | 'version' | 'process' | 'deployment' | 'format'>;
  /** Undefined where the worker takes no orders, as in an application, which decides itself when it ends. */
  orders?: { roles: readonly string[]; onOrder: (order: WorkerOrder) => void } | undefined;
  pool: string;
  /** Names of queues, each with a weight or none, and `*` for every other one. */
  queues: string[];
  order: QueueOrder;
  slots: number;
  leaseMs: DurationMs;
  drainMs: DurationMs;
  retention: Retention;
};

/** A worker as its process sees it. */
export type WorkerService = Service & {
  /** Takes over a new set of jobs; attempts under way go on with the code that they started with. */
  setJobs(jobs: JobDefinition[]): void;
  busy(): number;
  /** By job, when the oldest of its attempts that run here now began, by the clock of this process. */
  oldestStarts(): ReadonlyMap<string, EpochMs>;
  /** Monotonic ms at which Redis last answered the heartbeat, or undefined before that. */
  lastProgress(): number | undefined;
};

/** How often the fleet's list of workers learns how busy this one is. */
const REPORT_MS: DurationMs = 1_000;
/** A worker is listed for so many leases after its last beat. */
const LEASES_LISTED = 2;

type Parts = {
  deps: WorkerDeps;
  options: WorkerOptions;
  slots: Slots;
  board: LeaseBoard;
  attempts: Attempts;
  feeds: Feed[];
  current: {
    code: Code;
    discovered: string[];
    state: WorkerInfo['state'];
    drainingSince?: EpochMs;
    progressAt: number | undefined;
  };
};

/** One process's part of a pool: claims runs for its slots, runs them, settles them, and drains when it is stopped. */
export function createWorker(deps: WorkerDeps, jobs: JobDefinition[], options: WorkerOptions): WorkerService {
  const slots = createSlots(options.slots);
  // A finished attempt keeps its row until it is settled while its slot is lent to a claim, and two may be under way.
  const board = createLeaseBoard(options.slots * 3);
  const current: Parts['current'] = { code: createCode(jobs), discovered: [], state: 'running', progressAt: undefined };
  const feeds: Feed[] = [];
  const attempts = createAttempts(
    { ...deps, board, code: () => current.code, onEnd: (shard, ended) => feeds[shard]?.end(ended) },
    options,
  );
  const parts: Parts = { deps, options, slots, board, attempts, feeds, current };
  feeds.push(...deps.store.shards.map((store) => createShardFeed(parts, store, createTurns(parts).next)));
  const listen = createTurns(parts);
  const watches = deps.store.shards.map(({ shard }, i) =>
    createQueueWatch({
      shard,
      blocking: deps.blocking(),
      feed: feeds[i] as Feed,
      slots,
      queues: listen.next,
      onError: (error) => deps.events.emit('worker.claim_failed', { worker: options.id, shard: i, error }),
    }),
  );
  return createLifecycle(parts, watches);
}

function createTurns({ options, current }: Parts): QueueTurns {
  const queues = options.queues.flatMap((text) => readWeightedQueue(text) ?? []);
  return createQueueTurns(queues, options.order, () => [...new Set([...current.code.queues, ...current.discovered])]);
}

function createShardFeed(parts: Parts, store: ShardStore, nextQueues: () => string[]): Feed {
  const { deps, options, attempts, slots, current } = parts;
  return createFeed({
    runs: store.runs,
    clock: deps.clock,
    slots,
    retention: options.retention,
    request: (): Omit<ClaimRequest, 'want'> => ({
      worker: options.id,
      leaseMs: options.leaseMs,
      code: current.code.name,
      queues: nextQueues(),
    }),
    begin: (attempt, now) => attempts.begin(store, attempt, now),
    onSettled(ended, answer) {
      attempts.settled(ended);
      reportSettled(deps.events, ended, answer);
    },
    onExpired: (runs) => {
      for (const { id, job } of runs) deps.events.emit('run.expired', { job, run: id });
    },
    onError: (error) =>
      deps.events.emit('worker.claim_failed', { worker: options.id, shard: store.shard.index, error }),
    knows: attempts.knows,
  });
}

function createLifecycle(parts: Parts, watches: Service[]): WorkerService {
  const { deps, options, attempts, feeds, slots, current, board } = parts;
  const { store, events, clock } = deps;
  const startedAt = clock.now();
  let reporter: NodeJS.Timeout | undefined;
  let stopped: Promise<void> | undefined;

  const describe = (): WorkerInfo => ({
    id: options.id,
    pool: options.pool,
    ...options.about,
    queues: options.queues,
    order: options.order,
    jobs: current.code.jobs.size,
    code: current.code.name,
    revision: current.code.revision,
    slots: options.slots,
    busy: attempts.live(),
    startedAt,
    state: current.state,
    ...(current.drainingSince === undefined ? {} : { drainingSince: current.drainingSince }),
    drainMs: options.drainMs,
    keepMs: options.leaseMs * LEASES_LISTED,
    ...(options.orders === undefined ? {} : { roles: options.orders.roles }),
  });
  const codeForClaims = (): { name: string; jobs: string[] } => ({
    name: current.code.name,
    jobs: [...current.code.jobs.keys()],
  });
  const heartbeat = createHeartbeat(
    {
      target: deps.target,
      namespace: store.namespace,
      shards: store.shards.length,
      board: board.memory,
      leaseMs: options.leaseMs,
      info: describe(),
      code: codeForClaims(),
    },
    (message) => onHeartbeat(parts, message),
  );
  const report = async (): Promise<void> => {
    heartbeat.describe(describe());
    events.emit('worker.slots', { pool: options.pool, slots: options.slots, busy: attempts.live() });
    if (options.queues.some((text) => text.startsWith('*'))) current.discovered = await listQueues(store);
  };
  const stop = async (): Promise<void> => {
    current.state = 'draining';
    current.drainingSince = clock.now();
    heartbeat.describe(describe());
    clearInterval(reporter);
    for (const feed of feeds) feed.stopClaiming();
    await stopAll(watches);
    const released = await drainAttempts({
      worker: options.id,
      attempts,
      feeds,
      events,
      drainMs: options.drainMs,
      killAfterMs: options.killAfterMs,
    });
    await heartbeat.stop();
    events.emit('worker.stopped', { worker: options.id, released });
  };

  return {
    name: `worker ${options.id}`,
    async start() {
      await heartbeat.start();
      await publishCode(store, codeForClaims());
      await startAll(watches);
      for (const feed of feeds) feed.ring();
      heartbeat.describe(describe());
      reporter = setInterval(() => void report().catch(() => undefined), REPORT_MS);
      const { id: worker } = options;
      events.emit('worker.started', { worker, pool: options.pool, slots: slots.total, jobs: current.code.jobs.size });
    },
    stop: () => (stopped ??= stop()),
    setJobs(jobs) {
      current.code = createCode(jobs);
      heartbeat.publish(codeForClaims());
      publishCode(store, codeForClaims()).then(
        () => feeds.forEach((feed) => feed.ring()),
        () => undefined,
      );
    },
    busy: () => attempts.live(),
    oldestStarts: () => attempts.oldestStarts(),
    lastProgress: () => current.progressAt,
  };
}

function onHeartbeat({ attempts, current, deps, options }: Parts, message: FromHeartbeat): void {
  const { events, clock } = deps;
  switch (message.kind) {
    case 'beat':
      current.progressAt = clock.monotonic();
      return;
    case 'lost': {
      // An attempt that has ended meanwhile was settled between the look at the board and the renewal.
      const job = attempts.stop(message.id, message.token, 'lease-lost');
      if (job !== undefined) events.emit('attempt.fenced', { job, run: message.id, kind: 'heartbeat' });
      return;
    }
    case 'cancel':
      attempts.stop(message.id, message.token, 'cancel');
      return;
    case 'expiring':
      attempts.stopOlder(message.shard, options.leaseMs * SAFE_LEASE_SHARE);
      return;
    case 'order':
      if (current.state === 'running') options.orders?.onOrder(message.order);
      return;
    case 'error':
      events.emit('worker.claim_failed', { worker: options.id, shard: 0, error: message.error });
      break;
    case 'ready':
      break;
  }
}

async function publishCode(store: Store, code: { name: string; jobs: string[] }): Promise<void> {
  await Promise.all(store.shards.map(({ runs }) => runs.publishCode(code.name, code.jobs, CODE_KEEP_MS)));
}

async function listQueues(store: Store): Promise<string[]> {
  const lists = await Promise.all(store.shards.map(({ shard }) => shard.connection.smembers(shard.key('queues'))));
  return [...new Set(lists.flat())].sort();
}
