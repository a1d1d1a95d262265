import type { CalendarRule, WhenRule } from '../schedule.ts';
import { isExcluded } from '../time/calendar.ts';
import type { EpochMs } from '../time/units.ts';
import { openZone } from '../time/zone.ts';

/** Stands for exclusions that the rule itself holds. */
export const IN_THE_RULE = '(in the rule)';

/** Names of the calendars of a rule that leave an instant out, those of the parts of a union included; each once. */
export function calendarsExcluding(
  rule: WhenRule,
  at: EpochMs,
  calendars: ReadonlyMap<string, CalendarRule>,
): string[] {
  const zone = openZone(rule.z ?? 'UTC');
  const own = (rule.x ?? []).filter((except) => {
    const calendar = typeof except === 'string' ? calendars.get(except) : except;
    return calendar !== undefined && isExcluded(calendar, at, zone);
  });
  const names = own.map((except) => (typeof except === 'string' ? except : IN_THE_RULE));
  return [...new Set([...names, ...(rule.u ?? []).flatMap((part) => calendarsExcluding(part, at, calendars))])];
}
