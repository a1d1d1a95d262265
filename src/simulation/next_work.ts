import type { EpochMs } from '../core/time/units.ts';
import type { Shard } from '../store/shard.ts';

export type NextWork = {
  /** Earliest due time of a schedule, a delayed run or a parked lane. */
  tick: EpochMs;
  /** Earliest due time of a backfill. */
  release: EpochMs;
};

/**
 * When the leader has something to do next, `Infinity` for never: what a real one learns by looking once a second. Whatever
 * its bell has rung for is in this, so the bell is silenced.
 */
export async function readNextWork(shard: Shard, queues: readonly string[]): Promise<NextWork> {
  const names = ['backfill_due', 'due', ...queues.flatMap((queue) => [`delayed:${queue}`, `parked:${queue}`])];
  const pipeline = shard.connection.pipeline();
  for (const name of names) pipeline.zrange(shard.key(name), '0', '0', 'WITHSCORES');
  pipeline.lpop(shard.key('wake:leader'));
  const replies = ((await pipeline.exec()) ?? []).slice(0, -1);
  const [release = Infinity, ...ticks] = replies.map(([error, head]) => {
    if (error !== null) throw error;
    const score = (head as string[])[1];
    return score === undefined ? Infinity : Number(score);
  });
  return { release, tick: Math.min(...ticks) };
}
