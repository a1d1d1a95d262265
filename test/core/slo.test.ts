import { expect, test } from 'vitest';
import { BelfryError } from '../../src/core/errors.ts';
import { compileSlo } from '../../src/core/slo.ts';

test('a job that promises nothing has the default lag, and defaults for the rest', () => {
  expect(compileSlo(undefined)).toEqual({ sloLagMs: 60_000, slo: {} });
  expect(compileSlo({})).toEqual({ sloLagMs: 60_000, slo: {} });
});

test('what a job promises is kept in ms and shares', () => {
  expect(compileSlo({ lag: '90s', failures: 5, success: 0.99, duration: '10m' })).toEqual({
    sloLagMs: 90_000,
    slo: { failures: 5, success: 0.99, durationMs: 600_000 },
  });
});

function refusal(act: () => unknown): BelfryError {
  try {
    act();
  } catch (error) {
    if (error instanceof BelfryError) return error;
  }
  throw new Error('it was not refused');
}

test('a percentage is refused with the share that was meant', () => {
  const error = refusal(() => compileSlo({ success: 99.9 }));
  expect(error.message).toBe('slo.success is 99.9');
  expect(error.hint).toBe('a share and not a percentage: 0.999');
});

test('a part that is not known is refused with the one that was meant', () => {
  expect(refusal(() => compileSlo({ sucess: 0.9 } as object)).hint).toBe('did you mean success?');
});
