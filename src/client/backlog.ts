import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { readWeightedQueue, servesQueue } from '../core/queue_weights.ts';
import { suggest } from '../core/suggest.ts';
import { readOverview, type QueueOverview } from '../store/overview.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { redisTime } from './redis_time.ts';

/** The work that waits for one pool, as an autoscaler asks for it. */
export type Backlog = {
  pool: string;
  /** Queues that the pool asks for, as its workers name them, or as the question does. */
  queues: readonly string[];
  /** Could start now, but for limits; runs of paused queues do not count. */
  ready: number;
  /** Until an instant, or until their next attempt. */
  delayed: number;
  /** On the workers of the pool, as they said within the last seconds. */
  running: number;
  /** How long the oldest ready run has been due, in seconds; 0 for none. */
  oldestReadySeconds: number;
  workers: number;
  slots: number;
  /** ready + running: what slots are needed for. */
  backlog: number;
};

export type BacklogQuestion = {
  pool: string;
  /** Instead of what its workers ask for or asked for when there were any. */
  queues?: readonly string[];
};

/**
 * Reads it at the cost of one scrape: a script per shard that does not look at single runs. Throws BAD_USAGE for a queue that is
 * no name, NOT_FOUND for a pool that never had a worker where the question names no queues.
 */
export async function readBacklog(store: Store, { pool, queues }: BacklogQuestion): Promise<Backlog> {
  const now = await redisTime(store.shards[0] as ShardStore);
  const [all, shards, pauses] = await Promise.all([
    store.workers.all(now),
    Promise.all(store.shards.map(({ shard }) => readOverview(shard))),
    Promise.all(store.shards.map((shard) => shard.pauses.all())),
  ]);
  const workers = all.filter((worker) => worker.pool === pool);
  const asked = namesOf(queues) ?? (await store.workers.queuesOf(pool));
  if (asked === undefined)
    throw unknownPool(
      pool,
      all.map((worker) => worker.pool),
    );
  const served = shards.flatMap((shard) => shard.queues).filter(({ queue }) => servesQueue(asked, queue));
  const startable = served.filter(({ queue }) => !pauses.some((paused) => paused.has(queue)));
  const sum = (of: readonly QueueOverview[], pick: (queue: QueueOverview) => number): number =>
    of.reduce((total, queue) => total + pick(queue), 0);
  const ready = sum(startable, (queue) => queue.ready);
  const oldest = Math.min(...startable.map(({ oldestReady }) => oldestReady ?? Infinity));
  const running = workers.reduce((total, { busy }) => total + busy, 0);
  const working = workers.filter(({ state }) => state === 'running');
  return {
    pool,
    queues: asked,
    ready,
    delayed: sum(served, (queue) => queue.delayed),
    running,
    oldestReadySeconds: oldest === Infinity ? 0 : Math.max(0, Math.round((now - oldest) / 1_000)),
    workers: working.length,
    slots: working.reduce((total, { slots }) => total + slots, 0),
    backlog: ready + running,
  };
}

function namesOf(queues: readonly string[] | undefined): readonly string[] | undefined {
  if (queues === undefined || queues.length === 0) return undefined;
  const wrong = queues.find((text) => readWeightedQueue(text) === undefined);
  if (wrong === undefined) return queues;
  throw new BelfryError('BAD_USAGE', `queues names ${quote(wrong)}`, {
    field: 'queues',
    hint: 'names of queues, with weights or without, such as critical:6,default; * is every queue',
  });
}

function unknownPool(pool: string, known: readonly string[]): BelfryError {
  const near = suggest(pool, known);
  return new BelfryError('NOT_FOUND', `no worker of a pool ${quote(pool)} has lived`, {
    field: 'pool',
    hint: near === undefined ? 'name its queues: queues=critical,default' : `did you mean ${near}? Or name its queues`,
  });
}
