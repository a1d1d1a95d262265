import type { CompiledSchedule } from './compiled_schedule.ts';
import type { StoredSchedule } from './stored_schedule.ts';
import { jitterOf } from './time/jitter.ts';
import type { DurationMs, EpochMs } from './time/units.ts';
import type { Verdict, VerdictWord } from './verdict.ts';

/** A fire time that is committed later than this after its due time is `late`, not `fired`. */
export const LATE_MS: DurationMs = 1_000;

/** Under `catchUp: none` a fire time is missed once it is this late: longer than a fail-over, so that none is lost to one. */
export const MISFIRE_GRACE_MS: DurationMs = 10_000;

/** Missed fire times are counted one by one up to here; a verdict with this count stands for at least as many. */
export const MAX_COUNTED = 20_000;

export type PlanFacts = {
  /** A run of the schedule lives: scheduled or triggered by hand, waiting, ready, running or retrying. */
  alive: boolean;
  /** This fire time was committed before, by this process, and the commit was lost with a Redis primary. */
  wasCommitted: (fireTime: EpochMs) => boolean;
};

/** What to commit for one due schedule. */
export type SchedulePlan = {
  verdicts: Verdict[];
  /** Fire time to make a run for, or undefined. */
  fire: EpochMs | undefined;
  /** First fire time without a verdict, 0 when none will come. */
  next: EpochMs;
  due: EpochMs | undefined;
};

/**
 * Decides over every fire time in [schedule.next, now] that is due, in one pass, from the last fire time on and never
 * from "does now match?": each gets exactly one verdict, and at most one run is made (`latest` catch-up).
 */
export function planSchedule(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  facts: PlanFacts,
  now: EpochMs,
): SchedulePlan {
  const first = schedule.next;
  const { latest, next } = latestDue(schedule, compiled, now);
  const due = next === undefined ? undefined : dueTimeOf(schedule.id, compiled, next);
  const word = judge(schedule, compiled, { facts, latest, now });
  const earlier = latest === first ? [] : judgeEarlier(compiled, { first, latest, word, now });
  const verdicts = [...earlier, { word, from: latest, to: latest, count: 1 }];
  return { verdicts, fire: makesRun(word) ? latest : undefined, next: next ?? 0, due };
}

/** Due time of a fire time: jitter is a pure function of schedule and fire time, and stays before the next fire time. */
export function dueTimeOf(id: string, compiled: CompiledSchedule, fireTime: EpochMs): EpochMs {
  if (compiled.jitterMs === 0) return fireTime;
  return fireTime + jitterOf(id, fireTime, compiled.jitterMs, compiled.timing.next(fireTime));
}

function latestDue(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  now: EpochMs,
): { latest: EpochMs; next: EpochMs | undefined } {
  const { timing } = compiled;
  const following = timing.next(schedule.next);
  if (following === undefined || dueTimeOf(schedule.id, compiled, following) > now) {
    return { latest: schedule.next, next: following };
  }
  const before = timing.previous(now + 1) ?? following;
  if (dueTimeOf(schedule.id, compiled, before) <= now) return { latest: before, next: timing.next(before) };
  return { latest: timing.previous(before) ?? following, next: before };
}

function judge(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  { facts, latest, now }: { facts: PlanFacts; latest: EpochMs; now: EpochMs },
): VerdictWord {
  const lateMs = now - dueTimeOf(schedule.id, compiled, latest);
  if (compiled.startDeadlineMs !== undefined && now - latest > compiled.startDeadlineMs) return 'missed(deadline)';
  if (now - latest > compiled.catchUpWindowMs && lateMs > MISFIRE_GRACE_MS) return 'missed(catch-up)';
  if (compiled.catchUp === 'none' && lateMs > MISFIRE_GRACE_MS) return 'missed(catch-up)';
  if (compiled.overlap === 'skip' && facts.alive) return 'skipped(overlap)';
  if (facts.wasCommitted(latest)) return 'replayed';
  if (latest !== schedule.next) return 'caught-up';
  return lateMs > LATE_MS ? 'late' : 'fired';
}

function makesRun(word: VerdictWord): boolean {
  return word === 'fired' || word === 'late' || word === 'caught-up' || word === 'replayed';
}

type Earlier = { first: EpochMs; latest: EpochMs; word: VerdictWord; now: EpochMs };

/** Verdicts over the fire times before the latest one: the fate of the latest if that was missed, else merged into it. */
function judgeEarlier(compiled: CompiledSchedule, { first, latest, word, now }: Earlier): Verdict[] {
  if (word.startsWith('missed')) return rangeOf(compiled, word, first, latest);
  if (compiled.catchUp === 'none') return rangeOf(compiled, 'missed(catch-up)', first, latest);
  const windowStart = now - compiled.catchUpWindowMs;
  const firstInWindow = first >= windowStart ? first : (compiled.timing.next(windowStart - 1) ?? latest);
  return [
    ...rangeOf(compiled, 'missed(catch-up)', first, Math.min(firstInWindow, latest)),
    ...rangeOf(compiled, 'merged', Math.min(firstInWindow, latest), latest),
  ];
}

/** One verdict over the fire times in [from, end). */
function rangeOf(compiled: CompiledSchedule, word: VerdictWord, from: EpochMs, end: EpochMs): Verdict[] {
  if (from >= end) return [];
  let count = 1;
  let to = from;
  for (let at = compiled.timing.next(from); at !== undefined && at < end; at = compiled.timing.next(at)) {
    if (count === MAX_COUNTED) return [{ word, from, to: compiled.timing.previous(end) ?? to, count }];
    to = at;
    count += 1;
  }
  return [{ word, from, to, count }];
}
