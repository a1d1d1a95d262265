import { expect } from 'vitest';
import { BelfryError } from '../../../src/core/errors.ts';

/** The coded error that a call throws; fails the test when it throws nothing or anything else. */
export function refused(call: () => unknown): BelfryError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(BelfryError);
    return error as BelfryError;
  }
  return expect.unreachable('it was not refused');
}
