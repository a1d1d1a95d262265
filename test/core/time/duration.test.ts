import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration, parseLength } from '../../../src/core/time/duration.ts';
import type { Duration } from '../../../src/core/time/units.ts';
import { refused } from './refused.ts';

describe('a duration', () => {
  test.each([
    [0, 0],
    [-0, 0],
    [1_500, 1_500],
    ['0s', 0],
    ['90s', 90_000],
    ['1h 30m', 5_400_000],
    ['1h30m', 5_400_000],
    [' 2 minutes ', 120_000],
    ['1.5h', 5_400_000],
    ['1.1s', 1_100],
    ['250ms', 250],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['3 Days', 259_200_000],
    ['PT5M', 300_000],
    ['PT1H30M', 5_400_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.5S', 500],
  ])('%j is %i ms', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  test.each([
    ['', 'PT5M'],
    ['soon', 'PT5M'],
    ['90', '"90s"'],
    ['5m or so', 'PT5M'],
    ['about 5m', 'PT5M'],
    ['-5m', 'PT5M'],
    ['1h30', 'PT5M'],
    ['1mo', 'no months'],
    ['1y', 'no years'],
    ['P1M', 'no months'],
    ['P1Y', 'no years'],
    ['P', 'PT5M'],
    ['PT', 'PT5M'],
    ['5m PT5M', 'PT5M'],
    ['1,000ms', 'PT5M'],
    ['0.5ms', 'whole milliseconds'],
    [1.5, 'whole milliseconds'],
    [-1, 'whole milliseconds'],
    [Number.NaN, 'whole milliseconds'],
    [Infinity, 'whole milliseconds'],
    [1e300, 'whole milliseconds'],
    ['99999999999999999999d', 'whole milliseconds'],
    [null as unknown as Duration, 'whole milliseconds'],
    [['5m'] as unknown as Duration, 'whole milliseconds'],
  ])('%j is refused: %s', (value, right) => {
    const error = refused(() => parseDuration(value, 'retry.backoff.max'));
    expect(error).toMatchObject({ code: 'BAD_DURATION', field: 'retry.backoff.max' });
    expect(error.message).toContain('retry.backoff.max is ');
    expect(error.hint).toContain(right);
  });

  test('is refused or read at once, however it is built', () => {
    const hostile = ['1 '.repeat(40_000), `${'1s '.repeat(33)}x`, ' '.repeat(99), '9'.repeat(100)];
    for (const text of hostile) expect(refused(() => parseDuration(text)).code).toBe('BAD_DURATION');
  });
});

describe('a length that counts from some moment on', () => {
  test('is ten years at most: what is longer was meant as an instant', () => {
    expect(parseLength('3650d', 'delay')).toBe(3_650 * 86_400_000);
    const error = refused(() => parseLength(Date.UTC(2026, 2, 1), 'delay'));
    expect(error).toMatchObject({ code: 'BAD_DURATION', field: 'delay' });
    expect(error.hint).toContain('no instant');
  });
});

describe('a formatted duration', () => {
  test.each([
    [0, '0s'],
    [5_400_000, '1h 30m'],
    [90_000, '1m 30s'],
    [1_500, '1s 500ms'],
    [90_061_001, '1d 1h 1m 1s 1ms'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('is read back to the same number', () => {
    const property = fc.property(fc.nat(), fc.nat(1_000), (one, other) => {
      expect(parseDuration(formatDuration(one * other))).toBe(one * other);
    });
    fc.assert(property);
  });
});
