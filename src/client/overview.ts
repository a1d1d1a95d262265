import type { LeaderInfo } from '../store/leadership.ts';
import { readOverview, type QueueOverview, type ShardOverview } from '../store/overview.ts';
import type { Store } from '../store/store.ts';
import type { WorkerInfo } from '../store/workers.ts';

/** The whole system as Redis knows it. */
export type Overview = ShardOverview & {
  workers: WorkerInfo[];
  /** By shard; undefined where nobody leads. */
  leaders: (LeaderInfo | undefined)[];
};

export async function readSystem(store: Store): Promise<Overview> {
  const [shards, leaders] = await Promise.all([
    Promise.all(store.shards.map(({ shard }) => readOverview(shard))),
    Promise.all(store.shards.map(({ leadership }) => leadership.current())),
  ]);
  const now = Math.max(...shards.map((shard) => shard.now));
  const total = (pick: (shard: (typeof shards)[number]) => number): number =>
    shards.reduce((sum, shard) => sum + pick(shard), 0);
  return {
    now,
    schedules: total((shard) => shard.schedules),
    quarantined: total((shard) => shard.quarantined),
    deadLetters: total((shard) => shard.deadLetters),
    running: total((shard) => shard.running),
    queues: mergeQueues(shards.flatMap((shard) => shard.queues)),
    workers: await store.workers.all(now),
    leaders,
  };
}

function mergeQueues(parts: QueueOverview[]): QueueOverview[] {
  const merged = new Map<string, QueueOverview>();
  for (const part of parts) {
    const found = merged.get(part.queue);
    merged.set(part.queue, {
      queue: part.queue,
      ready: part.ready + (found?.ready ?? 0),
      delayed: part.delayed + (found?.delayed ?? 0),
      oldestReady: Math.min(part.oldestReady ?? Infinity, found?.oldestReady ?? Infinity),
    });
  }
  return [...merged.values()]
    .map((queue) => ({ ...queue, oldestReady: queue.oldestReady === Infinity ? undefined : queue.oldestReady }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1));
}
