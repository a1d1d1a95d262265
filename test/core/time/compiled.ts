import fc from 'fast-check';
import { BelfryError } from '../../../src/core/errors.ts';
import type { WhenRule } from '../../../src/core/schedule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import type { Timing } from '../../../src/core/time/timing.ts';

/** Compiles a rule; undefined where it is refused with a coded error. */
export function compileUnlessRefused(rule: WhenRule): Timing | undefined {
  try {
    return compileTiming(rule, 'seed');
  } catch (error) {
    if (error instanceof BelfryError) return undefined;
    throw error;
  }
}

/** Compiles a rule; leaves the property alone where it has a date that never comes. */
export function compileUnlessImpossible(rule: WhenRule): Timing {
  try {
    return compileTiming(rule, 'seed');
  } catch (error) {
    fc.pre(!(error instanceof BelfryError && error.message.includes('no year has a date')));
    throw error;
  }
}
