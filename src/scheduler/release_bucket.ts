import type { DurationMs, EpochMs } from '../core/time/units.ts';

/** How many missed fire times the leader of a shard may release now. */
export type ReleaseBucket = {
  /** Whole tokens at this instant. */
  available(now: EpochMs): number;
  take(tokens: number): void;
  /** Until there is a token again, after the last `available`. */
  waitMs(): DurationMs;
};

/**
 * A token bucket that lets at most `perSecond` pass in any second: it holds a tenth of them and fills by what is left, as
 * the rates of jobs do (see gcraOf). It is empty at first, so a leader that falls and rises again releases no burst.
 */
export function createReleaseBucket(perSecond: number): ReleaseBucket {
  const capacity = Math.max(1, Math.floor(perSecond / 10));
  const tokenMs = 1_000 / (perSecond - capacity + 1);
  let tokens = 0;
  let filledAt: EpochMs | undefined;
  return {
    available(now) {
      const passedMs = Math.max(0, now - (filledAt ?? now));
      tokens = Math.min(capacity, tokens + passedMs / tokenMs);
      filledAt = now;
      return Math.floor(tokens);
    },
    take(taken) {
      tokens -= taken;
    },
    waitMs: () => Math.max(0, (1 - tokens) * tokenMs),
  };
}
