import type { Timing } from './timing_kind.ts';
import { TIME_END } from './timing_kind.ts';
import type { DurationMs, EpochMs } from './units.ts';

/** Fires at `anchor + k × everyMs` for each whole k, also for those before the anchor. */
export function intervalTiming(everyMs: DurationMs, anchor: EpochMs = 0): Timing {
  const phase = ((anchor % everyMs) + everyMs) % everyMs;
  const within = (at: EpochMs): EpochMs | undefined => (at >= 0 && at < TIME_END ? at : undefined);
  const last = Math.floor((TIME_END - 1 - phase) / everyMs) * everyMs + phase;
  /** The number of the last fire time up to an instant; they are numbered from 0. */
  const numberAt = (at: EpochMs): number => Math.max(Math.floor((Math.min(at, last) - phase) / everyMs), -1);
  return {
    kind: 'interval',
    usesSeed: false,
    next: (after) => within(Math.max((Math.floor((after - phase) / everyMs) + 1) * everyMs + phase, phase)),
    previous: (before) => within(Math.min((Math.ceil((before - phase) / everyMs) - 1) * everyMs + phase, last)),
    count: (after, upTo) => Math.max(numberAt(upTo) - numberAt(after), 0),
  };
}
