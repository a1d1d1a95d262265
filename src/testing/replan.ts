import { timingsOf } from '../client/replan.ts';
import { compileSchedule, type CompiledSchedule, type CompileTiming } from '../core/compiled_schedule.ts';
import { lookAt, nextToCome } from '../core/due_times.ts';
import type { ScheduleChange } from '../core/registration.ts';
import { packSchedule, parseRule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { StoredValue } from '../store/schedule_changes.ts';
import type { ShardStore } from '../store/store.ts';

const SLICE = 500;

/** Has every active schedule choose its next fire time as if it had been registered now: neither missed nor far away. */
export async function replanFrom(shard: ShardStore, now: EpochMs): Promise<void> {
  const timingOf = await timingsOf(shard);
  let cursor = '0';
  do {
    const slice = await shard.changes.scanMatching(cursor, { match: '*', count: SLICE });
    cursor = slice.cursor;
    const changes = slice.found.flatMap((stored) => planAnew(stored, timingOf, now) ?? []);
    if (changes.length > 0) await shard.schedules.save(changes);
  } while (cursor !== '0');
}

/** Undefined for one that is paused, waits for its own run, has ended, or that cannot be planned. */
function planAnew({ schedule, value }: StoredValue, timingOf: CompileTiming, now: EpochMs): ScheduleChange | undefined {
  if (schedule.state === 'paused' || schedule.next === 0) return undefined;
  try {
    const { id } = schedule;
    const compiled = compileSchedule(id, parseRule(schedule), timingOf);
    const next = firstFrom(schedule, compiled, now);
    return { id, before: value, after: packSchedule({ ...schedule, next }), due: lookAt(id, compiled, next, now) };
  } catch {
    return undefined; // the ticker says what is wrong with it
  }
}

function firstFrom(schedule: StoredSchedule, compiled: CompiledSchedule, now: EpochMs): EpochMs {
  switch (compiled.timing.kind) {
    case 'reboot':
      return now;
    case 'after-completion':
      return compiled.timing.next(now) ?? 0;
    default:
      return nextToCome(schedule, compiled, now);
  }
}
