import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReleaseBucket } from '../../src/scheduler/release_bucket.ts';

test('a bucket is empty at first, so that a new leader begins without a burst', () => {
  const bucket = createReleaseBucket(50);
  expect(bucket.available(1_000)).toBe(0);
  expect(bucket.available(1_000 + bucket.waitMs())).toBe(1);
});

test('no second, wherever it begins, lets more pass than the rate', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), steps, (perSecond, pauses) => {
      const bucket = createReleaseBucket(perSecond);
      const taken: { at: number; count: number }[] = [];
      let now = 0;
      for (const pauseMs of pauses) {
        now += pauseMs;
        const count = bucket.available(now);
        bucket.take(count);
        taken.push({ at: now, count });
      }
      for (const { at } of taken) {
        const second = taken.filter((other) => other.at >= at && other.at < at + 1_000);
        expect(second.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(perSecond);
      }
    }),
  );
});

test('over a long time the rate is reached', () => {
  for (const perSecond of [1, 7, 50, 400]) {
    const bucket = createReleaseBucket(perSecond);
    let passed = 0;
    for (let now = 0; now <= 60_000; now += 5) {
      const count = bucket.available(now);
      bucket.take(count);
      passed += count;
    }
    expect(passed / 60).toBeGreaterThan(perSecond * 0.85);
  }
});

test('what could not be used is given back, and a clock that goes back gives nothing', () => {
  const bucket = createReleaseBucket(50);
  bucket.available(0);
  expect(bucket.available(10_000)).toBe(5);
  bucket.take(5);
  bucket.take(-5);
  expect(bucket.available(9_000)).toBe(5);
  bucket.take(5);
  expect(bucket.available(9_000)).toBe(0);
});
