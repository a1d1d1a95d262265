import type { Timing } from './timing_kind.ts';
import type { EpochMs } from './units.ts';

/** Fires at each of the instants, once. They are in order, without repeats. */
export function instantsTiming(instants: readonly EpochMs[]): Timing {
  return {
    kind: 'instants',
    usesSeed: false,
    // A comparison that NaN fails, so that what is no instant has no neighbours.
    next: (after) => (after < Infinity ? instants[countUpTo(instants, after)] : undefined),
    previous: (before) => (before > -Infinity ? instants[countBelow(instants, before) - 1] : undefined),
    count: (after, upTo) => Math.max(countUpTo(instants, upTo) - countUpTo(instants, after), 0),
  };
}

/** How many of the sorted instants are at or before `at`. */
export function countUpTo(instants: readonly EpochMs[], at: EpochMs): number {
  return countWhile(instants, (instant) => instant <= at);
}

/** How many of the sorted instants are before `at`. */
export function countBelow(instants: readonly EpochMs[], at: EpochMs): number {
  return countWhile(instants, (instant) => instant < at);
}

/** Binary search; `holds` is true for a leading part of the list. */
function countWhile(instants: readonly EpochMs[], holds: (instant: EpochMs) => boolean): number {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(instants[middle] as EpochMs)) low = middle + 1;
    else high = middle;
  }
  return low;
}
