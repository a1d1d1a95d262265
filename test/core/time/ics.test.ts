import fc from 'fast-check';
import { RRuleTemporal } from 'rrule-temporal';
import { describe, expect, test } from 'vitest';
import { readIcs } from '../../../src/core/time/ics.ts';
import { refused } from './refused.ts';

const file = (...events: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...events, 'END:VCALENDAR', ''].join('\r\n');
let made = 0;
const event = (...lines: string[]): string => ['BEGIN:VEVENT', `UID:${++made}`, ...lines, 'END:VEVENT'].join('\r\n');
const allDay = (date: string, ...lines: string[]): string => event(`DTSTART;VALUE=DATE:${date}`, ...lines);

describe('an ICS file', () => {
  test.each<[string, string, object]>([
    ['one day', allDay('20260501'), { d: ['2026-05-01'] }],
    ['a day with its end', allDay('20260501', 'DTEND;VALUE=DATE:20260502'), { d: ['2026-05-01'] }],
    ['an end that is the start', allDay('20260501', 'DTEND;VALUE=DATE:20260501'), { d: ['2026-05-01'] }],
    [
      'several days',
      allDay('20261230', 'DTEND;VALUE=DATE:20270102'),
      { d: ['2026-12-30', '2026-12-31', '2027-01-01'] },
    ],
    ['a duration', allDay('20260501', 'DURATION:P2D'), { d: ['2026-05-01', '2026-05-02'] }],
    ['the same day of each year', allDay('20201225', 'RRULE:FREQ=YEARLY'), { y: ['12-25'] }],
    ['it with its parts said', allDay('20201225', 'RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25'), { y: ['12-25'] }],
    [
      'two days of each year',
      allDay('20201225', 'DTEND;VALUE=DATE:20201227', 'RRULE:FREQ=YEARLY'),
      { y: ['12-25', '12-26'] },
    ],
    ['some years', allDay('20241225', 'RRULE:FREQ=YEARLY;COUNT=2'), { d: ['2024-12-25', '2025-12-25'] }],
    ['up to a year', allDay('20241225', 'RRULE:FREQ=YEARLY;UNTIL=20251225'), { d: ['2024-12-25', '2025-12-25'] }],
    [
      'every other year',
      allDay('20241225', 'RRULE:FREQ=YEARLY;INTERVAL=2;COUNT=2'),
      { d: ['2024-12-25', '2026-12-25'] },
    ],
    [
      'each year but one, which makes dates',
      allDay('20241225', 'RRULE:FREQ=YEARLY;UNTIL=20261231', 'EXDATE;VALUE=DATE:20251225'),
      { d: ['2024-12-25', '2026-12-25'] },
    ],
    [
      'the fourth Thursday of November',
      allDay('20251127', 'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3'),
      { d: ['2025-11-27', '2026-11-26', '2027-11-25'] },
    ],
    [
      'the last Monday of May',
      allDay('20250526', 'RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=2'),
      { d: ['2025-05-26', '2026-05-25'] },
    ],
    [
      'weeks with a day taken out and one put in',
      allDay('20260105', 'RRULE:FREQ=WEEKLY;COUNT=3', 'EXDATE;VALUE=DATE:20260112', 'RDATE;VALUE=DATE:20260114'),
      { d: ['2026-01-05', '2026-01-14', '2026-01-19'] },
    ],
    [
      'a repetition of which one was moved',
      [
        'BEGIN:VEVENT\r\nUID:moved\r\nDTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT',
        'BEGIN:VEVENT\r\nUID:moved\r\nRECURRENCE-ID;VALUE=DATE:20260106\r\nDTSTART;VALUE=DATE:20260110\r\nEND:VEVENT',
      ].join('\r\n'),
      { d: ['2026-01-05', '2026-01-07', '2026-01-10'] },
    ],
    ['folded lines', 'BEGIN:VEVENT\r\nUID:f\r\nDTSTART;VALUE=DA\r\n TE:20260501\r\nEND:VEVENT', { d: ['2026-05-01'] }],
  ])('of %s', (_, events, calendar) => {
    expect(readIcs(file(events))).toEqual({ calendar, ignored: [] });
  });

  test('may have a byte order mark, plain line ends, and several calendars', () => {
    const text = `\uFEFF${file(allDay('20260501'))}${file(allDay('20260502'))}`.replaceAll('\r\n', '\n');
    expect(readIcs(text).calendar).toEqual({ d: ['2026-05-01', '2026-05-02'] });
  });

  test.each([
    ['a time of day', event('SUMMARY:Lunch', 'DTSTART:20260501T120000Z'), '"Lunch" (2026-05-01): it has a time of day'],
    ['no start', event('SUMMARY:Odd'), '"Odd": it has no start'],
    ['no name', event('DTSTART:20260501T120000Z'), '"event without a name" (2026-05-01)'],
    ['a cancellation', allDay('20260501', 'STATUS:CANCELLED'), 'it is cancelled'],
    ['weeks without end', allDay('20260105', 'RRULE:FREQ=WEEKLY'), 'more than 1000 times'],
    ['hours', allDay('20260105', 'RRULE:FREQ=HOURLY;COUNT=3'), 'within a day'],
    ['positions in a set', allDay('20260105', 'RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1'), 'BYSETPOS'],
    ['a date that never comes', allDay('20260105', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'), 'never takes place'],
    ['a damaged date', event('DTSTART;VALUE=DATE:2026'), 'it cannot be read'],
    ['a month too many', event('DTSTART;VALUE=DATE:20261301'), 'there is no 2026-13-01'],
    ['an end before its start', allDay('20260105', 'DTEND;VALUE=DATE:20260101'), 'it lasts -4 days'],
    ['years on end', allDay('20260105', 'DTEND;VALUE=DATE:20300101'), 'it lasts 1457 days'],
  ])('lists an event with %s as ignored, and reads the others', (_, odd, reason) => {
    const { calendar, ignored } = readIcs(file(odd, allDay('20260501')));
    expect(calendar).toEqual({ d: ['2026-05-01'] });
    expect(ignored).toHaveLength(1);
    expect(ignored[0]).toContain(reason);
  });

  test.each([
    '',
    'hello',
    '{"dates":[]}',
    'BEGIN:VCALENDAR\nnonsense',
    'BEGIN:VEVENT\nEND:VEVENT',
    file(),
    file(event('DTSTART:20260501T120000Z')),
    undefined as unknown as string,
    'x'.repeat(5_000_001),
  ])('that gives no day is refused (%#)', (text) => {
    const error = refused(() => readIcs(text));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field: 'the ICS file' });
    expect(error.hint).not.toBe('');
  });
});

const weekdays = fc.constantFrom('SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA');
const nthWeekdays = fc.tuple(fc.constantFrom('1', '2', '5', '-1', '-2'), weekdays).map((parts) => parts.join(''));
const rules = fc
  .record({
    freq: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'),
    interval: fc.integer({ min: 1, max: 4 }),
    wkst: weekdays,
    months: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
    monthDays: fc.uniqueArray(fc.constantFrom(1, 13, 29, 30, 31, -1, -5), { maxLength: 2 }),
    days: fc.oneof(fc.uniqueArray(nthWeekdays, { maxLength: 2 }), fc.uniqueArray(weekdays, { maxLength: 3 })),
  })
  .map(({ freq, interval, wkst, months, monthDays, days }) => {
    const dates = freq === 'WEEKLY' ? [] : monthDays;
    // The engine lets a numbered weekday win over a plain one and over a day of the month, where RFC 5545 takes both:
    // numbers stand alone here.
    const isNumbered = (freq === 'MONTHLY' || freq === 'YEARLY') && dates.length === 0;
    const plain: readonly string[] = isNumbered ? days : (days as readonly string[]).map((day) => day.slice(-2));
    return [
      `FREQ=${freq};INTERVAL=${interval};WKST=${wkst}`,
      ...(months.length > 0 ? [`BYMONTH=${months.join(',')}`] : []),
      ...(dates.length > 0 ? [`BYMONTHDAY=${dates.join(',')}`] : []),
      ...(plain.length > 0 ? [`BYDAY=${[...new Set(plain)].join(',')}`] : []),
    ].join(';');
  });

test('a repetition has the days that an RFC 5545 engine gives it', () => {
  const starts = fc
    .integer({ min: 19_000, max: 21_000 })
    .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
  const property = fc.property(rules, starts, (rule, start) => {
    const date = start.replaceAll('-', '');
    // As many years as keep the number of days below what is read of one event.
    const until = `${Number(date.slice(0, 4)) + (rule.startsWith('FREQ=DAILY') ? 1 : 4)}1231`;
    const engine = new RRuleTemporal({ rruleString: `DTSTART:${date}T000000Z\nRRULE:${rule};UNTIL=${until}T000000Z` });
    const expected = engine.all().map((at) => at.toPlainDate().toString());
    const text = file(allDay(date, `RRULE:${rule};UNTIL=${until}`), allDay('19700101'));
    const { d = [] } = readIcs(text).calendar;
    expect(d.filter((day) => day !== '1970-01-01')).toEqual(expected);
  });
  fc.assert(property, { numRuns: 300, seed: 20_261_123 });
});
