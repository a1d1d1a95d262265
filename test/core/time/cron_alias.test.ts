import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { refused } from './refused.ts';

describe('an alias', () => {
  test.each([
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * 0'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
    ['@minutely', '* * * * *'],
    ['@secondly', '* * * * * *'],
    ['@weekdays', '0 0 * * 1-5'],
    ['@weekends', '0 0 * * 0,6'],
    ['@Daily', '0 0 * * *'],
    ['  @MIDNIGHT ', '0 0 * * *'],
  ])('%s is %s', (alias, fields) => {
    expect(parseCron(alias, { seed: '' })).toEqual(parseCron(fields, { seed: '' }));
  });
});

describe('@every', () => {
  test.each(['@every 90s', '@EVERY 1m30s', ' @every  PT1M30S '])('%s is an interval from the epoch', (text) => {
    const timing = compileTiming({ c: text }, 'a');
    expect(timing.kind).toBe('interval');
    expect([timing.next(0), timing.next(90_000), timing.previous(90_001)]).toEqual([90_000, 180_000, 90_000]);
  });

  test.each([
    ['@every 500ms', 'BAD_SCHEDULE', 'at least 1s'],
    ['@every 0s', 'BAD_SCHEDULE', 'at least 1s'],
    ['@every soon', 'BAD_DURATION', '90s'],
    ['@every 5', 'BAD_DURATION', '"5s"'],
    ['@every', 'BAD_CRON', '@every 90s'],
  ])('%s is refused', (text, code, right) => {
    const error = refused(() => compileTiming({ c: text }, 'a'));
    expect(error.code).toBe(code);
    expect(error.hint).toContain(right);
  });
});
