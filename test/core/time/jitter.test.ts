import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jitterOf, windowOffsetOf } from '../../../src/core/time/jitter.ts';
import { chiSquare, tally } from './chi_square.ts';

const ids = fc.string({ maxLength: 60 });
const instants = fc.integer({ min: 0, max: 7_258_118_400_000 });
const durations = fc.integer({ min: 0, max: 86_400_000 });

describe('jitter', () => {
  test('is a whole number in [0, bound], and the same each time', () => {
    const property = fc.property(ids, instants, durations, (id, at, bound) => {
      const jitter = jitterOf(id, at, bound, undefined);
      expect(Number.isInteger(jitter) && jitter >= 0 && jitter <= bound).toBe(true);
      expect(jitterOf(id, at, bound, undefined)).toBe(jitter);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test('ends before the next fire time', () => {
    const property = fc.property(
      ids,
      instants,
      durations,
      fc.integer({ min: 1, max: 100_000 }),
      (id, at, bound, gap) => {
        expect(at + jitterOf(id, at, bound, at + gap)).toBeLessThan(at + gap);
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  test.each([0, -5, Number.NaN])('is 0 where the bound is %s', (bound) => {
    expect(jitterOf('a', 1, bound, undefined)).toBe(0);
  });

  // Frozen: replicas of two releases must agree while one replaces the other.
  test.each([
    ['partners/poll', 1_767_225_600_000, 16_313],
    ['partners/poll', 1_767_225_660_000, 18_176],
    ['reports/daily', 1_767_225_600_000, 26_093],
  ])('of %s at %i is %i ms in each release', (id, at, jitter) => {
    expect(jitterOf(id, at, 30_000, undefined)).toBe(jitter);
  });
});

describe('the place in a window', () => {
  test('is a whole number in [0, window), before the next fire time, and always the same', () => {
    const property = fc.property(ids, durations, fc.integer({ min: 1, max: 86_400_000 }), (id, window, room) => {
      const offset = windowOffsetOf(id, window, room);
      expect(Number.isInteger(offset) && offset >= 0).toBe(true);
      expect(offset).toBeLessThan(Math.max(1, Math.min(window, room)));
      expect(windowOffsetOf(id, window, room)).toBe(offset);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test.each([
    ['partners/poll', 3_600_000, 331_770],
    ['reports/daily', 3_600_000, 3_366_824],
  ])('of %s in %i ms is %i ms in each release', (id, windowMs, offset) => {
    expect(windowOffsetOf(id, windowMs, 86_400_000)).toBe(offset);
  });

  test('spreads the schedules of one rule evenly', () => {
    const draws = Array.from({ length: 50_000 }, (_, index) => windowOffsetOf(`tenant-${index}`, 1_000, 60_000));
    expect(chiSquare(tally(draws.map((offset) => Math.floor(offset / 10))), 100)).toBeLessThan(148.2);
  });
});

describe('jitter is spread evenly', () => {
  const minute = 60_000;
  const start = 1_767_225_600_000;

  test.each([
    [
      'over the fire times of one schedule',
      (index: number) => jitterOf('partners/poll', start + index * minute, 999, undefined),
    ],
    ['over schedules that fire at one instant', (index: number) => jitterOf(`tenant-${index}`, start, 999, undefined)],
    ['over fire times a day apart', (index: number) => jitterOf('a', start + index * 86_400_000, 999, undefined)],
  ])('%s', (_, draw) => {
    const draws = Array.from({ length: 50_000 }, (_unused, index) => draw(index));
    // 99 degrees of freedom: a fair draw passes 148.2 once in a thousand times.
    expect(chiSquare(tally(draws.map((jitter) => Math.floor(jitter / 10))), 100)).toBeLessThan(148.2);
    expect(new Set(draws).size).toBe(1_000);
  });

  test('and neighbours know nothing of each other', () => {
    const draws = Array.from(
      { length: 20_000 },
      (_, index) => jitterOf('a', start + index * minute, 999, undefined) - 499.5,
    );
    const products = draws.slice(1).map((draw, index) => draw * (draws[index] ?? 0));
    const correlation = products.reduce((sum, product) => sum + product, 0) / products.length / (1_000 ** 2 / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.03);
  });
});
