import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { ringBell } from './doorbell.ts';
import type { Shard } from './shard.ts';

export type WorkerInfo = {
  id: string;
  pool: string;
  host: string;
  pid: number;
  version: string;
  /** Names, with weights where there are any. */
  queues: string[];
  /** Left out by older workers, whose queues take turns. */
  order?: 'weighted' | 'strict';
  jobs: number;
  code: string;
  slots: number;
  busy: number;
  startedAt: EpochMs;
  state: 'running' | 'draining';
};

/** The list of live workers, kept on shard 0. */
export type WorkerStore = ReturnType<typeof createWorkerStore>;

export function createWorkerStore(shard: Shard) {
  return {
    async beat(info: WorkerInfo, keepMs: DurationMs): Promise<void> {
      await shard.run('beat_worker', [info.id, JSON.stringify(info), keepMs]);
    },

    async remove(id: string): Promise<void> {
      await shard.connection.hdel(shard.key('workers'), id);
      await shard.connection.zrem(shard.key('workers_seen'), id);
    },

    /** Workers that have said so lately; one that died is listed until its word is too old. */
    async all(now: EpochMs): Promise<WorkerInfo[]> {
      const seen = await shard.connection.zrangebyscore(shard.key('workers_seen'), now, '+inf');
      if (seen.length === 0) return [];
      const stored = await shard.connection.hmget(shard.key('workers'), ...seen);
      return stored.filter((json) => json !== null).map((json) => JSON.parse(json) as WorkerInfo);
    },

    /** Tells a worker to stop an attempt. It learns of it with its next renewal in any case. */
    async tell(worker: string, message: string): Promise<void> {
      await ringBell(shard, `worker:${worker}`, message);
    },
  };
}
