import { describe, expect, test } from 'vitest';
import { dates } from './local_times.ts';

describe('day-of-month and day-of-week', () => {
  test('both restricted mean either', () => {
    expect(dates('0 0 1,15 * 1', '2026-06-01', 6)).toEqual([
      '2026-06-01',
      '2026-06-08',
      '2026-06-15',
      '2026-06-22',
      '2026-06-29',
      '2026-07-01',
    ]);
  });

  test('a plain star leaves the other one alone', () => {
    expect(dates('0 0 * * 1', '2026-06-02', 2)).toEqual(['2026-06-08', '2026-06-15']);
    expect(dates('0 0 10 * *', '2026-06-02', 2)).toEqual(['2026-06-10', '2026-07-10']);
  });

  test('a stepped star means both: Mondays with an odd date', () => {
    expect(dates('0 0 */2 * 1', '2026-06-01', 4)).toEqual(['2026-06-01', '2026-06-15', '2026-06-29', '2026-07-13']);
    expect(dates('0 0 13 * */5', '2026-01-01', 2)).toEqual(['2026-02-13', '2026-03-13']);
  });

  test('it is the first character that makes a star, as in Vixie cron', () => {
    expect(dates('0 0 2,*/10 * 1', '2026-06-01', 4)).toEqual(['2026-06-01', '2026-06-02', '2026-06-08', '2026-06-11']);
    expect(dates('0 0 */10,2 * 1', '2026-06-01', 2)).toEqual(['2026-06-01', '2026-08-31']);
  });

  test.each(['0 0 ? * 1', '0 0 * * 1'])('%s: a question mark is a star', (cron) => {
    expect(dates(cron, '2026-06-02', 2)).toEqual(['2026-06-08', '2026-06-15']);
  });

  test('two question marks mean each day', () => {
    expect(dates('0 0 ? * ?', '2026-06-30', 2)).toEqual(['2026-06-30', '2026-07-01']);
  });

  test('0 and 7 are both Sunday, alone, in lists and in ranges', () => {
    expect(dates('0 0 * * 7', '2026-06-01', 1)).toEqual(['2026-06-07']);
    expect(dates('0 0 * * 0,7,SUN', '2026-06-01', 2)).toEqual(['2026-06-07', '2026-06-14']);
    expect(dates('0 0 * * 6-7', '2026-06-01', 2)).toEqual(['2026-06-06', '2026-06-07']);
    expect(dates('0 0 * * 5/2', '2026-06-01', 2)).toEqual(['2026-06-05', '2026-06-07']);
  });

  test('a month rules out days of both kinds', () => {
    expect(dates('0 0 30 2 1', '2026-01-01', 3)).toEqual(['2026-02-02', '2026-02-09', '2026-02-16']);
  });
});
