import type { KindCounts } from '../core/rollout/orphans.ts';
import { readQueuedKinds, readScheduledJobs, type QueuedKinds, type ScheduledJob } from '../store/queued_kinds.ts';
import type { Store } from '../store/store.ts';

/** The jobs that have unfinished runs anywhere, by queue and name. Bounded; see readQueuedKinds. */
export async function readQueued(store: Store): Promise<QueuedKinds> {
  const parts = await Promise.all(store.shards.map(({ shard }) => readQueuedKinds(shard)));
  return {
    // A job lives on one shard, so no kind is in two parts.
    kinds: parts.flatMap(({ kinds }) => kinds).sort(byName),
    seen: parts.every(({ seen }) => seen === 'all') ? 'all' : 'part',
  };
}

function byName(one: KindCounts, other: KindCounts): number {
  const [a, b] = [`${one.queue} ${one.job}`, `${other.queue} ${other.job}`];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many schedules each job has that fire again. Bounded; see readScheduledJobs. */
export async function readScheduled(
  store: Store,
): Promise<{ jobs: ReadonlyMap<string, ScheduledJob>; seen: QueuedKinds['seen'] }> {
  const parts = await Promise.all(store.shards.map(({ shard }) => readScheduledJobs(shard)));
  return {
    jobs: new Map(parts.flatMap(({ jobs }) => [...jobs])),
    seen: parts.every(({ seen }) => seen === 'all') ? 'all' : 'part',
  };
}
