import { countUpTo } from './instants.ts';
import type { Timing } from './timing_kind.ts';
import { TIME_END } from './timing_kind.ts';
import type { EpochMs } from './units.ts';

/** How many fire times lie in [start, upTo], for the start it was made for. */
export type Counter = (upTo: EpochMs) => number;

/** What is known of a count: so many fire times in [start, at]. */
type Mark = { at: EpochMs; count: number };

/** Counts with a timing's own `count`, from what was asked last, so that a walk never counts from the start again. */
export function closedCounter(count: NonNullable<Timing['count']>, start: EpochMs): Counter {
  let known: Mark = { at: start - 1, count: 0 };
  return (upTo) => {
    const at = Math.min(Math.max(upTo, start - 1), TIME_END - 1);
    const more = at < known.at ? -count(at, known.at) : count(known.at, at);
    known = { at, count: known.count + more };
    return known.count;
  };
}

/** About so many fire times lie between two marks of a walk. */
const STRIDE = 1_024;
/** A walk of more fire times ends the count: it keeps each search short, and is a century of hours. */
const MOST_WALKED = 1_000_000;

/** Counts the fire times of any timing one by one, keeping marks on the way so that each stretch is walked once. */
export function walkedCounter(timing: Timing, start: EpochMs): Counter {
  /** Fire times number 0, STRIDE, 2 × STRIDE … */
  const marks: EpochMs[] = [];
  let near: Mark | undefined;
  let isComplete = false;
  const extendBeyond = (upTo: EpochMs): void => {
    while (!isComplete && (marks.at(-1) ?? -Infinity) <= upTo) {
      const mark = marks.length === 0 ? timing.next(start - 1) : skip(timing, marks.at(-1) as EpochMs, STRIDE);
      if (mark === undefined || marks.length * STRIDE >= MOST_WALKED) isComplete = true;
      else marks.push(mark);
    }
  };
  return (upTo) => {
    extendBeyond(upTo);
    const index = countUpTo(marks, upTo) - 1;
    if (index < 0) return 0;
    let last: Mark = { at: marks[index] as EpochMs, count: index * STRIDE + 1 };
    if (near !== undefined && near.at <= upTo && near.at > last.at) last = near;
    for (let at = timing.next(last.at); at !== undefined && at <= upTo; at = timing.next(at)) {
      if (last.count >= MOST_WALKED) return Infinity;
      last = { at, count: last.count + 1 };
    }
    near = last;
    return last.count;
  };
}

/** The fire time so many after `from`. */
export function skip(timing: Timing, from: EpochMs, firings: number): EpochMs | undefined {
  let at: EpochMs | undefined = from;
  for (let count = 0; count < firings && at !== undefined; count++) at = timing.next(at);
  return at;
}

const DAY_MS = 86_400_000;

/** Whether a timing fires more than so often over the day that begins with its first fire time at or after `start`. */
export function firesMoreOften(timing: Timing, start: EpochMs, perDay: number): boolean {
  const first = timing.next(start - 1);
  let count = 0;
  for (let at = first; at !== undefined && at - (first as EpochMs) < DAY_MS; at = timing.next(at)) {
    count++;
    if (count > perDay) return true;
  }
  return false;
}
