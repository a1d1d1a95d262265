import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { boundedTiming } from './bounds.ts';
import { daysInMonth } from './civil.ts';
import type { DstRule } from './dst.ts';
import { readInstant, readIso } from './instant.ts';
import { intervalTiming } from './interval.ts';
import { TIME_END } from './timing_kind.ts';
import type { Timing } from './timing_kind.ts';
import type { DurationMs, EpochMs } from './units.ts';
import { instantsOf } from './wall.ts';
import { offsetAt } from './zone.ts';
import type { Zone } from './zone.ts';

/** A repeating interval that was read: `count` fire times, the k-th of them k periods after the start. */
export type Repeat = {
  /** Infinity for `R/`. */
  count: number;
  start: EpochMs;
  /** What the wall clock of the zone shows at the start, in local ms. */
  startLocalMs: number;
  /** Whether the start was written with its offset, so that it is that very instant. */
  startIs: 'instant' | 'local';
  months: number;
  days: number;
  /** The part of the period below a day. */
  timeMs: DurationMs;
};

const SHAPE = /^R(\d{0,9})\/([^/]*)\/([^/]*)$/i;
const PERIOD =
  /^P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:[.,]\d{1,3})?)S)?)?$/i;
const DAY_MS = 86_400_000;
/** Mean length of a month of the Gregorian calendar. */
const MONTH_MS = (146_097 / 4_800) * DAY_MS;
const SHORTEST_MS = 1_000;
/** How far a count of mean months and elapsed days can be off: lengths of months, leap years, changes of the offset. */
const ESTIMATE_ERROR_MS = 8 * DAY_MS;
const EXAMPLE = 'such as "R10/2026-01-01T00:00:00Z/PT1H", or "R/…" for ever';

/**
 * Reads an ISO 8601 repeating interval `R<n>/<start>/<period>` in the way of Chronos: `R10` fires ten times, the first
 * time at the start; `R` for ever. A start without an offset is local to the zone. Throws BAD_SCHEDULE naming `field`.
 */
export function readRepeat(text: unknown, zone: Zone, field: string): Repeat {
  const match = typeof text === 'string' ? SHAPE.exec(text.trim()) : null;
  if (match === null) throw refuse(field, `is ${quote(text)}, not a count, a start and a period`, EXAMPLE);
  const [, countText = '', startText = '', periodText = ''] = match;
  const count = countText === '' ? Infinity : Number(countText);
  if (count === 0) throw refuse(field, 'is repeated 0 times, so it never fires', '"R1/…" for once, "R/…" for ever');
  if (startText === '') {
    throw refuse(field, 'has no start', `the first fire time between the slashes, ${EXAMPLE}`);
  }
  if (/^P/i.test(startText)) throw refuse(field, 'has its period first', `the start, then the period, ${EXAMPLE}`);
  if (readIso(periodText) !== undefined) {
    throw refuse(field, 'ends with an instant', `the period from one fire time to the next at the end, ${EXAMPLE}`);
  }
  const start = readInstant(startText, zone, field);
  const startIs = readIso(startText)?.offsetMs === undefined ? 'local' : 'instant';
  const localMs = startIs === 'local' ? (readIso(startText)?.localMs ?? 0) : start + offsetAt(zone, start);
  return { count, start, startLocalMs: localMs, startIs, ...readPeriod(periodText, field) };
}

function readPeriod(text: string, field: string): Pick<Repeat, 'months' | 'days' | 'timeMs'> {
  const match = PERIOD.exec(text);
  const part = (index: number): number => Number((match?.[index] ?? '0').replace(',', '.'));
  const months = part(1) * 12 + part(2);
  const days = part(3) * 7 + part(4);
  const timeMs = Math.round(part(5) * 3_600_000 + part(6) * 60_000 + part(7) * 1_000);
  if (match === null) {
    throw refuse(field, `has the period ${quote(text)}`, 'years to seconds, such as "PT1H", "P1D" or "P1M"');
  }
  if (months === 0 && days === 0 && timeMs < SHORTEST_MS) {
    throw refuse(field, `has a period of ${timeMs} ms`, 'a period of at least one second, such as "PT1S"');
  }
  return { months, days, timeMs };
}

function refuse(field: string, problem: string, hint: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `${field} ${problem}`, { field, hint });
}

/**
 * Whether the zone decides over the fire times: for a period of whole days or more, which is counted on the wall clock.
 */
export function countsOnWallClock({ months, days }: Pick<Repeat, 'months' | 'days'>): boolean {
  return months > 0 || days > 0;
}

/**
 * Fires at the start and after each period. Years, months, weeks and days are counted on the wall clock of the zone from
 * the start, so that the 31st is the 28th in February and the 31st again in March; hours and less are elapsed time on top.
 * `dst` says what a local time stands for that the clock skips or shows twice; one that is skipped still counts.
 */
export function repeatTiming(repeat: Repeat, zone: Zone, dst: DstRule): Timing {
  if (!countsOnWallClock(repeat)) return elapsedTiming(repeat);
  const { start, months, days, timeMs } = repeat;
  const meanMs = months * MONTH_MS + days * DAY_MS + timeMs;
  const lastIndex = Math.min(repeat.count - 1, Math.ceil((TIME_END - start + ESTIMATE_ERROR_MS) / meanMs));
  const firesAt = (index: number): readonly EpochMs[] => instantsAt(repeat, index, { zone, dst });
  return {
    kind: 'repeat',
    usesSeed: false,
    next(after) {
      if (!(after < TIME_END)) return undefined;
      const first = Math.max(Math.floor((after - ESTIMATE_ERROR_MS - start) / meanMs) - 1, 0);
      for (let index = first; index <= lastIndex; index++) {
        const at = firesAt(index).find((instant) => instant > after);
        if (at !== undefined) return at < TIME_END ? at : undefined;
      }
      return undefined;
    },
    previous(before) {
      if (!(before > start)) return undefined;
      const last = Math.min(Math.ceil((before + ESTIMATE_ERROR_MS - start) / meanMs) + 1, lastIndex);
      for (let index = last; index >= 0; index--) {
        const at = firesAt(index).findLast((instant) => instant < before && instant < TIME_END);
        if (at !== undefined) return at;
      }
      return undefined;
    },
  };
}

/** Hours and less are elapsed time alone: the fire times are an interval's, from the start to the last of the count. */
function elapsedTiming({ start, timeMs, count }: Repeat): Timing {
  const end = Math.min(start + count * timeMs, TIME_END);
  return { ...boundedTiming(intervalTiming(timeMs, start), start, end), kind: 'repeat' };
}

function instantsAt(repeat: Repeat, index: number, place: { zone: Zone; dst: DstRule }): readonly EpochMs[] {
  const { start, startIs, startLocalMs, months, days, timeMs } = repeat;
  if (index === 0 && startIs === 'instant') return [start];
  const local = addMonths(startLocalMs, index * months) + index * days * DAY_MS;
  const rest = (((local % 1_000) + 1_000) % 1_000) + index * timeMs;
  return instantsOf(place.zone, Math.floor(local / 1_000), place.dst).map((second) => second * 1_000 + rest);
}

/** The same day of the month so many months later, or the last day of that month where it is shorter. */
function addMonths(localMs: number, months: number): number {
  if (months === 0) return localMs;
  const date = new Date(localMs);
  const monthIndex = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(monthIndex / 12);
  const month = monthIndex - year * 12;
  const day = Math.min(date.getUTCDate(), daysInMonth(year, month + 1));
  return Date.UTC(year, month, day) + (localMs - Math.floor(localMs / DAY_MS) * DAY_MS);
}
