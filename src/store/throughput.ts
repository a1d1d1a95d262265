import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore } from './store.ts';

const MINUTE_MS = 60_000;
const SLICE = 200;

/** Runs that ended in the last minute by the queue of their job, as far as the histories reach. */
export async function readThroughput(
  { shard, jobs }: Pick<ShardStore, 'shard' | 'jobs'>,
  now: EpochMs,
): Promise<Map<string, number>> {
  const records = [...(await jobs.all()).values()];
  const byQueue = new Map<string, number>();
  for (let from = 0; from < records.length; from += SLICE) {
    const part = records.slice(from, from + SLICE);
    const args = [now - MINUTE_MS, ...part.map(({ name }) => name)];
    const counts = (await shard.run('ended_since', args)) as number[];
    part.forEach(({ queue }, i) => byQueue.set(queue, (byQueue.get(queue) ?? 0) + (counts[i] ?? 0)));
  }
  return byQueue;
}
