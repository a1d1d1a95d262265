import type { DstRule } from './dst.ts';
import { TIME_END } from './timing_kind.ts';
import type { Timing } from './timing_kind.ts';
import type { DurationMs, EpochMs } from './units.ts';
import { showingsOf } from './wall.ts';
import { SECONDS_PER_DAY } from './civil.ts';
import { offsetAt } from './zone.ts';
import type { Zone } from './zone.ts';

/** A window may begin or end on a neighbouring day where a change of the clock moves it by up to a day. */
const NEIGHBOURS = 2;
/** More days in a row than any change of the clock can leave without a window. */
const MOST_DAYS = 8;
const MOST_KEPT = 64;
const DAY_MS = SECONDS_PER_DAY * 1_000;

export type DailyWindow = {
  everyMs: DurationMs;
  /** First and last second of the local day, 0 to 86,399. */
  between: readonly [number, number];
  zone: Zone;
  dst: DstRule;
};

/** First and last instant of a day's window, epoch ms; first > last where the day has none. */
type Span = readonly [EpochMs, EpochMs];

/**
 * Fires at the beginning of the window of each local day and every interval after it, in elapsed time, up to the end of
 * the window; both ends can fire.
 * Source: Quartz' DailyTimeIntervalTrigger. Where an end falls into a change of the clock the policy says which instant
 * stands for it: a gap moves it to the change (or by the length of the gap), an overlap chooses a pass; `both` is the
 * widest window, and `skip` leaves out the instant of the change itself at the end.
 */
export function dailyWindowTiming(window: DailyWindow): Timing {
  const spans = new Map<number, Span>();
  const spanOfDay = (day: number): Span => {
    const known = spans.get(day);
    if (known !== undefined) return known;
    if (spans.size >= MOST_KEPT) spans.clear();
    const span = findSpan(window, day);
    spans.set(day, span);
    return span;
  };
  const dayOf = (at: EpochMs): number =>
    Math.floor((Math.min(Math.max(at, 0), TIME_END) + offsetAt(window.zone, at)) / DAY_MS);
  const { everyMs } = window;
  return {
    kind: 'daily-window',
    usesSeed: false,
    next(after) {
      if (!(after < TIME_END)) return undefined;
      const today = dayOf(after);
      let best = Infinity;
      for (let day = today - NEIGHBOURS; day <= today + (best < Infinity ? NEIGHBOURS : MOST_DAYS); day++) {
        const [begin, end] = spanOfDay(day);
        const at = after < begin ? begin : begin + (Math.floor((after - begin) / everyMs) + 1) * everyMs;
        if (at <= end && at >= 0 && at < best) best = at;
      }
      return best < TIME_END ? best : undefined;
    },
    previous(before) {
      if (!(before > 0)) return undefined;
      const today = dayOf(before);
      let best = -Infinity;
      for (let day = today + NEIGHBOURS; day >= today - (best > -Infinity ? NEIGHBOURS : MOST_DAYS); day--) {
        const [begin, end] = spanOfDay(day);
        const upTo = Math.min(before - 1, end, TIME_END - 1);
        const at = upTo < begin ? -Infinity : begin + Math.floor((upTo - begin) / everyMs) * everyMs;
        if (at > best) best = at;
      }
      return best >= 0 ? best : undefined;
    },
  };
}

function findSpan({ between: [from, to], zone, dst }: DailyWindow, day: number): Span {
  const begin = showingsOf(zone, day * SECONDS_PER_DAY + from);
  const end = showingsOf(zone, day * SECONDS_PER_DAY + to);
  if (begin.kind === 'outside' || end.kind === 'outside') return [Infinity, -Infinity];
  const first = begin.kind === 'gap' ? afterGap(begin, dst) : begin.instants.at(dst.overlap === 'last' ? -1 : 0);
  const last = end.kind === 'gap' ? afterGap(end, dst) : end.instants.at(dst.overlap === 'first' ? 0 : -1);
  const isLeftOut = end.kind === 'gap' && dst.gap === 'skip';
  return [(first as number) * 1_000, (last as number) * 1_000 - (isLeftOut ? 1 : 0)];
}

function afterGap({ change, shifted }: { change: number; shifted: number }, { gap }: DstRule): number {
  return gap === 'shift' ? shifted : change;
}
