import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileUnlessRefused } from './compiled.ts';
import { walk } from './timing_laws.ts';

/**
 * croner as a second opinion on the calendar, in UTC: it reads `W`, `LW` (alone), `L`, `5L`, `#` and years, and its `+`
 * in front of the weekdays is our AND. It knows no `L-3`, no ranges that wrap around and no `H`.
 */
const FIRE_TIMES = 5;

const days = fc.integer({ min: 1, max: 31 });
const weekdays = fc.integer({ min: 0, max: 6 });
const dayItem = fc.oneof(
  days.map(String),
  days.map((day) => `${day}W`),
  fc.tuple(days, days).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
);
const dayOfMonth = fc.oneof(
  fc.constantFrom('*', 'L', 'LW'),
  fc.uniqueArray(dayItem, { minLength: 1, maxLength: 4 }).map((items) => items.join(',')),
  days.map((day) => `L,${day}`),
);
const weekdayItem = fc.oneof(
  weekdays.map(String),
  weekdays.map((weekday) => `${weekday}L`),
  fc.tuple(weekdays, fc.integer({ min: 1, max: 5 })).map(([weekday, nth]) => `${weekday}#${nth}`),
);
const dayOfWeek = fc.oneof(
  fc.constant('*'),
  fc
    .uniqueArray(weekdayItem, { minLength: 1, maxLength: 3, selector: (item) => item[0] })
    .map((items) => items.join(',')),
);
const months = fc.oneof(
  fc.constant('*'),
  fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }).map((items) => items.join(',')),
);
const years = fc.oneof(
  { weight: 2, arbitrary: fc.constant('*') },
  { weight: 1, arbitrary: fc.integer({ min: 2000, max: 2060 }).map((year) => `${year}-${year + 8}`) },
  {
    weight: 1,
    arbitrary: fc.uniqueArray(fc.integer({ min: 1999, max: 2070 }), { minLength: 2, maxLength: 5 }).map(String),
  },
);
const from = fc.date({ min: new Date('1998-01-01'), max: new Date('2050-01-01'), noInvalidDate: true });
const cases = fc.record({ day: dayOfMonth, month: months, weekday: dayOfWeek, year: years, start: from });

describe.each([
  ['either day field is enough', 'transition first or', ''],
  ['both day fields have to match', 'transition first and', '+'],
])('where %s', (_, dst, plus) => {
  test('Belfry and croner name the same days', () => {
    let compared = 0;
    const property = fc.property(cases, ({ day, month, weekday, year, start }) => {
      const timing = compileUnlessRefused({ c: `30 15 6 ${day} ${month} ${weekday} ${year}`, t: dst });
      const ours = timing && walk(timing.next, start.getTime(), { count: FIRE_TIMES });
      const isPlus = weekday !== '*' && plus !== '';
      const theirs = new Cron(`30 15 6 ${day} ${month} ${isPlus ? plus : ''}${weekday} ${year}`, { timezone: 'UTC' });
      const expected = theirs.nextRuns(FIRE_TIMES, start).map((date) => date.getTime());
      // A date that can never come is refused by us, and has no fire times in croner. Ours end in 2199.
      expect(ours ?? []).toEqual(expected.filter((at) => at < Date.UTC(2200, 0)));
      if (expected.length > 0) compared++;
    });
    fc.assert(property, { numRuns: 1_000 });
    expect(compared).toBeGreaterThan(500);
  }, 60_000);
});
