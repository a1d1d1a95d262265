import type { FinishedRun } from '../core/run.ts';
import type { LiveRun } from '../store/history.ts';
import type { ShardStore } from '../store/store.ts';

/** A run, finished or not. */
export type RunView = ({ kind: 'live' } & LiveRun) | ({ kind: 'finished' } & FinishedRun);

/** The run where one shard still knows it, unfinished or in the history. */
export async function findRun(shard: ShardStore, id: string): Promise<RunView | undefined> {
  const live = await shard.history.live(id);
  if (live !== undefined) return { kind: 'live', ...live };
  const finished = await shard.history.finished(id);
  return finished && { kind: 'finished', ...finished };
}
