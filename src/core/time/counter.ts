import { countLocal } from './count_local.ts';
import { countUpTo } from './instants.ts';
import type { Timing } from './timing_kind.ts';
import { TIME_END } from './timing_kind.ts';
import type { DurationMs, EpochMs } from './units.ts';
import type { ZonedCron } from './walker.ts';
import { LAST_SPAN, segmentIndex, spanOf } from './zone.ts';
import type { ZoneSegment } from './zone.ts';

/** How many fire times lie in [start, upTo], for the start it was made for. */
export type Counter = (upTo: EpochMs) => number;

/** What is known of a count: so many fire times in [start, at]. */
type Mark = { at: EpochMs; count: number };

/** Counts the multiples of an interval. */
export function intervalCounter(timing: Timing, everyMs: DurationMs, start: EpochMs): Counter {
  const first = timing.next(start - 1) ?? Infinity;
  return (upTo) => (upTo < first ? 0 : Math.floor((Math.min(upTo, TIME_END - 1) - first) / everyMs) + 1);
}

/**
 * Counts the fire times of a cron text in closed form, from one change of the zone's clock to the next, and one by one
 * only around the changes. What was counted up to each change is kept.
 */
export function cronCounter(timing: Timing, { fields, zone }: ZonedCron, start: EpochMs): Counter {
  const marks: Mark[] = [{ at: start - 1, count: 0 }];
  /** Fire times in (from, to], with no change of the clock near. */
  const countPlain = (from: EpochMs, to: EpochMs, offset: number): number =>
    countLocal(fields, Math.floor(from / 1_000) + 1 + offset, Math.floor(to / 1_000) + 1 + offset);
  const count = (mark: Mark, to: EpochMs): number => {
    const change = nextChange(zone, mark.at);
    const plainUntil = Math.max(Math.min(to, (change?.calmUntil ?? TIME_END) - 1), mark.at);
    let total = mark.count + countPlain(mark.at, plainUntil, change?.offset ?? 0);
    for (let at = timing.next(plainUntil); at !== undefined && at <= to; at = timing.next(at)) total++;
    return total;
  };
  return (upTo) => {
    const asked = Math.min(upTo, TIME_END - 1);
    for (let last = marks.at(-1) as Mark; last.at < asked; last = marks.at(-1) as Mark) {
      const change = nextChange(zone, last.at);
      if (change === undefined || change.calmFrom > asked) break;
      marks.push({ at: change.calmFrom, count: count(last, change.calmFrom) });
    }
    const mark = marks.findLast(({ at }) => at <= asked);
    return mark === undefined ? 0 : count(mark, asked);
  };
}

/** The next change of the offset after an instant: it disturbs fire times in [calmUntil, calmFrom), epoch ms. */
type Change = { calmUntil: EpochMs; calmFrom: EpochMs; offset: number };

function nextChange(zone: ZonedCron['zone'], after: EpochMs): Change {
  const second = Math.min(Math.max(Math.floor(after / 1_000), 0), TIME_END / 1_000 - 1);
  let segment: ZoneSegment | undefined;
  for (let span = spanOf(second); span <= LAST_SPAN; span++) {
    const segments = zone.segments(span);
    for (let index = segment === undefined ? segmentIndex(segments, second) : 0; index < segments.length; index++) {
      const next = segments[index] as ZoneSegment;
      if (segment !== undefined && next.offset !== segment.offset) {
        const widthS = Math.abs(next.offset - segment.offset);
        const calm = { calmUntil: (next.start - widthS) * 1_000, calmFrom: (next.start + widthS) * 1_000 };
        return { ...calm, offset: segment.offset };
      }
      segment = next;
    }
  }
  return { calmUntil: TIME_END, calmFrom: Infinity, offset: segment?.offset ?? 0 };
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
