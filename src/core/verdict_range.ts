import type { Timing } from './time/timing.ts';
import type { EpochMs } from './time/units.ts';
import type { Verdict, VerdictWord } from './verdict.ts';

/**
 * Where a timing cannot tell a count, the fire times of a range are counted one by one up to here; a verdict of such a
 * timing with this count stands for at least as many.
 */
export const MAX_COUNTED = 20_000;

export function verdictOver(word: VerdictWord, at: EpochMs, detail: string | undefined): Verdict {
  return detail === undefined ? { word, from: at, to: at, count: 1 } : { word, from: at, to: at, count: 1, detail };
}

/** One verdict over `from`, whether the timing names it or not, and the fire times after it before `end`; none if from >= end. */
export function verdictsBetween(
  timing: Timing,
  { word, detail }: { word: VerdictWord; detail?: string | undefined },
  from: EpochMs,
  end: EpochMs,
): Verdict[] {
  if (from >= end) return [];
  const { to, count } = countBetween(timing, from, end);
  return [detail === undefined ? { word, from, to, count } : { word, from, to, count, detail }];
}

/** The verdicts over a pause: of `from` and the fire times after it before `end`. A fixed delay has no more than the one. */
export function pausedBetween(timing: Timing, from: EpochMs, end: EpochMs): Verdict[] {
  const isAlone = timing.kind === 'after-completion';
  return verdictsBetween(timing, { word: 'skipped(paused)' }, from, isAlone ? Math.min(from + 1, end) : end);
}

/** How many fire times there are from `from`, which counts in any case, to before `end`, and the last of them. */
export function countBetween(timing: Timing, from: EpochMs, end: EpochMs): { to: EpochMs; count: number } {
  if (timing.count !== undefined) {
    const later = timing.count(from, end - 1);
    return { to: later === 0 ? from : (timing.previous(end) ?? from), count: 1 + later };
  }
  let count = 1;
  let to = from;
  for (let at = timing.next(from); at !== undefined && at < end; at = timing.next(at)) {
    if (count === MAX_COUNTED) return { to: timing.previous(end) ?? to, count };
    to = at;
    count += 1;
  }
  return { to, count };
}
