import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../src/core/compile_policy.ts';
import { backoffDelay } from '../../src/core/retry.ts';

const { backoff } = compilePolicy(undefined);
const almostOne = () => 1 - 2 ** -53;

describe('the delay before the next attempt', () => {
  test('doubles with each failure, up to the cap, where there is no jitter', () => {
    const delays = [1, 2, 3, 4, 9, 10, 1_000].map((failures) =>
      backoffDelay({ ...backoff, jitter: 'none' }, failures, Math.random),
    );
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
  });

  test('stays the same where the backoff is fixed', () => {
    const fixed = { ...backoff, type: 'fixed', jitter: 'none' } as const;
    expect([1, 2, 50].map((failures) => backoffDelay(fixed, failures, Math.random))).toEqual([1_000, 1_000, 1_000]);
    expect(backoffDelay({ ...fixed, maxMs: 300 }, 1, Math.random)).toBe(300);
  });

  test('with full jitter reaches from nothing to the whole delay', () => {
    expect(backoffDelay(backoff, 3, () => 0)).toBe(0);
    expect(backoffDelay(backoff, 3, () => 0.5)).toBe(2_000);
    expect(backoffDelay(backoff, 3, almostOne)).toBe(4_000);
  });

  test('is a whole number within its bounds for any policy and any draw', () => {
    const policies = fc.record({
      type: fc.constantFrom('exponential', 'fixed'),
      initialMs: fc.nat(),
      maxMs: fc.nat(),
      jitter: fc.constantFrom('full', 'none'),
    });
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const property = fc.property(policies, fc.integer({ min: 0, max: 100_000 }), draws, (policy, failures, draw) => {
      const delay = backoffDelay(policy, failures, () => draw);
      const ceiling = policy.type === 'fixed' ? policy.initialMs : policy.initialMs * 2 ** Math.max(0, failures - 1);
      expect(Number.isInteger(delay) && delay >= 0).toBe(true);
      expect(delay).toBeLessThanOrEqual(policy.maxMs);
      if (policy.initialMs > 0) expect(delay).toBeLessThanOrEqual(ceiling);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test('is drawn evenly: the mean is half the delay', () => {
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const draws = Array.from({ length: 20_000 }, () => backoffDelay(backoff, 5, random));
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length / 16_000).toBeCloseTo(0.5, 2);
  });
});
