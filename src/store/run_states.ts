import type { Run, RunState } from '../core/run.ts';
import type { Shard } from './shard.ts';

export type LiveState = Extract<RunState, 'waiting' | 'ready' | 'running' | 'retrying'>;

/** States of unfinished runs, in their order, with a handful of reads for all of them. */
export async function readStates(shard: Shard, runs: readonly Run[]): Promise<LiveState[]> {
  if (runs.length === 0) return [];
  const { connection } = shard;
  const ids = runs.map(({ id }) => id);
  const [running, holds, awaiting, delayed] = await Promise.all([
    connection.hmget(shard.key('running'), ...ids),
    connection.hmget(shard.key('holds'), ...ids),
    connection.hmget(shard.key('awaiting'), ...ids),
    readDelayed(shard, runs),
  ]);
  return runs.map(({ id, failures }, i) => {
    if (running[i] !== null) return 'running';
    if (delayed.has(id)) return failures > 0 ? 'retrying' : 'waiting';
    return holds[i] !== null || awaiting[i] !== null ? 'waiting' : 'ready';
  });
}

async function readDelayed(shard: Shard, runs: readonly Run[]): Promise<Set<string>> {
  const byQueue = new Map<string, string[]>();
  for (const { id, queue } of runs) {
    const ids = byQueue.get(queue);
    if (ids === undefined) byQueue.set(queue, [id]);
    else ids.push(id);
  }
  const delayed = new Set<string>();
  await Promise.all(
    [...byQueue].map(async ([queue, ids]) => {
      const scores = await shard.connection.zmscore(shard.key(`delayed:${queue}`), ...ids);
      ids.forEach((id, i) => {
        if (scores[i] !== null) delayed.add(id);
      });
    }),
  );
  return delayed;
}
