import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import type { StoredSchedule } from '../../src/core/stored_schedule.ts';
import { planSchedule, type PlanFacts, type SchedulePlan } from '../../src/core/tick.ts';
import { NO_FACTS, plainSchedule } from './plain_schedule.ts';

export const MINUTE = 60_000;
export const T0 = Date.UTC(2026, 0, 1);
/** The instant so many minutes after T0. */
export const at = (minutes: number): number => T0 + minutes * MINUTE;
export const EACH_MINUTE: ScheduleRule = { c: '* * * * *' };

export type When = { now: number; facts?: Partial<PlanFacts>; stored?: Partial<StoredSchedule> };

/** What a leader makes of a schedule that is due since T0, where nothing else is said. */
export function plan(rule: ScheduleRule, { now, facts, stored }: When): SchedulePlan {
  const schedule = plainSchedule({ next: T0, ruleJson: JSON.stringify(rule), ...stored });
  return planSchedule(schedule, compileSchedule('s', rule), { ...NO_FACTS, ...facts }, now);
}
