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

  test('grows by the same where the backoff is linear, up to the cap', () => {
    const linear = { ...backoff, type: 'linear', jitter: 'none', initialMs: 2_000, maxMs: 7_000 } as const;
    const delays = [0, 1, 2, 3, 4, 1_000].map((failures) => backoffDelay(linear, failures, Math.random));
    expect(delays).toEqual([2_000, 2_000, 4_000, 6_000, 7_000, 7_000]);
  });

  test('goes through the list of a custom backoff, and stays at its end', () => {
    const custom = { ...backoff, type: 'custom', jitter: 'none', delaysMs: [5, 70, 10] } as const;
    const list = { ...custom, delaysMs: [...custom.delaysMs] };
    expect([0, 1, 2, 3, 4, 99].map((failures) => backoffDelay(list, failures, Math.random))).toEqual([
      5, 5, 70, 10, 10, 10,
    ]);
    expect(backoffDelay({ ...list, maxMs: 50 }, 2, Math.random)).toBe(50);
    expect(backoffDelay({ ...list, jitter: 'full' }, 2, () => 0.5)).toBe(35);
  });

  test('with equal jitter is half of it at the least', () => {
    const equal = { ...backoff, jitter: 'equal' } as const;
    expect([0, 0.5, 1 - 2 ** -53].map((draw) => backoffDelay(equal, 3, () => draw))).toEqual([2_000, 3_000, 4_000]);
    expect(backoffDelay({ ...equal, initialMs: 3 }, 1, () => 0)).toBe(2);
  });

  test('with full jitter reaches from nothing to the whole delay', () => {
    expect(backoffDelay(backoff, 3, () => 0)).toBe(0);
    expect(backoffDelay(backoff, 3, () => 0.5)).toBe(2_000);
    expect(backoffDelay(backoff, 3, almostOne)).toBe(4_000);
  });

  test('is a whole number within its bounds for any policy and any draw', () => {
    const policies = fc.record({
      type: fc.constantFrom('exponential', 'linear', 'fixed', 'custom'),
      delaysMs: fc.array(fc.nat(), { minLength: 1 }),
      initialMs: fc.nat(),
      maxMs: fc.nat(),
      jitter: fc.constantFrom('full', 'equal', 'none'),
    });
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const property = fc.property(policies, fc.integer({ min: 0, max: 100_000 }), draws, (policy, failures, draw) => {
      const delay = backoffDelay(policy, failures, () => draw);
      const nth = Math.max(1, failures);
      const ceiling = {
        fixed: policy.initialMs,
        linear: policy.initialMs * nth,
        exponential: policy.initialMs * 2 ** (nth - 1),
        custom: policy.delaysMs[nth - 1] ?? policy.delaysMs.at(-1) ?? 0,
      }[policy.type];
      expect(Number.isInteger(delay) && delay >= 0).toBe(true);
      expect(delay).toBeLessThanOrEqual(policy.maxMs);
      expect(delay).toBeLessThanOrEqual(Math.max(ceiling, 0) || 0);
      const least = { none: 1, equal: 0.5, full: 0 }[policy.jitter] * Math.min(ceiling || 0, policy.maxMs);
      expect(delay).toBeGreaterThanOrEqual(least);
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
