import { childrenStage } from '../core/kin.ts';
import type { RunError, FinishedRun } from '../core/run.ts';
import { scheduleOf, unpackFinished, unpackRun, type Run, type RunState } from '../core/run.ts';
import { snoozesOf } from '../core/snooze.ts';
import { mayBeOf } from '../core/run_ids.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { unpackLedgerEntry, type LedgerEntry } from '../core/verdict.ts';
import { createChildrenStore, type Awaiting } from './children.ts';
import type { Shard } from './shard.ts';

/** A run that is not finished, with what is known of its attempt. */
export type LiveRun = {
  run: Run;
  state: Extract<RunState, 'waiting' | 'ready' | 'running' | 'retrying'>;
  /** Where it runs and since when, while it does. */
  holder: { token: string; worker: string; startedAt: EpochMs } | undefined;
  /** When it becomes ready, while it waits. */
  readyAt: EpochMs | undefined;
  /** The runs that it is held behind by its overlap policy, and since when. */
  heldBy: { runs: string[]; since: EpochMs } | undefined;
  /** The children that it waits for, its own handler being done. */
  awaiting: Awaiting | undefined;
  /** It was put off by its own handler: how often so far, and until when now. */
  snoozed: { count: number; until: EpochMs } | undefined;
  error: RunError | undefined;
  progress: number | undefined;
};

/** Reads runs, logs and verdicts of one shard. */
export type HistoryStore = ReturnType<typeof createHistoryStore>;

export function createHistoryStore(shard: Shard) {
  const { connection } = shard;
  const children = createChildrenStore(shard);

  const describe = async (run: Run): Promise<LiveRun> => {
    const [holder, hold, readyAt, errorJson, progress, awaiting] = await Promise.all([
      connection.hget(shard.key('running'), run.id),
      connection.hget(shard.key('holds'), run.id),
      connection.zscore(shard.key(`delayed:${run.queue}`), run.id),
      connection.hget(shard.key('errors'), run.id),
      connection.hget(shard.key('progress'), run.id),
      childrenStage(run.extras) === 'run' ? children.awaiting(run.id) : undefined,
    ]);
    const snoozed = snoozesOf(run);
    const [token = '', worker = '', startedAt = '0'] = holder?.split(' ') ?? [];
    const [since = '0', blockers = ''] = hold?.split(' ') ?? [];
    const error = errorJson === null ? undefined : (JSON.parse(errorJson) as { error?: RunError }).error;
    const paused = run.failures > 0 ? 'retrying' : 'waiting';
    return {
      run,
      state:
        holder !== null
          ? 'running'
          : readyAt !== null
            ? paused
            : hold !== null || awaiting !== undefined
              ? 'waiting'
              : 'ready',
      holder: holder === null ? undefined : { token, worker, startedAt: Number(startedAt) },
      readyAt: readyAt === null ? undefined : Number(readyAt),
      heldBy: hold === null ? undefined : { runs: blockers.split(','), since: Number(since) },
      awaiting,
      snoozed: readyAt !== null && Number(readyAt) === snoozed.until ? snoozed : undefined,
      error,
      progress: progress === null ? undefined : Number(progress),
    };
  };

  /** Jobs whose history may hold a run: its id tells one or two, unless it is an own id or of a schedule that is gone. */
  const jobsOf = async (id: string): Promise<string[]> => {
    const [own, names] = await Promise.all([
      connection.get(shard.key(`own:${id}`)),
      connection.hkeys(shard.key('history_bytes')),
    ]);
    if (own !== null) return [own];
    const schedule = scheduleOf(id);
    if (schedule === undefined) return names.filter((name) => mayBeOf(id, name));
    return names.includes(schedule) ? [schedule] : names;
  };

  const inHistory = async (id: string): Promise<FinishedRun | undefined> => {
    for (const job of await jobsOf(id)) {
      const records = await connection.lrangeBuffer(shard.key(`history:${job}`), 0, -1);
      const record = records.find((candidate) => candidate.subarray(2, 3 + id.length).toString() === `${id} `);
      if (record) return unpackFinished(record);
    }
    return undefined;
  };

  return {
    describe,

    /** A finished run, while it is kept: a dead letter, or one in the history of its job. */
    async finished(id: string): Promise<FinishedRun | undefined> {
      const letter = await connection.hgetBuffer(shard.key('letters'), id);
      return letter === null ? inHistory(id) : unpackFinished(letter);
    },

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
      return (await connection.lrangeBuffer(shard.key(`history:${job}`), from, from + count - 1)).map(unpackFinished);
    },

    /** Jobs that have a history, by name. */
    async jobs(): Promise<string[]> {
      return (await connection.hkeys(shard.key('history_bytes'))).sort();
    },

    /** Dead letters, newest first. */
    async dead(from: number, count: number): Promise<FinishedRun[]> {
      const ids = await connection.zrange(shard.key('dead'), String(from), String(from + count - 1), 'REV');
      if (ids.length === 0) return [];
      const letters = await connection.hmgetBuffer(shard.key('letters'), ...ids);
      return letters.flatMap((letter) => (letter === null ? [] : [unpackFinished(letter)]));
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
