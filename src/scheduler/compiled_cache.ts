import { compileSchedule, type CompiledSchedule } from '../core/compiled_schedule.ts';
import { parseRule, type StoredSchedule } from '../core/stored_schedule.ts';

const MAX_ENTRIES = 50_000;

/**
 * Compiled rules by their text: thousands of schedules often share one rule. A rule with `H` depends on the schedule
 * and is kept per schedule. Emptied when full: what is in use comes back within a tick.
 */
export function createCompiledCache(): (schedule: StoredSchedule) => CompiledSchedule {
  const shared = new Map<string, CompiledSchedule>();
  const seeded = new Map<string, CompiledSchedule>();
  return (schedule) => {
    const found = shared.get(schedule.ruleJson) ?? seeded.get(`${schedule.id} ${schedule.ruleJson}`);
    if (found) return found;
    const compiled = compileSchedule(schedule.id, parseRule(schedule));
    if (shared.size + seeded.size >= MAX_ENTRIES) {
      shared.clear();
      seeded.clear();
    }
    if (compiled.timing.usesSeed) seeded.set(`${schedule.id} ${schedule.ruleJson}`, compiled);
    else shared.set(schedule.ruleJson, compiled);
    return compiled;
  };
}
