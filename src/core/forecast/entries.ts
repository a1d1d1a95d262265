import { compileSchedule, type CompileTiming } from '../compiled_schedule.ts';
import type { DurationMs } from '../time/units.ts';
import type { ForecastEntry } from './entry.ts';
import { spreadHash } from './even_hash.ts';
import type { ScheduleGroup } from './groups.ts';

/** Schedules with `H` that are not told apart more simply are counted as so many different ones, each for its part of them. */
const SAMPLES = 120;

export type EntryFacts = {
  timingOf: CompileTiming;
  queueOf(job: string): string;
  /** How long the runs of a job take. */
  durationOf(job: string): DurationMs;
};

/**
 * What a forecast counts for a group. Throws the coded error of a rule that cannot be compiled: the caller says which
 * schedule it was and goes on.
 */
export function entriesOf(group: ScheduleGroup, facts: EntryFacts): ForecastEntry[] {
  const { id, rule, count } = group;
  const own = entryOf(group, facts);
  if (count === 1 || !facts.timingOf(rule, id).usesSeed) return [own];
  const even = spreadHash(rule);
  if (even !== undefined) {
    const timing = facts.timingOf({ ...rule, ...even.rule }, id);
    return [{ ...own, timing, share: even.share }];
  }
  const samples = Math.min(count, SAMPLES);
  return Array.from({ length: samples }, (_, i) => ({
    ...own,
    timing: facts.timingOf(rule, `${id}#${i}`),
    count: count / samples,
  }));
}

function entryOf({ id, job, rule, count }: ScheduleGroup, facts: EntryFacts): ForecastEntry {
  const compiled = compileSchedule(id, rule, facts.timingOf);
  return {
    job,
    queue: facts.queueOf(job),
    timing: compiled.timing,
    count,
    share: 1,
    jitterMs: compiled.jitterMs,
    windowMs: compiled.windowMs,
    overlap: compiled.overlap === 'allow' ? 'many' : 'one',
    expectedDurationMs: facts.durationOf(job),
    mostRuns: compiled.maxRuns,
    isLeftOut: compiled.isBlackedOut,
  };
}

/** What the forecast takes on average instead of one by one, in sentences. */
export function approximationsOf(
  groups: readonly ScheduleGroup[],
  usesSeed: (group: ScheduleGroup) => boolean,
): string[] {
  const delayed = groups.filter(({ rule }) => (rule.r ?? 0) + (rule.k ?? 0) > 0);
  const hashed = groups.filter((group) => group.count > 1 && usesSeed(group));
  const followed = groups.filter(({ rule }) => rule.f !== undefined);
  return [
    ...sentence(delayed, 'with jitter or a window, spread evenly over it'),
    ...sentence(hashed, 'of rules with H, spread evenly over what it may draw'),
    ...sentence(followed, 'with a fixed delay, as if each run took its expected time'),
  ];
}

function sentence(groups: readonly ScheduleGroup[], says: string): string[] {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  return count === 0 ? [] : [`${count.toLocaleString('en-US')} schedule${count === 1 ? '' : 's'} ${says}`];
}
