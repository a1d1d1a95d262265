import type { CompiledSchedule } from '../compiled_schedule.ts';
import { dueTimeOf } from '../due_times.ts';
import type { Freeze } from '../freeze.ts';
import { freezeAt } from '../spans.ts';
import { offsetAt, openZone, type Zone } from '../time/zone.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';

/** What is worth knowing of a fire time to come. */
export type UpcomingMark =
  /** The offset of the zone is another one than at the fire time before. */
  | { kind: 'clock-change'; offsetBeforeMs: DurationMs; offsetAfterMs: DurationMs }
  | { kind: 'blackout' }
  | { kind: 'freeze' };

export type Upcoming = { fireTime: EpochMs; due: EpochMs; marks: UpcomingMark[] };

export type UpcomingFacts = {
  id: string;
  compiled: CompiledSchedule;
  /** The first one: the next fire time without a verdict. */
  next: EpochMs;
  timezone: string;
  freezes: readonly Freeze[];
  /** Runs made so far; counted only where the rule has `maxRuns`. */
  made: number;
};

/** The next fire times up to the last run of the schedule, each with its due time: jitter and window are a pure function of schedule and fire time. */
export function upcomingFireTimes(facts: UpcomingFacts, count: number, now: EpochMs): Upcoming[] {
  const zone = openZone(facts.timezone);
  const upcoming: Upcoming[] = [];
  let before = Math.min(now, facts.next);
  let fireTime: EpochMs | undefined = facts.next;
  let left = (facts.compiled.maxRuns ?? Infinity) - facts.made;
  while (fireTime !== undefined && upcoming.length < count && left > 0) {
    const due = dueTimeOf(facts.id, facts.compiled, fireTime);
    const marks = marksOf(facts, { zone, before, fireTime, due });
    upcoming.push({ fireTime, due, marks });
    if (!marks.some(isSkipping)) left -= 1;
    before = fireTime;
    fireTime = facts.compiled.timing.next(fireTime);
  }
  return upcoming;
}

function isSkipping({ kind }: UpcomingMark): boolean {
  return kind === 'blackout' || kind === 'freeze';
}

function marksOf(
  { compiled, freezes }: UpcomingFacts,
  { zone, before, fireTime, due }: { zone: Zone; before: EpochMs; fireTime: EpochMs; due: EpochMs },
): UpcomingMark[] {
  const marks: UpcomingMark[] = [];
  const offsetBeforeMs = offsetAt(zone, before);
  const offsetAfterMs = offsetAt(zone, fireTime);
  if (offsetBeforeMs !== offsetAfterMs) marks.push({ kind: 'clock-change', offsetBeforeMs, offsetAfterMs });
  if (compiled.isBlackedOut(fireTime)) marks.push({ kind: 'blackout' });
  // As the planner has it: neither a fire time in a freeze fires, nor one that is due in it.
  if ([fireTime, due].some((at) => freezeAt(freezes, at) !== undefined)) marks.push({ kind: 'freeze' });
  return marks;
}
