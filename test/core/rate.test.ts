import { expect, test } from 'vitest';
import { parseRate } from '../../src/core/rate.ts';
import { refused } from './time/refused.ts';

test.each([
  ['20/1s', { count: 20, periodMs: 1_000 }],
  ['100/1m', { count: 100, periodMs: 60_000 }],
  [' 5 / 1h 30m ', { count: 5, periodMs: 5_400_000 }],
  ['1/PT1H', { count: 1, periodMs: 3_600_000 }],
])('%s', (text, rate) => {
  expect(parseRate(text)).toEqual(rate);
});

test.each([
  ['', 'BAD_JOB'],
  ['20', 'BAD_JOB'],
  ['0/1s', 'BAD_JOB'],
  ['-1/1s', 'BAD_JOB'],
  ['1.5/1s', 'BAD_JOB'],
  ['20/0s', 'BAD_JOB'],
  ['20/', 'BAD_JOB'],
  ['20/s', 'BAD_JOB'],
  ['20/1s/2', 'BAD_JOB'],
  [20 as unknown as string, 'BAD_JOB'],
])('%j is refused', (text, code) => {
  const error = refused(() => parseRate(text, 'limits[0].rate'));
  expect(error).toMatchObject({ code, field: 'limits[0].rate' });
  expect(error.hint).toBeTruthy();
});

test('a period without its number is told with the one that was meant', () => {
  expect(refused(() => parseRate('5/s', 'limit.rate'))).toMatchObject({
    message: 'limit.rate is "5/s"',
    hint: 'the period needs a number: did you mean "5/1s"?',
  });
});
