import type { DurationMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

/** The list of live scheduler replicas, kept on shard 0: how many the shards are to be shared among. */
export type ReplicaStore = ReturnType<typeof createReplicaStore>;

export function createReplicaStore(shard: Shard) {
  return {
    /** Says that a replica lives, for `keepMs`; answers how many do. */
    async beat(id: string, keepMs: DurationMs): Promise<number> {
      return (await shard.run('beat_scheduler', [id, keepMs])) as number;
    },

    async remove(id: string): Promise<void> {
      await shard.connection.zrem(shard.key('schedulers_seen'), id);
    },
  };
}
