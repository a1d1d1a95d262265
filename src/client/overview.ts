import type { EpochMs } from '../core/time/units.ts';
import type { LeaderInfo } from '../store/leadership.ts';
import { readOverview, type LimitOverview, type QueueOverview, type ShardOverview } from '../store/overview.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { WorkerInfo } from '../store/workers.ts';
import { redisTime } from './redis_time.ts';

/** Of one shard: who holds its lease now, and the due time of its most overdue schedule. */
export type ShardLead = { leader: LeaderInfo | undefined; overdue: EpochMs | undefined };

/** The whole system as Redis knows it. */
export type Overview = Omit<ShardOverview, 'overdue' | 'lead'> & {
  workers: WorkerInfo[];
  /** Who led each shard last; undefined where nobody ever did. */
  leaders: (LeaderInfo | undefined)[];
  /** By shard; no leader where nobody holds the lease now. */
  leads: ShardLead[];
};

/** @param now by the clock of Redis, where the caller knows it already */
export async function readSystem(store: Store, now?: EpochMs): Promise<Overview> {
  const workers = await store.workers.all(now ?? (await redisTime(store.shards[0] as ShardStore)));
  const codes = [...new Set(workers.map(({ code }) => code))];
  const [shards, leaders] = await Promise.all([
    Promise.all(store.shards.map(({ shard }) => readOverview(shard, codes))),
    Promise.all(store.shards.map(({ leadership }) => leadership.current())),
  ]);
  const total = (pick: (shard: ShardOverview) => number): number => shards.reduce((sum, shard) => sum + pick(shard), 0);
  return {
    now: Math.max(...shards.map((shard) => shard.now)),
    schedules: total((shard) => shard.schedules),
    quarantined: total((shard) => shard.quarantined),
    deadLetters: total((shard) => shard.deadLetters),
    running: total((shard) => shard.running),
    queues: mergeQueues(shards.flatMap((shard) => shard.queues)),
    limits: mergeLimits(shards.flatMap((shard) => shard.limits)),
    workers,
    leaders,
    leads: shards.map(({ overdue, lead }, i) => ({ leader: lead === 'led' ? leaders[i] : undefined, overdue })),
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
      oldestReady: older(part.oldestReady, found?.oldestReady),
      state: part.state === 'paused' ? 'paused' : (found?.state ?? 'open'),
      withoutWorker: part.withoutWorker + (found?.withoutWorker ?? 0),
    });
  }
  return [...merged.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
}

function mergeLimits(parts: LimitOverview[]): LimitOverview[] {
  const merged = new Map<string, LimitOverview>();
  for (const { limit, lanes, oldest } of parts) {
    const found = merged.get(limit);
    merged.set(limit, { limit, lanes: lanes + (found?.lanes ?? 0), oldest: older(oldest, found?.oldest) });
  }
  return [...merged.values()].sort((a, b) => (a.limit < b.limit ? -1 : 1));
}

function older(one: EpochMs | undefined, other: EpochMs | undefined): EpochMs | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
