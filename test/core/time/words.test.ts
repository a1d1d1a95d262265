import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WhenRule } from '../../../src/core/schedule.ts';
import { describeCron, describeRule } from '../../../src/core/time/words.ts';
import { cronCase } from './cron_arbitrary.ts';

const christmas = Date.parse('2026-12-25T08:00:00Z');

describe('a cron expression in words', () => {
  test.each([
    ['* * * * *', 'Every minute'],
    ['*/5 * * * *', 'Every 5 minutes'],
    ['*/20 * * * * *', 'Every 20 seconds'],
    ['0 9 * * 1-5', 'At 09:00, Monday through Friday'],
    ['0 0 * * FRI-MON', 'At 00:00, Friday through Monday'],
    ['0 22-4 * * *', 'Every hour, between 22:00 and 04:00'],
    ['0 0 * NOV-FEB *', 'At 00:00, November through February'],
    ['1,1,5 * * * *', 'At 1 and 5 minutes past the hour'],
    ['007 08 * * *', 'At 08:07'],
    ['0 0 * * 0-7', 'At 00:00'],
    ['0 0 *,3 * *', 'At 00:00'],
    ['0 0 L * *', 'At 00:00, on the last day of the month'],
    ['0 0 LW * *', 'At 00:00, on the last weekday of the month'],
    ['0 0 15W * ?', 'At 00:00, on the weekday nearest day 15 of the month'],
    ['0 0 L-3 * *', 'At 00:00, 3 days before the last day of the month'],
    ['0 0 L-3W * *', 'At 00:00, on the weekday nearest 3 days before the last day of the month'],
    ['0 0 1W,LW 3 *', 'At 00:00, on the weekday nearest day 1 and the last weekday of the month, only in March'],
    ['0 0 L,15 * *', 'At 00:00, on the last day and day 15 of the month'],
    ['0 0 * * 5L', 'At 00:00, on the last Friday of the month'],
    ['0 0 * * 5#2', 'At 00:00, on the second Friday of the month'],
    ['0 0 * * 1#2,5', 'At 00:00, on the second Monday of the month and Friday'],
    ['0 0 0 1 1 * 2027', 'At 00:00, on day 1 of the month, only in January, only in 2027'],
    ['0 0 0 1 1 * 2027/2', 'At 00:00, on day 1 of the month, only in January, every 2 years, 2027 through 2199'],
    ['0 0 0 1 1 * 1970-2199', 'At 00:00, on day 1 of the month, only in January'],
    ['@daily', 'At 00:00'],
    ['@every 90s', 'Every 1m 30s'],
    ['@reboot', 'Once for each deployment'],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', 'At 09:00, Asia/Tokyo time'],
    ['nonsense', 'At the times of cron "nonsense"'],
    ['61 * * * *', 'At the times of cron "61 * * * *"'],
    ['', 'At the times of cron ""'],
  ])('%s: %s', (cron, words) => {
    expect(describeCron(cron)).toBe(words);
  });

  test.each([
    ['0 0 1 * 1', undefined, 'At 00:00, on day 1 of the month or on Monday'],
    ['0 0 1 * 1', 'cronos', 'At 00:00, on day 1 of the month if that is Monday'],
    ['0 0 */2 * 1', undefined, 'At 00:00, on every 2nd day of the month if that is Monday'],
    ['0 0 */2 * 1', 'kubernetes', 'At 00:00, on every 2nd day of the month or on Monday'],
    [
      '0 0 1-7 3 SUN,7L',
      undefined,
      'At 00:00, on day 1 to 7 of the month or on Sunday and the last Sunday of the month, only in March',
    ],
    ['0 0 1 * FRI-MON/2', undefined, 'At 00:00, on day 1 of the month or on every 2nd day from Friday to Monday'],
    [
      '0 0 10/5 * 1',
      'transition first and',
      'At 00:00, on every 5th day from day 10 on of the month if that is Monday',
    ],
  ])('%s under %s says whether either day field is enough: %s', (cron, dst, words) => {
    expect(describeCron(cron, { dst })).toBe(words);
  });

  test('tells what H stands for where the schedule is known, and says so where it is not', () => {
    expect(describeCron('H H * * *', { seed: 'partners/poll' })).toBe('At 05:16');
    expect(describeCron('H H * * *')).toBe('At times of its own, drawn for cron "H H * * *"');
    expect(describeCron('0 0 * MARCH THU')).toBe('At the times of cron "0 0 * MARCH THU"');
  });

  test('never comes without words, whatever the expression', () => {
    const property = fc.property(cronCase(), ({ text }) => {
      const words = describeCron(text);
      expect(words).toMatch(/^[A-Z0-9][^\n]{3,199}$/u);
      expect(words).not.toMatch(/undefined|NaN|null|the times of/);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

describe('a rule in words', () => {
  test.each<[string, WhenRule]>([
    ['At 09:00, Monday through Friday, Europe/Berlin time', { c: '0 9 * * 1-5', z: 'Europe/Berlin' }],
    ['At 09:00, UTC', { c: '0 9 * * *' }],
    ['Every 5 minutes', { c: '*/5 * * * *' }],
    ['Every 5 minutes, Asia/Kolkata time', { c: '*/5 * * * *', z: 'Asia/Kolkata' }],
    ['Every hour', { c: '@hourly' }],
    ['Once for each deployment', { c: '@reboot', b: 'v1' }],
    ['Every 1m 30s', { c: '@every 90s' }],
    ['Every 1m 30s', { e: 90_000 }],
    ['Every 10m, counted from 2026-12-25 08:00Z', { e: 600_000, g: christmas }],
    ['Every 10m, from 09:00 to 17:00 each day, UTC', { e: 600_000, y: [32_400, 61_200] }],
    [
      'Every 10m, from 09:00 to 17:30:15 each day, Europe/Berlin time',
      { e: 600_000, y: [32_400, 63_015], z: 'Europe/Berlin' },
    ],
    ['Once, at 2026-12-25 08:00Z', { a: [christmas] }],
    [
      '2 times, at 2026-12-25 13:30+05:30 and 2026-12-25 13:30:01+05:30',
      { a: [christmas, christmas + 1_000], z: 'Asia/Kolkata' },
    ],
    [
      '5 times, at 2026-12-25 08:00Z, 2026-12-25 09:00Z, 2026-12-25 10:00Z and 2 more',
      { a: [0, 1, 2, 3, 4].map((hour) => christmas + hour * 3_600_000) },
    ],
    ['10 times, every hour, from 2026-01-01T00:00:00Z on', { i: 'R10/2026-01-01T00:00:00Z/PT1H' }],
    [
      'Every month, from 2026-01-31T00:00:00 on, Europe/Berlin time',
      { i: 'R/2026-01-31T00:00:00/P1M', z: 'Europe/Berlin' },
    ],
    ['3 times, every 1 day 12 hours, from 2026-01-01T00:00:00Z on', { i: 'R3/2026-01-01T00:00:00Z/P1DT12H' }],
    ['Once, at 2026-01-01T00:00:00Z', { i: 'R1/2026-01-01T00:00:00Z/PT1H' }],
    [
      'By the recurrence "DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=2"',
      { l: 'DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;INTERVAL=2' },
    ],
    ['1h after the end of the run before', { f: 3_600_000 }],
    [
      'At 09:00, UTC; and every 1m; and at 00:00, on day 1 of the month, Asia/Tokyo time',
      { u: [{ c: '0 9 * * *' }, { e: 60_000 }, { c: '0 0 1 * *', z: 'Asia/Tokyo' }] },
    ],
    ['At 09:00, UTC, only each 3rd time, from 2026-12-25 08:00Z on', { c: '0 9 * * *', n: 3, s: christmas }],
    ['At 09:00, UTC, until 2026-12-25 08:00Z', { c: '0 9 * * *', q: christmas }],
    ['At 09:00, UTC, except in calendar holidays', { c: '0 9 * * *', x: ['holidays'] }],
    [
      'At 09:00, UTC, except on 2026-12-25, on 01-01 and 05-01 of each year and at the times of "0 0 1 * *"',
      { c: '0 9 * * *', x: [{ d: ['2026-12-25'] }, { y: ['01-01', '05-01'] }, { c: '0 0 1 * *' }] },
    ],
    ['Every 1m, except on Sunday and Saturday', { e: 60_000, x: [{ w: 'SAT,SUN' }] }],
    ['Every 1m, except on Monday through Friday', { e: 60_000, x: [{ w: 'MON-FRI' }] }],
  ])('%s', (words, rule) => {
    expect(describeRule(rule)).toBe(words);
  });

  test('takes the id of the schedule for H', () => {
    expect(describeRule({ c: 'H H * * *' }, 'partners/poll')).toBe('At 05:16, UTC');
  });

  test.each<[string, WhenRule]>([
    ['a long list', { c: `${numbers(60)} ${numbers(24)} * * *`, z: 'America/Argentina/ComodRivadavia' }],
    ['many members', { u: Array.from({ length: 30 }, () => ({ c: '0 9 * * *' })) }],
    ['many days left out', { c: '0 9 * * *', x: Array.from({ length: 40 }, () => ({ d: ['2026-12-25'] })) }],
    ['a long recurrence', { l: 'RRULE:'.padEnd(900, 'X'), z: 'Europe/Berlin' }],
    ['no zone of this world', { a: [Number.NaN], z: 'Atlantis/'.padEnd(400, 'x') }],
  ])('stays within 200 characters with %s', (_, rule) => {
    expect(describeRule(rule)).toMatch(/^[^\n]{10,200}$/u);
  });

  test('keeps the zone where the list before it has to be cut', () => {
    expect(describeRule({ c: `${numbers(60)} 9 * * *`, z: 'Europe/Berlin' })).toMatch(/…, Europe\/Berlin time$/);
  });
});

function numbers(count: number): string {
  return Array.from({ length: count }, (_, value) => value).join(',');
}
