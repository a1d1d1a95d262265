import type { Families } from './exposition/families.ts';
import type { Fleet } from './fleet.ts';
import type { FleetGauges } from './job_gauges.ts';

type RedisFacts = Fleet['redis'][number];
type RedisGauge = { name: string; help: string; value: (facts: RedisFacts) => number | undefined };

const REDIS_GAUGES: readonly RedisGauge[] = [
  {
    name: 'belfry_redis_memory_used_bytes',
    help: 'Memory that Redis uses for data.',
    value: ({ usedBytes }) => usedBytes,
  },
  {
    name: 'belfry_redis_memory_limit_bytes',
    help: 'Most memory that Redis may use: maxmemory, or the memory of its machine where that is not set; no sample where Redis tells neither.',
    value: ({ limitBytes }) => limitBytes,
  },
  {
    name: 'belfry_redis_durable',
    help: '1 while the append-only file is on, else 0: a restart of Redis would lose what came since its last snapshot.',
    value: ({ aof }) => (aof === 'on' ? 1 : 0),
  },
  {
    name: 'belfry_redis_last_write_ok',
    help: '1 while the last write of the append-only file and the last snapshot succeeded, else 0.',
    value: ({ lastWrite }) => (lastWrite === 'ok' ? 1 : 0),
  },
  {
    name: 'belfry_redis_connected_replicas',
    help: 'Replicas that are connected to the primary.',
    value: ({ connectedReplicas }) => connectedReplicas,
  },
  {
    name: 'belfry_redis_fragmentation_ratio',
    help: 'Memory that the operating system gave to Redis, by the memory that Redis uses.',
    value: ({ fragmentation }) => fragmentation,
  },
];

/** What the primaries that hold the shards say of themselves. */
export function createRedisGauges(families: Families): FleetGauges {
  const labels = ['node'];
  const info = families.gauge({
    name: 'belfry_redis_info',
    help: 'Always 1; the labels say what each primary is. node counts the primaries in the order of their first shard.',
    labels: ['node', 'redis_version', 'mode', 'maxmemory_policy'],
  });
  const evicted = families.told({
    name: 'belfry_redis_evicted_keys_total',
    help: 'Keys that Redis dropped for want of memory; each may have been a schedule or a run.',
    labels,
  });
  const gauges = REDIS_GAUGES.map(({ name, help, value }) => ({
    gauge: families.gauge({ name, help, labels }),
    value,
  }));
  const clear = (): void => {
    info.clear();
    evicted.clear();
    for (const { gauge } of gauges) gauge.clear();
  };
  return {
    clear,
    show({ redis }) {
      clear();
      for (const facts of redis) {
        info.put(1, facts.node, facts.version, facts.mode, facts.maxmemoryPolicy);
        evicted.put(facts.evictedKeys, facts.node);
        for (const { gauge, value } of gauges) {
          const sample = value(facts);
          if (sample !== undefined) gauge.put(sample, facts.node);
        }
      }
    },
  };
}
