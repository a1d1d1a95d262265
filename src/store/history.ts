import type { RunError, FinishedRun } from '../core/run.ts';
import { unpackFinished, unpackRun, type Run, type RunState } from '../core/run.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { unpackLedgerEntry, type LedgerEntry } from '../core/verdict.ts';
import type { Shard } from './shard.ts';

/** A run that is not finished, with what is known of its attempt. */
export type LiveRun = {
  run: Run;
  state: Extract<RunState, 'waiting' | 'ready' | 'running' | 'retrying'>;
  /** Where it runs and since when, while it does. */
  holder: { token: string; worker: string; startedAt: EpochMs } | undefined;
  /** When it becomes ready, while it waits. */
  readyAt: EpochMs | undefined;
  error: RunError | undefined;
  progress: number | undefined;
};

/** Reads runs, logs and verdicts of one shard. */
export type HistoryStore = ReturnType<typeof createHistoryStore>;

export function createHistoryStore(shard: Shard) {
  const { connection } = shard;

  const describe = async (run: Run): Promise<LiveRun> => {
    const [held, readyAt, errorJson, progress] = await Promise.all([
      connection.hget(shard.key('running'), run.id),
      connection.zscore(shard.key(`delayed:${run.queue}`), run.id),
      connection.hget(shard.key('errors'), run.id),
      connection.hget(shard.key('progress'), run.id),
    ]);
    const [token = '', worker = '', startedAt = '0'] = held?.split(' ') ?? [];
    const error = errorJson === null ? undefined : (JSON.parse(errorJson) as { error?: RunError }).error;
    const paused = run.failures > 0 ? 'retrying' : 'waiting';
    return {
      run,
      state: held !== null ? 'running' : readyAt !== null ? paused : 'ready',
      holder: held === null ? undefined : { token, worker, startedAt: Number(startedAt) },
      readyAt: readyAt === null ? undefined : Number(readyAt),
      error,
      progress: progress === null ? undefined : Number(progress),
    };
  };

  const finished = async (ids: string[]): Promise<FinishedRun[]> => {
    if (ids.length === 0) return [];
    const records = await connection.hmgetBuffer(shard.key('done'), ...ids);
    return ids.flatMap((id, i) => {
      const record = records[i];
      return record ? [unpackFinished(id, record)] : [];
    });
  };

  return {
    describe,
    finished,

    async live(id: string): Promise<LiveRun | undefined> {
      const packed = await connection.hget(shard.key('runs'), id);
      return packed === null ? undefined : describe(unpackRun(id, packed));
    },

    /** One slice of the unfinished runs: pass the cursor that it returns until it is `0` again. */
    async scanLive(cursor: string, count: number): Promise<{ cursor: string; runs: Run[] }> {
      const [following, flat] = await connection.hscan(shard.key('runs'), cursor, 'COUNT', count);
      const runs: Run[] = [];
      for (let i = 0; i < flat.length; i += 2) runs.push(unpackRun(flat[i] as string, flat[i + 1] as string));
      return { cursor: following, runs };
    },

    async runningIds(): Promise<string[]> {
      return connection.hkeys(shard.key('running'));
    },

    /** Finished runs of a job, newest first, dead letters not included. */
    async ofJob(job: string, from: number, count: number): Promise<FinishedRun[]> {
      return finished(await connection.lrange(shard.key(`history:${job}`), from, from + count - 1));
    },

    /** Dead letters, newest first. */
    async dead(from: number, count: number): Promise<FinishedRun[]> {
      return finished(await connection.zrange(shard.key('dead'), String(from), String(from + count - 1), 'REV'));
    },

    /** Bytes of a run's log from an offset on; empty where there is none (any more). */
    async log(id: string, fromByte: number): Promise<Buffer> {
      return connection.getrangeBuffer(shard.key(`log:${id}`), fromByte, -1);
    },

    /** Verdicts over a job's fire times, newest first. */
    async ledger(job: string, count: number): Promise<LedgerEntry[]> {
      return (await connection.lrange(shard.key(`ledger:${job}`), 0, count - 1)).map(unpackLedgerEntry);
    },

    /** Returns how many records went; call again while it is above zero. */
    async prune(epoch: string, job: string, keep: { ageMs: DurationMs; deadAgeMs: DurationMs; deadCount: number }) {
      return (await shard.run('prune_history', [epoch, job, keep.ageMs, keep.deadAgeMs, keep.deadCount])) as
        | number
        | 'fenced';
    },
  };
}
