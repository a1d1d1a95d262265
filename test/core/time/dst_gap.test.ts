import { describe, expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { checkFires } from './fire_table.ts';
import { walk } from './timing_laws.ts';

// America/New_York goes from 02:00 EST (-5) to 03:00 EDT (-4) on 2026-03-08, at 07:00Z.
const zone = 'America/New_York';
const DAYS = '2026-03-08T00:00-05:00/2026-03-09T04:00-04:00';
const MORNING = '2026-03-08T01:00-05:00/2026-03-08T04:01-04:00';

checkFires(
  'a fixed-time expression whose time falls into a gap fires once, when the clock changes, if it names the day',
  [
    ['30 2 * * *', DAYS, '2026-03-08T03:00 2026-03-09T02:30'],
    ['0 2 * * *', DAYS, '2026-03-08T03:00 2026-03-09T02:00'],
    ['59 2 * * *', DAYS, '2026-03-08T03:00 2026-03-09T02:59'],
    ['30 2,4 * * *', DAYS, '2026-03-08T03:00,04:30 2026-03-09T02:30'],
    ['15 30 2 * * *', DAYS, '2026-03-08T03:00 2026-03-09T02:30:15'],
    ['0,10,20,30 2 * * *', MORNING, '2026-03-08T03:00'],
    ['0 2,3 * * *', MORNING, '2026-03-08T03:00'],
    ['30 2 9 3 *', DAYS, '2026-03-09T02:30'],
  ],
  { zone },
);

test('such a fire time is seen from any instant before the change, to the last millisecond, and from any after', () => {
  const { next, previous } = compileTiming({ c: '30 2 * * *', z: zone }, '');
  const change = Date.parse('2026-03-08T07:00:00Z');
  for (const before of [86_400_000 / 2, 1_800_000, 60_000, 1_000, 1]) expect(next(change - before)).toBe(change);
  for (const after of [1, 1_000, 60_000, 1_800_000, 86_400_000 / 2]) expect(previous(change + after)).toBe(change);
  expect(next(change)).toBe(Date.parse('2026-03-09T06:30:00Z'));
  expect(previous(change)).toBe(Date.parse('2026-03-07T07:30:00Z'));
});

describe('a fixed-time expression in other gaps', () => {
  checkFires('where the day begins at one', [
    [
      '0 0 * * *',
      '2018-11-03T12:00-03:00/2018-11-05T12:00-02:00',
      '2018-11-04T01:00 2018-11-05',
      { zone: 'America/Sao_Paulo' },
    ],
  ]);

  checkFires('of half an hour', [
    [
      '15 2 * * *',
      '2026-10-04T00:00+10:30/2026-10-05T12:00+11:00',
      '2026-10-04T02:30 2026-10-05T02:15',
      { zone: 'Australia/Lord_Howe' },
    ],
  ]);

  checkFires('of the day that Samoa skipped, 2011-12-30', [
    [
      '0 12 * * *',
      '2011-12-29T06:00-10:00/2011-12-31T23:00+14:00',
      '2011-12-29T12:00 2011-12-31T00:00,12:00',
      { zone: 'Pacific/Apia' },
    ],
  ]);
});

checkFires(
  'an expression with a star in minute or hour goes by elapsed time and has no times in the gap',
  [
    ['*/30 * * * *', MORNING, '2026-03-08T01:00,01:30,03:00,03:30,04:00'],
    ['0 * * * *', MORNING, '2026-03-08T01:00,03:00,04:00'],
    ['0 */2 * * *', MORNING, '2026-03-08T04:00'],
    ['*/20 2 * * *', MORNING, 'none'],
    ['30 */2 * * *', MORNING, 'none'],
  ],
  { zone },
);

test('such an expression fires every half hour of elapsed time on a day of 23 hours', () => {
  const [from, to] = [Date.parse('2026-03-08T00:00-05:00'), Date.parse('2026-03-09T00:00-04:00')];
  const { next } = compileTiming({ c: '*/30 * * * *', z: zone }, '');
  expect(walk(next, from - 1, { isInside: (at) => at < to })).toHaveLength(2 * 23);
});
