import type { RunPolicy } from './policy.ts';
import type { DurationMs } from './time/units.ts';

/** Doubling stops counting here, so that the power stays an exact number; every cap is reached long before. */
const MOST_DOUBLINGS = 50;

/**
 * Delay in whole ms before the next attempt of a run that has failed `failures` times (1 after the first failure).
 *
 * The ceiling is `min(max, initial × 2^(failures − 1))`, or `min(max, initial)` where the backoff is fixed. Full jitter
 * draws uniformly from [0, ceiling]: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, found that it
 * finishes a herd of retries with the least work. `random` gives numbers in [0, 1).
 */
export function backoffDelay(policy: RunPolicy['backoff'], failures: number, random: () => number): DurationMs {
  const doublings = policy.type === 'fixed' ? 0 : Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS);
  const ceilingMs = Math.min(policy.maxMs, policy.initialMs * 2 ** doublings);
  return policy.jitter === 'none' ? ceilingMs : Math.min(ceilingMs, Math.floor(random() * (ceilingMs + 1)));
}
