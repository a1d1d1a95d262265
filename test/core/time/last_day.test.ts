import { describe, expect, test } from 'vitest';
import { dates } from './local_times.ts';

describe('L in day-of-month', () => {
  test('is the last day of each month, whatever its length', () => {
    expect(dates('0 0 L * *', '2028-01-01', 4)).toEqual(['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']);
    expect(dates('0 0 L 2 *', '2027-01-01', 2)).toEqual(['2027-02-28', '2028-02-29']);
  });

  test('goes into a list', () => {
    expect(dates('0 0 L,15 * *', '2026-02-01', 4)).toEqual(['2026-02-15', '2026-02-28', '2026-03-15', '2026-03-31']);
    expect(dates('0 0 28,L 2 *', '2027-01-01', 3)).toEqual(['2027-02-28', '2028-02-28', '2028-02-29']);
  });

  test('is read in lower case', () => {
    expect(dates('0 0 l * *', '2026-04-01', 1)).toEqual(['2026-04-30']);
  });

  test('with a weekday means either, as any day-of-month does', () => {
    expect(dates('0 0 L * 1', '2026-08-24', 3)).toEqual(['2026-08-24', '2026-08-31', '2026-09-07']);
  });
});

describe('a weekday with L', () => {
  test('is the last of that weekday in the month', () => {
    expect(dates('0 0 * * 5L', '2026-01-01', 3)).toEqual(['2026-01-30', '2026-02-27', '2026-03-27']);
    expect(dates('0 0 * * FRIL', '2026-01-01', 3)).toEqual(dates('0 0 * * 5L', '2026-01-01', 3));
  });

  test('takes 0 and 7 for Sunday', () => {
    expect(dates('0 0 * * 7L', '2026-05-01', 2)).toEqual(['2026-05-31', '2026-06-28']);
    expect(dates('0 0 * * 0L', '2026-05-01', 2)).toEqual(['2026-05-31', '2026-06-28']);
  });

  test('goes into a list', () => {
    expect(dates('0 0 * * 1L,5L', '2026-05-01', 3)).toEqual(['2026-05-25', '2026-05-29', '2026-06-26']);
    expect(dates('0 0 * 5 3,5L', '2026-05-20', 3)).toEqual(['2026-05-20', '2026-05-27', '2026-05-29']);
  });
});
