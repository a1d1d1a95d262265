import type { Timing } from '../time/timing.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';

/** Schedules that fire alike, as a forecast counts them. */
export type ForecastEntry = {
  job: string;
  queue: string;
  timing: Pick<Timing, 'kind' | 'next'>;
  /** How many schedules have it. */
  count: number;
  /**
   * The part of `count` that fires at each fire time of the timing: 1 where it is each schedule's own, less where it is
   * the union of what the schedules draw with `H`.
   */
  share: number;
  jitterMs: DurationMs;
  windowMs: DurationMs;
  /** `one`: at most one run of a schedule lives at a time; `many`: runs may overlap. */
  overlap: 'one' | 'many';
  expectedDurationMs: DurationMs;
  /** The schedule ends after so many runs. */
  mostRuns: number | undefined;
  /** Fire times that make no run: blackouts. */
  isLeftOut: (fireTime: EpochMs) => boolean;
};

/** One fire time of an entry: `weight` runs start, spread evenly over `spreadMs` from `at` on, and each takes a slot for `occupiedMs`. */
export type Fire = { at: EpochMs; weight: number; spreadMs: DurationMs; occupiedMs: DurationMs };

/** Calls `see` for each fire time of an entry in [from, to), in order. Jitter and window end before the next fire time. */
export function visitFires(entry: ForecastEntry, from: EpochMs, to: EpochMs, see: (fire: Fire) => void): void {
  const { timing, expectedDurationMs, share, isLeftOut } = entry;
  const delayMs = entry.jitterMs + entry.windowMs;
  const weight = entry.count * share;
  // A fixed delay counts from the end of the run before, so the run's own duration is part of the period.
  const stepMs = timing.kind === 'after-completion' ? expectedDurationMs : 0;
  const isOwn = share === 1;
  let left = entry.mostRuns ?? Infinity;
  let at = timing.next(from - 1);
  while (at !== undefined && at < to && left > 0) {
    const following = timing.next(at + stepMs);
    // Between neighbours of a union lies no schedule's own period, so nothing is cut there.
    const roomMs = isOwn && following !== undefined ? following - at : Infinity;
    if (!isLeftOut(at)) {
      const occupiedMs = entry.overlap === 'many' ? expectedDurationMs : Math.min(expectedDurationMs, roomMs);
      see({ at, weight, spreadMs: Math.max(0, Math.min(delayMs, roomMs - 1)), occupiedMs });
      left -= 1;
    }
    at = following;
  }
}

/** How long before an instant a fire time may lie whose runs still start or run then. At most a day: a forecast is no history. */
export function reachMs({ jitterMs, windowMs, expectedDurationMs }: ForecastEntry): DurationMs {
  return Math.min(86_400_000, jitterMs + windowMs + expectedDurationMs + 1_000);
}
