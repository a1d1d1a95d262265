import { Cluster, type Redis } from 'ioredis';
import type { Connection } from './connect.ts';
import type { Shard } from './shard.ts';
import { parseInfo } from './suitability.ts';

/** What a primary says of itself. */
export type RedisFacts = {
  /** Number of the primary, in the order of the first shard that each holds: never a host. */
  node: string;
  version: string;
  mode: string;
  maxmemoryPolicy: string;
  usedBytes: number;
  /** `maxmemory`, or the machine's memory where that is not set; undefined where neither is told. */
  limitBytes: number | undefined;
  aof: 'on' | 'off';
  /** Of the AOF, and of the last snapshot. */
  lastWrite: 'ok' | 'failed';
  evictedKeys: number;
  connectedReplicas: number;
  fragmentation: number | undefined;
};

/** Reads INFO of each primary that holds shards, with one call each. */
export async function readRedisFacts(connection: Connection, shards: readonly Shard[]): Promise<RedisFacts[]> {
  const nodes = connection instanceof Cluster ? await primariesOf(connection, shards) : [connection];
  return Promise.all(nodes.map(async (node, i) => factsOf(String(i), parseInfo(await node.info()))));
}

async function primariesOf(cluster: Cluster, shards: readonly Shard[]): Promise<Redis[]> {
  const primaries = cluster.nodes('master');
  const slots = await Promise.all(shards.map(({ prefix }) => cluster.cluster('KEYSLOT', prefix)));
  const found = slots.flatMap((slot) => {
    const name = cluster.slots[slot]?.[0];
    return primaries.find(({ options }) => `${String(options.host)}:${String(options.port)}` === name) ?? [];
  });
  return [...new Set(found)];
}

function factsOf(node: string, info: Map<string, string>): RedisFacts {
  const number = (name: string): number => Number(info.get(name) ?? 0);
  const fragmentation = info.get('mem_fragmentation_ratio');
  const limit = number('maxmemory') || number('total_system_memory');
  const isWritten = ['aof_last_write_status', 'rdb_last_bgsave_status'].every(
    (name) => (info.get(name) ?? 'ok') === 'ok',
  );
  return {
    node,
    version: info.get('valkey_version') ?? info.get('redis_version') ?? '',
    mode: info.get('redis_mode') ?? '',
    maxmemoryPolicy: info.get('maxmemory_policy') ?? '',
    usedBytes: number('used_memory'),
    limitBytes: limit === 0 ? undefined : limit,
    aof: info.get('aof_enabled') === '1' ? 'on' : 'off',
    lastWrite: isWritten ? 'ok' : 'failed',
    evictedKeys: number('evicted_keys'),
    connectedReplicas: number('connected_slaves'),
    fragmentation: fragmentation === undefined ? undefined : Number(fragmentation),
  };
}
