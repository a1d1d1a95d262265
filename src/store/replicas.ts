import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

/** A live replica of the scheduler, as it describes itself. */
export type Replica = {
  id: string;
  host: string;
  pid: number;
  version: string;
  /** Version of its time zone data. */
  tzVersion: string;
  /** What whoever deploys calls this deployment. */
  deployment?: string;
  /** Layout of the state that its code knows (see formats.ts); left out by older replicas. */
  format?: number;
  /** Whether it could take a shard over now. */
  state: 'able' | 'unable';
};

/** The list of live scheduler replicas, kept on shard 0: whom the shards are to be shared among. */
export type ReplicaStore = ReturnType<typeof createReplicaStore>;

export function createReplicaStore(shard: Shard) {
  const { connection } = shard;
  return {
    /** Says that a replica lives, for `keepMs`; answers all that do, the caller included. */
    async beat(replica: Replica, keepMs: DurationMs): Promise<Replica[]> {
      const live = (await shard.run('beat_scheduler', [replica.id, keepMs, JSON.stringify(replica)])) as string[];
      return live.map((json) => JSON.parse(json) as Replica);
    },

    async remove(id: string): Promise<void> {
      await connection.hdel(shard.key('schedulers'), id);
      await connection.zrem(shard.key('schedulers_seen'), id);
    },

    /** Replicas that have said so lately; one that died is listed until its word is too old. */
    async all(now: EpochMs): Promise<Replica[]> {
      const seen = await connection.zrangebyscore(shard.key('schedulers_seen'), now, '+inf');
      if (seen.length === 0) return [];
      const stored = await connection.hmget(shard.key('schedulers'), ...seen);
      return stored.filter((json) => json !== null).map((json) => JSON.parse(json) as Replica);
    },
  };
}
