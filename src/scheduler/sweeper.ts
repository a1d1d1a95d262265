import { dueTimeOf } from '../core/tick.ts';
import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import type { EventBus } from '../core/events.ts';
import type { StoredSchedule } from '../core/stored_schedule.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { ScheduleStore } from '../store/schedules.ts';
import type { Term } from './elector.ts';

const PERIOD_MS: DurationMs = 60_000;
const SLICE = 500;

export type SweeperDeps = {
  schedules: Pick<ScheduleStore, 'scan' | 'dueTimes' | 'quarantined' | 'save'>;
  compiled: (schedule: StoredSchedule) => CompiledSchedule;
  events: EventBus;
};

type StoredValue = { schedule: StoredSchedule; value: string };

/** Asserts that each schedule with a fire time to come has a due time, and repairs and counts those that have not. */
export async function sweepSchedules(deps: SweeperDeps, term: Term, signal: AbortSignal): Promise<DurationMs> {
  const { schedules, events } = deps;
  let cursor = '0';
  let repaired = 0;
  do {
    const slice = await schedules.scan(cursor, SLICE);
    const owed = slice.schedules.filter(({ schedule }) => schedule.next > 0);
    const dueTimes = await schedules.dueTimes(owed.map(({ schedule }) => schedule.id));
    const missing = owed.filter((_, i) => dueTimes[i] === undefined);
    if (missing.length > 0) repaired += await putBack(deps, missing);
    cursor = slice.cursor;
  } while (cursor !== '0' && !signal.aborted);
  if (repaired > 0) events.emit('schedule.repaired', { shard: term.shard, count: repaired });
  return PERIOD_MS;
}

/** Gives schedules a due time again, but for those in quarantine. Returns how many. */
async function putBack(deps: SweeperDeps, missing: StoredValue[]): Promise<number> {
  // Read after the due times: whatever lost its due time to a quarantine is in the list by now.
  const quarantined = await deps.schedules.quarantined();
  const lost = missing.filter(({ schedule }) => !quarantined.has(schedule.id));
  const saved = await deps.schedules.save(
    lost.map(({ schedule, value }) => ({ id: schedule.id, before: value, after: value, due: dueOf(deps, schedule) })),
  );
  return saved.filter(Boolean).length;
}

function dueOf({ compiled }: SweeperDeps, schedule: StoredSchedule): number {
  try {
    return dueTimeOf(schedule.id, compiled(schedule), schedule.next);
  } catch {
    return schedule.next; // the ticker will quarantine it with the reason
  }
}
