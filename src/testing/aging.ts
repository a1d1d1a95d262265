import type { Redis } from 'ioredis';
import type { DurationMs } from '../core/time/units.ts';
import type { Shard } from '../store/shard.ts';

/** Keys that go away by themselves do so by the clock of Redis: takes from their time what has passed on the clock of the test. */
export async function ageKeys({ connection, prefix }: Shard, by: DurationMs): Promise<void> {
  if (by <= 0) return;
  let cursor = '0';
  do {
    const [following, keys] = await (connection as Redis).scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
    cursor = following;
    await Promise.all(keys.map(async (key) => age(connection as Redis, key, by)));
  } while (cursor !== '0');
}

async function age(connection: Redis, key: string, by: DurationMs): Promise<void> {
  const left = await connection.pttl(key);
  if (left >= 0) await connection.pexpire(key, Math.max(0, left - Math.ceil(by)));
}
