import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore } from '../store/store.ts';

/** The one clock: TIME of the Redis that a shard lives on. */
export async function redisTime({ shard }: Pick<ShardStore, 'shard'>): Promise<EpochMs> {
  const [seconds, micros] = await shard.connection.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
