import type { CompiledSchedule } from '../compiled_schedule.ts';
import { dueTimeOf } from '../due_times.ts';
import type { Freeze } from '../freeze.ts';
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
};

/** The next fire times, each with its due time: jitter and window are a pure function of schedule and fire time. */
export function upcomingFireTimes(facts: UpcomingFacts, count: number, now: EpochMs): Upcoming[] {
  const zone = openZone(facts.timezone);
  const upcoming: Upcoming[] = [];
  let before = Math.min(now, facts.next);
  let fireTime: EpochMs | undefined = facts.next;
  while (fireTime !== undefined && upcoming.length < count) {
    const due = dueTimeOf(facts.id, facts.compiled, fireTime);
    upcoming.push({ fireTime, due, marks: marksOf(facts, { zone, before, fireTime }) });
    before = fireTime;
    fireTime = facts.compiled.timing.next(fireTime);
  }
  return upcoming;
}

function marksOf(
  { compiled, freezes }: UpcomingFacts,
  { zone, before, fireTime }: { zone: Zone; before: EpochMs; fireTime: EpochMs },
): UpcomingMark[] {
  const marks: UpcomingMark[] = [];
  const offsetBeforeMs = offsetAt(zone, before);
  const offsetAfterMs = offsetAt(zone, fireTime);
  if (offsetBeforeMs !== offsetAfterMs) marks.push({ kind: 'clock-change', offsetBeforeMs, offsetAfterMs });
  if (compiled.isBlackedOut(fireTime)) marks.push({ kind: 'blackout' });
  if (freezes.some(({ from, until }) => fireTime >= from && fireTime < (until ?? Infinity)))
    marks.push({ kind: 'freeze' });
  return marks;
}
