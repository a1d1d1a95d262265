import { compileSchedule, type CompileTiming } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import { packSchedule, parseRule } from '../core/stored_schedule.ts';
import { dueTimeOf } from '../core/tick.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ScheduleControl } from '../store/schedule_changes.ts';
import type { ControlFacts } from './control_schedules.ts';

/**
 * Passes over the next fire time of a schedule, as if its run had succeeded: it gets the verdict `marked`, and the cursor
 * moves on. A fire time that is due and not fired yet is the next one too. Throws BAD_USAGE for any other.
 */
export function planMark(
  { stored, value, around }: ControlFacts,
  fireTime: EpochMs,
  timingOf: CompileTiming,
): ScheduleControl {
  const { id, next: cursor } = stored;
  if (cursor !== fireTime) throw notNext(id, fireTime, cursor);
  const compiled = compileSchedule(id, parseRule(stored), timingOf);
  const next = compiled.timing.next(fireTime) ?? 0;
  const isOver = next === 0 && compiled.afterLast === 'delete';
  const after = packSchedule({ ...stored, revision: stored.revision + 1, next });
  const due = next === 0 ? undefined : dueTimeOf(id, compiled, next);
  return {
    change: {
      id,
      before: value,
      after: isOver ? undefined : after,
      due: isOver ? undefined : stored.state === 'paused' ? around.pause?.until : due,
    },
    pause: isOver ? 'forget' : undefined,
    verdicts: [{ word: 'marked', from: fireTime, to: fireTime, count: 1 }],
  };
}

function notNext(id: string, fireTime: EpochMs, next: EpochMs): BelfryError {
  const said = new Date(fireTime).toISOString();
  return new BelfryError('BAD_USAGE', `${said} is not the next fire time of ${id}`, {
    field: 'fireTime',
    hint:
      next === 0
        ? 'no fire time will come'
        : `the next is ${new Date(next).toISOString()}; a run that was made is marked by its own id`,
  });
}
