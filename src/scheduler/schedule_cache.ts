import { compileSchedule, type CompiledSchedule } from '../core/compiled_schedule.ts';
import { splitRule } from '../core/rule_text.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import { compileTiming } from '../core/time/timing.ts';

const MAX_ENTRIES = 50_000;

export type ScheduleCache = {
  /** Throws a coded error for a rule that cannot be planned. */
  compiled(id: string, ruleJson: string): CompiledSchedule;
  clear(): void;
};

/**
 * Compiled schedules by what they are made of: a million schedules share a few hundred rules, and a parse is a hundred
 * times dearer than all else in a plan. Tags, signature and payload come last in the text of a rule, so what stands before them
 * is the key, and a schedule that is found costs no parse at all. With `H` a timing depends on the schedule and is
 * kept by its id too. Emptied when full: what is in use comes back within a tick.
 */
export function createScheduleCache(calendarOf: (name: string) => CalendarRule | undefined): ScheduleCache {
  const shared = new Map<string, CompiledSchedule>();
  const seeded = new Map<string, CompiledSchedule>();

  const compile = (id: string, ruleJson: string, key: string): CompiledSchedule => {
    let usesSeed = false;
    const compiled = compileSchedule(id, JSON.parse(ruleJson) as ScheduleRule, (when, seed) => {
      const timing = compileTiming(when, seed, calendarOf);
      usesSeed ||= timing.usesSeed;
      return timing;
    });
    if (shared.size >= MAX_ENTRIES) shared.clear();
    if (seeded.size >= MAX_ENTRIES) seeded.clear();
    if (usesSeed) seeded.set(`${id} ${key}`, compiled);
    else shared.set(key, compiled);
    return compiled;
  };

  return {
    compiled(id, ruleJson) {
      const { key, signature, payloadJson } = splitRule(ruleJson);
      const found = shared.get(key) ?? (seeded.size === 0 ? undefined : seeded.get(`${id} ${key}`));
      const base = found ?? compile(id, ruleJson, key);
      const job = jobOf(id);
      const isSame = base.job === job && base.payloadJson === payloadJson && base.signature === signature;
      return isSame ? base : { ...base, job, signature, payloadJson };
    },
    clear() {
      shared.clear();
      seeded.clear();
    },
  };
}
