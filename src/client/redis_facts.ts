import { readRedisFacts, type RedisFacts } from '../store/redis_facts.ts';
import type { Store } from '../store/store.ts';

export type { RedisFacts } from '../store/redis_facts.ts';

/** What the primaries of a store say of themselves. */
export function readRedis({ connection, shards }: Pick<Store, 'connection' | 'shards'>): Promise<RedisFacts[]> {
  return readRedisFacts(
    connection,
    shards.map(({ shard }) => shard),
  );
}
