import type { Timing } from './timing_kind.ts';
import { TIME_END } from './timing_kind.ts';
import type { EpochMs } from './units.ts';

/** The fire times of `timing` in [start, end). */
export function boundedTiming(timing: Timing, start: EpochMs = 0, end: EpochMs = TIME_END): Timing {
  const within = (at: EpochMs | undefined): EpochMs | undefined =>
    at !== undefined && at >= start && at < end ? at : undefined;
  const { count } = timing;
  return {
    kind: timing.kind,
    usesSeed: timing.usesSeed,
    next: (after) => within(timing.next(after < start ? start - 1 : after)),
    previous: (before) => within(timing.previous(before > end ? end : before)),
    ...(count && { count: (after, upTo) => count(Math.max(after, start - 1), Math.min(upTo, end - 1)) }),
  };
}

/** A fixed delay counts from the end of a run, so its bounds clip the estimate instead of beginning a count. */
export function boundedCompletion(timing: Timing, start: EpochMs = 0, end: EpochMs = TIME_END): Timing {
  return {
    ...timing,
    next(after) {
      const at = timing.next(after);
      if (at === undefined) return undefined;
      const first = Math.max(at, start);
      return first < end ? first : undefined;
    },
    previous(before) {
      const at = timing.previous(Math.min(before, end));
      return at !== undefined && at >= start ? at : undefined;
    },
  };
}
