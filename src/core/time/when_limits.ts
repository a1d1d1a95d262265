import type { WhenSpec } from '../job.ts';
import { quote } from '../quote.ts';
import type { ExceptRule, WhenRule } from '../schedule.ts';
import { compileCalendar, readCalendarName } from './calendar.ts';
import type { CalendarSpec } from './calendar.ts';
import { readInstant } from './instant.ts';
import { badSchedule } from './schedule_error.ts';
import type { Zone } from './zone.ts';

/** What limits the times that a spec names: start and end, every nth, exceptions. Each throws BAD_SCHEDULE naming its key. */

export function readBounds({ start, end }: WhenSpec, zone: Zone, field: string): Pick<WhenRule, 's' | 'q'> {
  const first = start === undefined ? undefined : readInstant(start, zone, `${field}.start`);
  const past = end === undefined ? undefined : readInstant(end, zone, `${field}.end`);
  if (first !== undefined && past !== undefined && first >= past) {
    throw badSchedule(`${field}.end`, `is ${quote(end)}, not after start`, 'an instant later than start');
  }
  return { ...(first !== undefined && { s: first }), ...(past !== undefined && { q: past }) };
}

const MOST_NTH = 400;

export function readNth(nth: unknown, field: string): number | undefined {
  if (nth === undefined || nth === 1) return undefined;
  if (Number.isInteger(nth) && (nth as number) > 1 && (nth as number) <= MOST_NTH) return nth as number;
  throw badSchedule(field, `is ${quote(nth)}`, `a whole number from 1 to ${MOST_NTH}: 2 fires every second time`);
}

const MOST_EXCEPTIONS = 50;

export function readExcept(except: WhenSpec['except'], field: string): ExceptRule[] {
  if (except === undefined) return [];
  const list: readonly unknown[] = Array.isArray(except) ? except : [except];
  if (list.length > MOST_EXCEPTIONS) {
    throw badSchedule(
      field,
      `has ${list.length} entries`,
      `at most ${MOST_EXCEPTIONS}; many days go into one calendar`,
    );
  }
  return list.map((entry, index) => {
    const place = Array.isArray(except) ? `${field}[${index}]` : field;
    return typeof entry === 'string' ? readCalendarName(entry, place) : compileCalendar(entry as CalendarSpec, place);
  });
}
