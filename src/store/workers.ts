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
  /** The start of the process that it lives in, which its other workers share. Left out by older workers. */
  process?: string;
  /** What its process does; left out where it takes no orders (an older worker, or one in an application). */
  roles?: readonly string[];
  /** What whoever deploys calls this deployment. */
  deployment?: string;
  /** Layout of the state that its code knows (see formats.ts); left out by older workers. */
  format?: number;
  /** Of the definitions of its jobs; left out by older workers. */
  revision?: string;
  /** Left out by workers that take runs, and by older ones. */
  drainingSince?: EpochMs;
  /** How long it lets its runs end when it is told to stop. */
  drainMs?: DurationMs;
  /** How long its word counts; it repeats it six times as often. */
  keepMs?: DurationMs;
};

/** What a worker is told: to drain and exit. */
export type WorkerOrder = {
  by: string;
  note?: string;
  /** The restart in waves that it belongs to. */
  restart?: string;
};

/** A live worker, and how long it has said nothing; it does every sixth part of `keepMs`. */
export type ListedWorker = { info: WorkerInfo; silentMs: DurationMs };

/** The list of live workers, kept on shard 0. */
export type WorkerStore = ReturnType<typeof createWorkerStore>;

export function createWorkerStore(shard: Shard) {
  const { connection } = shard;

  const listed = async (now: EpochMs): Promise<ListedWorker[]> => {
    const seen = await connection.zrangebyscore(shard.key('workers_seen'), now, '+inf', 'WITHSCORES');
    const ids = seen.filter((_, i) => i % 2 === 0);
    if (ids.length === 0) return [];
    const stored = await connection.hmget(shard.key('workers'), ...ids);
    return stored.flatMap((json, i) => {
      if (json === null) return [];
      const info = JSON.parse(json) as WorkerInfo;
      const leftMs = Number(seen[2 * i + 1]) - now;
      return [{ info, silentMs: Math.max(0, (info.keepMs ?? leftMs) - leftMs) }];
    });
  };

  return {
    /** Says that a worker lives, for `keepMs`; answers what it is told to do. */
    async beat(info: WorkerInfo, keepMs: DurationMs): Promise<WorkerOrder | undefined> {
      const words = [info.id, JSON.stringify(info), keepMs, info.pool, JSON.stringify(info.queues)];
      const order = (await shard.run('beat_worker', words)) as string;
      return order === '' ? undefined : (JSON.parse(order) as WorkerOrder);
    },

    async remove(id: string): Promise<void> {
      await connection.hdel(shard.key('workers'), id);
      await connection.hdel(shard.key('orders'), id);
      await connection.zrem(shard.key('workers_seen'), id);
    },

    listed,

    /** Workers that have said so lately; one that died is listed until its word is too old. */
    async all(now: EpochMs): Promise<WorkerInfo[]> {
      return (await listed(now)).map(({ info }) => info);
    },

    /** What the workers of a pool ask for, or asked for when there were any; undefined for a pool that never had one. */
    async queuesOf(pool: string): Promise<string[] | undefined> {
      const stored = await connection.hget(shard.key('pools'), pool);
      return stored === null ? undefined : (JSON.parse(stored) as string[]);
    },

    /** What a worker was told and has not done yet. */
    async orderOf(worker: string): Promise<WorkerOrder | undefined> {
      const stored = await connection.hget(shard.key('orders'), worker);
      return stored === null ? undefined : (JSON.parse(stored) as WorkerOrder);
    },

    /** Tells workers to drain and exit, each once; `gone` where no such worker is listed, which changes nothing. */
    async order(workers: readonly string[], order: WorkerOrder): Promise<('told' | 'gone')[]> {
      const answers = (await shard.run('order_workers', [JSON.stringify(order), ...workers])) as string;
      return workers.map((_, i) => (answers[i] === '1' ? 'told' : 'gone'));
    },

    /** Tells a worker to stop an attempt. It learns of it with its next renewal in any case. */
    async tell(worker: string, message: string): Promise<void> {
      await ringBell(shard, `worker:${worker}`, message);
    },
  };
}
