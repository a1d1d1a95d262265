import type { CompiledSchedule } from './compiled_schedule.ts';
import type { StoredSchedule } from './stored_schedule.ts';
import { jitterOf, windowOffsetOf } from './time/jitter.ts';
import type { EpochMs } from './time/units.ts';

/**
 * Due time of a fire time: the fire time, the schedule's own place in its window, and jitter. A pure function of schedule
 * and fire time, and before the next fire time, so that the due times are in the order of the fire times.
 */
export function dueTimeOf(id: string, compiled: CompiledSchedule, fireTime: EpochMs): EpochMs {
  const { jitterMs, windowMs, timing } = compiled;
  if (jitterMs === 0 && windowMs === 0) return fireTime;
  const next = timing.next(fireTime);
  if (windowMs === 0) return fireTime + jitterOf(id, fireTime, jitterMs, next);
  const offset = windowOffsetOf(id, windowMs, next === undefined ? windowMs : next - fireTime);
  return fireTime + offset + jitterOf(id, fireTime, jitterMs, next === undefined ? undefined : next - offset);
}

/**
 * The newest fire time that is due, of `first` (which is) and its successors, and the one that follows it; never by
 * walking the gap between, which may be long.
 */
export function newestDue(
  id: string,
  compiled: CompiledSchedule,
  first: EpochMs,
  now: EpochMs,
): { newest: EpochMs; following: EpochMs | undefined } {
  const { timing } = compiled;
  const second = timing.next(first);
  if (second === undefined || second > now || dueTimeOf(id, compiled, second) > now) {
    return { newest: first, following: second };
  }
  const last = timing.previous(now + 1) ?? second;
  if (dueTimeOf(id, compiled, last) <= now) return { newest: last, following: timing.next(last) };
  return { newest: timing.previous(last) ?? second, following: last };
}

/**
 * When the ticker is to look at an active schedule; undefined for not before somebody changes it. One without a next fire
 * time is looked at, now, where something may be left to do: find out whether its run still lives, or delete it.
 */
export function lookAt(id: string, compiled: CompiledSchedule, next: EpochMs, now: EpochMs): EpochMs | undefined {
  if (next > 0) return dueTimeOf(id, compiled, next);
  return compiled.followMs !== undefined || compiled.afterLast === 'delete' ? now : undefined;
}

/**
 * The first fire time after now of a schedule whose stored one is not past. A calendar may have changed since that was
 * stored; one that no rule can name (a fixed delay, `@reboot`) stays.
 */
export function nextToCome(stored: StoredSchedule, compiled: CompiledSchedule, now: EpochMs): EpochMs {
  const { timing, maxRuns } = compiled;
  if (maxRuns !== undefined && stored.made >= maxRuns) return 0;
  if (timing.kind === 'after-completion' || timing.kind === 'reboot') return stored.next;
  return timing.next(now) ?? 0;
}
