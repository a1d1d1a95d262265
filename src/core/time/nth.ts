import { skip } from './counter.ts';
import type { Counter } from './counter.ts';
import type { Timing } from './timing_kind.ts';
import type { EpochMs } from './units.ts';

/**
 * Every nth fire time of `timing`: the first at or after `start`, the nth after that, and so on, told by counting the
 * fire times from the start to the instant that is asked for.
 */
export function nthTiming(
  timing: Timing,
  { nth, start, count }: { nth: number; start: EpochMs; count: Counter },
): Timing {
  /** How many of the first so many fire times are an nth. */
  const nthsOf = (counted: number): number => Math.ceil(counted / nth);
  return {
    kind: timing.kind,
    usesSeed: timing.usesSeed,
    next(after) {
      if (Number.isNaN(after)) return undefined;
      const from = Math.max(after, start - 1);
      const before = count(from);
      // Numbered from 0, the fire times that count are the multiples of nth; `before` is the number of the next one.
      return Number.isFinite(before) ? skip(timing, from, Math.ceil(before / nth) * nth - before + 1) : undefined;
    },
    previous(before) {
      const counted = Number.isNaN(before) ? 0 : count(Math.ceil(before) - 1);
      if (counted === 0 || !Number.isFinite(counted)) return undefined;
      let at = timing.previous(before);
      for (let number = counted - 1; number % nth !== 0 && at !== undefined; number--) at = timing.previous(at);
      return at;
    },
    ...(timing.count && { count: (after, upTo) => Math.max(nthsOf(count(upTo)) - nthsOf(count(after)), 0) }),
  };
}
