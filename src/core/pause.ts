import type { CompiledSchedule } from './compiled_schedule.ts';
import { lookAt, nextToCome } from './due_times.ts';
import type { PauseNote } from './freeze.ts';
import type { ScheduleChange } from './registration.ts';
import { packSchedule, type StoredSchedule } from './stored_schedule.ts';
import type { EpochMs } from './time/units.ts';
import { pausedBetween } from './verdict_range.ts';
import type { Verdict } from './verdict.ts';

/** A change of one schedule, and the verdicts that are committed with it. */
export type PausePlan = { change: ScheduleChange; verdicts: Verdict[] };

/**
 * Pauses a schedule, or changes the note of one that is paused. Its fire times from then on, one that has passed and is
 * not due yet included, stay without a verdict until it resumes.
 */
export function planPause(stored: StoredSchedule, value: string, note: PauseNote): PausePlan {
  const after = packSchedule({ ...stored, revision: stored.revision + 1, state: 'paused' });
  return { change: { id: stored.id, before: value, after, due: note.until }, verdicts: [] };
}

export type ResumeFacts = {
  compiled: CompiledSchedule;
  /** Why it is paused, where that is known: what comes after its `until` was not paused. */
  pause: PauseNote | undefined;
};

/**
 * Resumes a schedule: the fire times in the pause are skipped, the next one is the first after it. Undefined for a schedule
 * that is not paused.
 */
export function planResume(
  stored: StoredSchedule,
  value: string,
  { compiled, pause }: ResumeFacts,
  now: EpochMs,
): PausePlan | undefined {
  if (stored.state === 'active') return undefined;
  const end = Math.min(now + 1, pause?.until ?? Infinity);
  const isInside = stored.next > 0 && stored.next < end;
  const verdicts = isInside ? pausedBetween(compiled.timing, stored.next, end) : [];
  const next = isInside ? (compiled.timing.next(end - 1) ?? 0) : nextToCome(stored, compiled, now);
  const after = packSchedule({ ...stored, revision: stored.revision + 1, state: 'active', next });
  return { change: { id: stored.id, before: value, after, due: lookAt(stored.id, compiled, next, now) }, verdicts };
}
