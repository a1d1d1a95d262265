import type { CompileTiming } from '../core/compiled_schedule.ts';
import { compileTiming, type Timing } from '../core/time/timing.ts';

const MAX_ENTRIES = 50_000;

/**
 * Compiled timings by what they are made of: a million schedules share a few hundred cron texts, and a parse is a
 * hundred times dearer than all else in a plan. With `H` a timing depends on the schedule and is kept by its id too.
 * Emptied when full: what is in use comes back within a tick.
 */
export function createTimingCache(): CompileTiming {
  const shared = new Map<string, Timing>();
  const seeded = new Map<string, Timing>();
  return (rule, seed) => {
    const key = `${rule.e ?? ''} ${rule.z ?? ''} ${rule.c ?? ''}`;
    const found = shared.get(key) ?? seeded.get(`${seed} ${key}`);
    if (found) return found;
    const timing = compileTiming(rule, seed);
    if (shared.size >= MAX_ENTRIES) shared.clear();
    if (seeded.size >= MAX_ENTRIES) seeded.clear();
    if (timing.usesSeed) seeded.set(`${seed} ${key}`, timing);
    else shared.set(key, timing);
    return timing;
  };
}
