import { describe, expect, test } from 'vitest';
import { dates } from './local_times.ts';

describe('a weekday with #', () => {
  test('is the nth of that weekday in the month', () => {
    expect(dates('0 0 * * 5#1', '2026-01-01', 3)).toEqual(['2026-01-02', '2026-02-06', '2026-03-06']);
    expect(dates('0 0 * * FRI#2', '2026-01-01', 3)).toEqual(['2026-01-09', '2026-02-13', '2026-03-13']);
  });

  test('skips months without a fifth', () => {
    expect(dates('0 0 * * 5#5', '2026-01-01', 3)).toEqual(['2026-01-30', '2026-05-29', '2026-07-31']);
  });

  test('waits decades for the fifth Monday of a February', () => {
    expect(dates('0 0 * 2 1#5', '2026-01-01', 2)).toEqual(['2044-02-29', '2072-02-29']);
  });

  test('takes 0 and 7 for Sunday', () => {
    expect(dates('0 0 * * 7#1', '2026-01-01', 2)).toEqual(dates('0 0 * * 0#1', '2026-01-01', 2));
  });

  test('goes into a list', () => {
    expect(dates('0 0 * * MON#1,WED#3', '2026-01-01', 4)).toEqual([
      '2026-01-05',
      '2026-01-21',
      '2026-02-02',
      '2026-02-18',
    ]);
  });

  test('with a day-of-month means either', () => {
    expect(dates('0 0 15 * 1#1', '2026-01-01', 3)).toEqual(['2026-01-05', '2026-01-15', '2026-02-02']);
  });
});
