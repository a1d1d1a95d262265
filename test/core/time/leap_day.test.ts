import { expect, test } from 'vitest';
import { nextFireTimes, previousFireTime } from '../../../src/core/time/fire_times.ts';
import { dates } from './local_times.ts';

test('29 February comes in leap years only', () => {
  expect(dates('17 3 29 2 *', '2026-01-01', 3)).toEqual(['2028-02-29', '2032-02-29', '2036-02-29']);
});

test('2100 is no leap year, so the wait is eight years', () => {
  expect(dates('17 3 29 2 *', '2096-03-01', 1)).toEqual(['2104-02-29']);
});

test('2000 was one', () => {
  expect(dates('17 3 29 2 *', '1996-03-01', 1)).toEqual(['2000-02-29']);
});

test('looking back finds the last 29 February across 2100', () => {
  const at = previousFireTime('17 3 29 2 *', { from: Date.parse('2104-02-29T03:17:00Z') });
  expect(at).toBe(Date.parse('2096-02-29T03:17:00Z'));
});

test('the 31st and the 30th skip the months that are shorter', () => {
  expect(dates('0 0 31 * *', '2026-01-31', 3)).toEqual(['2026-01-31', '2026-03-31', '2026-05-31']);
  expect(dates('0 0 30 * *', '2026-01-30', 3)).toEqual(['2026-01-30', '2026-03-30', '2026-04-30']);
});

test('after the last leap day before 2200 there is none', () => {
  expect(nextFireTimes('17 3 29 2 *', { from: Date.parse('2196-02-29T03:17:00Z') })).toEqual([]);
});
