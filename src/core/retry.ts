import type { RunPolicy } from './policy.ts';
import type { DurationMs } from './time/units.ts';

/** Doubling stops counting here, so that the power stays an exact number; every cap is reached long before. */
const MOST_DOUBLINGS = 50;

/**
 * Delay in whole ms before the next attempt of a run that has failed `failures` times (1 after the first failure).
 *
 * The ceiling is the least of `max` and what the type says: `initial` where it is fixed, `initial × failures` where it is
 * linear, `initial × 2^(failures − 1)` where it is exponential, the delay of that place in the list where it is custom.
 * Full jitter draws uniformly from [0, ceiling], equal jitter from [ceiling / 2, ceiling]: "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015, found that full jitter finishes a herd of retries with the least work. `random`
 * gives numbers in [0, 1).
 */
export function backoffDelay(policy: RunPolicy['backoff'], failures: number, random: () => number): DurationMs {
  const ceilingMs = Math.min(policy.maxMs, delayOf(policy, Math.max(failures, 1)));
  switch (policy.jitter) {
    case 'none':
      return ceilingMs;
    case 'equal': {
      const halfMs = Math.ceil(ceilingMs / 2);
      return halfMs + drawUpTo(ceilingMs - halfMs, random);
    }
    default:
      return drawUpTo(ceilingMs, random);
  }
}

function delayOf({ type, initialMs, delaysMs = [] }: RunPolicy['backoff'], failures: number): DurationMs {
  switch (type) {
    case 'fixed':
      return initialMs;
    case 'linear':
      return initialMs * failures;
    case 'custom':
      return delaysMs[Math.min(failures, delaysMs.length) - 1] ?? initialMs;
    default:
      return initialMs * 2 ** Math.min(failures - 1, MOST_DOUBLINGS);
  }
}

function drawUpTo(ms: DurationMs, random: () => number): DurationMs {
  return Math.min(ms, Math.floor(random() * (ms + 1)));
}
