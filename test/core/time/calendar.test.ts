import { describe, expect, test } from 'vitest';
import type { CalendarRule } from '../../../src/core/schedule.ts';
import { compileCalendar, isExcluded, readCalendarName } from '../../../src/core/time/calendar.ts';
import type { CalendarSpec } from '../../../src/core/time/calendar.ts';
import { openZone } from '../../../src/core/time/zone.ts';
import { refused } from './refused.ts';

describe('a calendar', () => {
  test.each<[CalendarSpec, CalendarRule]>([
    [{ dates: ['2026-12-26', '2026-12-25', '2026-12-26'] }, { d: ['2026-12-25', '2026-12-26'] }],
    [{ yearly: ['12-25', '02-29'] }, { y: ['02-29', '12-25'] }],
    [{ weekdays: ' sat,sun ' }, { w: 'SAT,SUN' }],
    [{ cron: '  0  22 * * * ' }, { c: '0 22 * * *' }],
    [
      { cron: '* 22 * * *', weekdays: '5L', yearly: ['01-01'], dates: ['2026-05-14'] },
      { d: ['2026-05-14'], y: ['01-01'], w: '5L', c: '* 22 * * *' },
    ],
    [{ dates: [], weekdays: 'MON' }, { w: 'MON' }],
  ])('%j is stored in one shape', (spec, rule) => {
    expect(JSON.stringify(compileCalendar(spec))).toBe(JSON.stringify(rule));
  });

  test.each<[unknown, string, string, string]>([
    [null, 'BAD_SCHEDULE', 'calendar', 'dates, yearly'],
    [{}, 'BAD_SCHEDULE', 'calendar', 'at least one'],
    [{ dates: [], yearly: [] }, 'BAD_SCHEDULE', 'calendar', 'at least one'],
    [{ days: [] }, 'BAD_SCHEDULE', 'calendar.days', 'dates'],
    [{ dates: '2026-12-25' }, 'BAD_SCHEDULE', 'calendar.dates', 'a list'],
    [{ dates: ['25.12.2026'] }, 'BAD_SCHEDULE', 'calendar.dates[0]', '2026-12-25'],
    [{ dates: ['2026-12-25', '2025-02-29'] }, 'BAD_SCHEDULE', 'calendar.dates[1]', 'exists'],
    [{ dates: [20_261_225] }, 'BAD_SCHEDULE', 'calendar.dates[0]', '2026-12-25'],
    [{ dates: new Array(6_001).fill('2026-12-25') }, 'BAD_SCHEDULE', 'calendar.dates', 'at most 6000'],
    [{ yearly: ['02-30'] }, 'BAD_SCHEDULE', 'calendar.yearly[0]', '12-25'],
    [{ yearly: ['2026-12-25'] }, 'BAD_SCHEDULE', 'calendar.yearly[0]', '12-25'],
    [{ weekdays: '' }, 'BAD_SCHEDULE', 'calendar.weekdays', 'SAT,SUN'],
    [{ weekdays: '*' }, 'BAD_SCHEDULE', 'calendar.weekdays', 'SAT,SUN'],
    [{ weekdays: ['SAT'] }, 'BAD_SCHEDULE', 'calendar.weekdays', 'SAT,SUN'],
    [{ weekdays: 'SAT 5' }, 'BAD_SCHEDULE', 'calendar.weekdays', 'SAT,SUN'],
    [{ weekdays: 'SOMEDAY' }, 'BAD_CRON', 'calendar.weekdays', ''],
    [{ weekdays: 'H' }, 'BAD_SCHEDULE', 'calendar.weekdays', 'the value itself'],
    [{ cron: '0 25 * * *' }, 'BAD_CRON', 'calendar.cron', 'hour is 0–23'],
    [{ cron: 'H 22 * * *' }, 'BAD_SCHEDULE', 'calendar.cron', 'the value itself'],
    [{ cron: 7 }, 'BAD_CRON', 'calendar.cron', '5 to 7 fields'],
  ])('%j is refused', (spec, code, field, right) => {
    const error = refused(() => compileCalendar(spec as CalendarSpec));
    expect(error).toMatchObject({ code, field });
    expect(error.hint).toContain(right);
  });

  test.each(['holidays', 'de/by-2026', '2026_a.b', 'a'.repeat(100)])('may be called %s', (name) => {
    expect(readCalendarName(name)).toBe(name);
  });

  test.each(['', 'a b', '/a', 'a:b', 'ä', 'a'.repeat(101), 5, undefined])('may not be called %j', (name) => {
    expect(refused(() => readCalendarName(name, 'name'))).toMatchObject({ code: 'BAD_SCHEDULE', field: 'name' });
  });
});

describe('an instant is left out', () => {
  test.each<[CalendarRule, string, string, boolean]>([
    [{ d: ['2026-12-25'] }, '2026-12-25T00:00:00Z', 'UTC', true],
    [{ d: ['2026-12-25'] }, '2026-12-25T23:59:59.999Z', 'UTC', true],
    [{ d: ['2026-12-25'] }, '2026-12-26T00:00:00Z', 'UTC', false],
    [{ d: ['2026-12-25'] }, '2026-12-24T15:00:00Z', 'Asia/Tokyo', true],
    [{ d: ['2026-12-25'] }, '2026-12-25T15:00:00Z', 'Asia/Tokyo', false],
    [{ y: ['12-25'] }, '2031-12-25T12:00:00Z', 'UTC', true],
    [{ y: ['02-29'] }, '2028-02-29T12:00:00Z', 'UTC', true],
    [{ y: ['02-29'] }, '2026-03-01T12:00:00Z', 'UTC', false],
    [{ w: 'SAT,SUN' }, '2026-01-03T12:00:00Z', 'UTC', true],
    [{ w: 'SAT,SUN' }, '2026-01-05T00:00:00Z', 'UTC', false],
    [{ w: 'FRI-MON' }, '2026-01-05T00:00:00Z', 'UTC', true],
    [{ w: '5L' }, '2026-01-30T12:00:00Z', 'UTC', true],
    [{ w: '5L' }, '2026-01-23T12:00:00Z', 'UTC', false],
    [{ w: 'MON#1' }, '2026-01-05T12:00:00Z', 'UTC', true],
    [{ c: '* 22,23 * * *' }, '2026-01-05T21:30:00Z', 'Europe/Berlin', true],
    [{ c: '* 22,23 * * *' }, '2026-01-05T21:30:15Z', 'Europe/Berlin', false],
    [{ c: '* * 22,23 * * *' }, '2026-01-05T21:30:15Z', 'Europe/Berlin', true],
    [{ c: '30 2 * * *' }, '2026-10-25T00:30:00Z', 'Europe/Berlin', true],
    [{ c: '30 2 * * *' }, '2026-10-25T01:30:00Z', 'Europe/Berlin', true],
    [{ c: '* * 5 * * * 2026' }, '2026-10-25T05:30:00Z', 'UTC', true],
    [{ c: '* * 5 * * * 2026' }, '2027-10-25T05:30:00Z', 'UTC', false],
    [{}, '2026-10-25T05:30:00Z', 'UTC', false],
  ])('%j at %s in %s: %s', (calendar, at, zone, expected) => {
    expect(isExcluded(calendar, Date.parse(at), openZone(zone))).toBe(expected);
  });
});
