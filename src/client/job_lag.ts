import { scheduledRunId } from '../core/run.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { readWaiting } from '../store/job_readings.ts';
import type { ShardStore } from '../store/store.ts';

/** What is known of a job that has a schedule of its own. Times are epoch ms, undefined where there is none. */
export type Watched = {
  job: string;
  /** Of the run that was made last. */
  lastFired: EpochMs | undefined;
  lastStart: EpochMs | undefined;
  /** Of the next fire time without a verdict, where it is past its due time. */
  overdue: EpochMs | undefined;
};

/** Remembers the oldest waiting run of each late job of a shard from one reading to the next. */
export type LagMemory = { read(watched: readonly Watched[], now: EpochMs): Promise<Map<string, DurationMs>> };

/** Fire times that are followed back to find the oldest one that still waits. */
const MOST_FOLLOWED = 20;
/** Jobs that this is done for in one reading; the others are as late as their last fire time until the next one. */
const MOST_FOLLOWING = 100;

/**
 * How late jobs are: since the oldest fire time that is past its due time and has not started. That is a fired run that
 * still waits for a worker, else a fire time that the scheduler has not come to; 0 for none. However many jobs are late,
 * it takes one call per thousand of them, and a few more for those that have come to be late.
 */
export function createLagMemory({ shard, history }: Pick<ShardStore, 'shard' | 'history'>): LagMemory {
  const oldest = new Map<string, EpochMs>();

  const forgetOthers = (late: readonly Watched[]): void => {
    const names = new Set(late.map(({ job }) => job));
    for (const job of oldest.keys()) if (!names.has(job)) oldest.delete(job);
  };

  /** Runs of one job start in order, so the look back ends at the first one that has started. */
  const follow = async (late: readonly Watched[]): Promise<void> => {
    const fireTimes = await Promise.all(late.map(({ job, lastFired }) => firedBefore(job, lastFired ?? 0)));
    const ids = late.flatMap(({ job }, i) => (fireTimes[i] ?? []).map((at) => scheduledRunId(job, at)));
    const waiting = await readWaiting(shard, ids);
    late.forEach(({ job, lastFired = 0 }, i) => {
      const started = (fireTimes[i] ?? []).findIndex((at) => !waiting.has(scheduledRunId(job, at)));
      const back = started < 0 ? (fireTimes[i] ?? []) : (fireTimes[i] ?? []).slice(0, started);
      oldest.set(job, back.at(-1) ?? lastFired);
    });
  };

  const firedBefore = async (job: string, before: EpochMs): Promise<EpochMs[]> =>
    (await history.ledger(job, MOST_FOLLOWED))
      .filter(({ schedule, word, from, to }) => schedule === job && from === to && to < before && makesRun(word))
      .map(({ to }) => to);

  return {
    async read(watched, now) {
      const late = watched.filter(
        ({ lastFired, lastStart }) => lastFired !== undefined && (lastStart ?? 0) < lastFired,
      );
      forgetOthers(late);
      const ids = late.flatMap(({ job, lastFired = 0 }) => {
        const known = oldest.get(job);
        const last = scheduledRunId(job, lastFired);
        return known === undefined || known === lastFired ? last : [last, scheduledRunId(job, known)];
      });
      const waiting = await readWaiting(shard, ids);
      const waits = (job: string, at: EpochMs | undefined): boolean =>
        at !== undefined && waiting.has(scheduledRunId(job, at));
      const unknown: Watched[] = [];
      for (const one of late) {
        if (waits(one.job, oldest.get(one.job))) continue;
        oldest.delete(one.job);
        if (waits(one.job, one.lastFired)) unknown.push(one);
      }
      await follow(unknown.slice(0, MOST_FOLLOWING));
      const postponed = new Map(unknown.slice(MOST_FOLLOWING).map(({ job, lastFired }) => [job, lastFired]));
      return new Map(
        watched.map(({ job, overdue }) => {
          const since = oldest.get(job) ?? postponed.get(job) ?? overdue;
          return [job, since === undefined ? 0 : Math.max(0, now - since)];
        }),
      );
    },
  };
}

const makesRun = (word: string): boolean => !word.startsWith('skipped') && !word.startsWith('missed');
