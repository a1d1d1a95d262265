import type { Clock } from '../core/time/units.ts';

/** The one home of the process's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
