import { atOrAbove32, atOrAbove64, atOrBelow32, atOrBelow64, has32, has64, highest32, lowest32 } from './bit_set.ts';
import {
  SECONDS_PER_DAY,
  dateOfDay,
  dayOfMonthOf,
  daysInMonth,
  firstDayOf,
  monthOf,
  weekdayOf,
  yearOf,
} from './civil.ts';
import { monthShape } from './cron_fields.ts';
import type { CronFields } from './cron_fields.ts';
import { FIRST_YEAR, LAST_YEAR, hasYear, yearAtOrAfter, yearAtOrBefore } from './year_set.ts';

/**
 * The search for a match on the wall clock, without any zone. A wall-clock time is "local seconds": the seconds since
 * 1970-01-01T00:00:00 that a clock without offset changes would have counted.
 */

/** Years outside these bounds are not searched, so that each search ends; they enclose all that a zone can show. */
const EARLIEST_YEAR = FIRST_YEAR - 1;
const LATEST_YEAR = LAST_YEAR + 1;

/** The first match at or after `from`, in local seconds; Infinity when there is none before the year 2200. */
export function nextLocal(fields: CronFields, from: number): number {
  const today = Math.floor(from / SECONDS_PER_DAY);
  const date = dateOfDay(today);
  const year = yearOf(date);
  const month = monthOf(date);
  const dayOfMonth = dayOfMonthOf(date);
  const firstDay = today - dayOfMonth + 1;
  const days = hasYear(fields.years, year) ? daysOf(fields, { year, month, firstDay }) : 0;
  if (has32(days, dayOfMonth)) {
    const time = timeAtOrAfter(fields, from - today * SECONDS_PER_DAY);
    if (time >= 0) return today * SECONDS_PER_DAY + time;
  }
  const laterDays = days & (-2 << dayOfMonth);
  const day = laterDays === 0 ? firstDayAfterMonth(fields, year, month) : firstDay + lowest32(laterDays) - 1;
  return day * SECONDS_PER_DAY + timeAtOrAfter(fields, 0);
}

/** The last match at or before `from`, in local seconds; -Infinity when there is none since 1970. */
export function previousLocal(fields: CronFields, from: number): number {
  const today = Math.floor(from / SECONDS_PER_DAY);
  const date = dateOfDay(today);
  const year = yearOf(date);
  const month = monthOf(date);
  const dayOfMonth = dayOfMonthOf(date);
  const firstDay = today - dayOfMonth + 1;
  const days = hasYear(fields.years, year) ? daysOf(fields, { year, month, firstDay }) : 0;
  if (has32(days, dayOfMonth)) {
    const time = timeAtOrBefore(fields, from - today * SECONDS_PER_DAY);
    if (time >= 0) return today * SECONDS_PER_DAY + time;
  }
  const earlierDays = days & ((1 << dayOfMonth) - 1);
  const day = earlierDays === 0 ? lastDayBeforeMonth(fields, year, month) : firstDay + highest32(earlierDays) - 1;
  return day * SECONDS_PER_DAY + timeAtOrBefore(fields, SECONDS_PER_DAY - 1);
}

/** The first matching day in a later month; Infinity for none. Looks only at the months and years that are asked for. */
function firstDayAfterMonth(fields: CronFields, fromYear: number, fromMonth: number): number {
  let year = yearAtOrAfter(fields.years, fromYear);
  let month = year === fromYear ? fromMonth : 0;
  while (year <= LATEST_YEAR) {
    month = atOrAbove32(fields.months, month + 1);
    if (month < 0) {
      year = yearAtOrAfter(fields.years, year + 1);
      month = 0;
      continue;
    }
    const firstDay = firstDayOf(year, month);
    const days = daysOf(fields, { year, month, firstDay });
    if (days !== 0) return firstDay + lowest32(days) - 1;
  }
  return Infinity;
}

/** The last matching day in an earlier month; -Infinity for none. */
function lastDayBeforeMonth(fields: CronFields, fromYear: number, fromMonth: number): number {
  let year = yearAtOrBefore(fields.years, fromYear);
  let month = year === fromYear ? fromMonth : 13;
  while (year >= EARLIEST_YEAR) {
    month = atOrBelow32(fields.months, month - 1);
    if (month < 0) {
      year = yearAtOrBefore(fields.years, year - 1);
      month = 13;
      continue;
    }
    const firstDay = firstDayOf(year, month);
    const days = daysOf(fields, { year, month, firstDay });
    if (days !== 0) return firstDay + highest32(days) - 1;
  }
  return -Infinity;
}

type Month = { year: number; month: number; firstDay: number };

function daysOf(fields: CronFields, { year, month, firstDay }: Month): number {
  if (!has32(fields.months, month)) return 0;
  return fields.days[monthShape(weekdayOf(firstDay), daysInMonth(year, month))] ?? 0;
}

/** The first matching second of the day at or after `time`; -1 when the day has no more. */
function timeAtOrAfter(fields: CronFields, time: number): number {
  const hour = (time / 3_600) | 0;
  const minute = ((time / 60) | 0) % 60;
  if (has32(fields.hours, hour)) {
    if (has64(fields.minutes, minute)) {
      const second = atOrAbove64(fields.seconds, time % 60);
      if (second >= 0) return hour * 3_600 + minute * 60 + second;
    }
    const laterMinute = atOrAbove64(fields.minutes, minute + 1);
    if (laterMinute >= 0) return hour * 3_600 + laterMinute * 60 + atOrAbove64(fields.seconds, 0);
  }
  const laterHour = atOrAbove32(fields.hours, hour + 1);
  if (laterHour < 0) return -1;
  return laterHour * 3_600 + atOrAbove64(fields.minutes, 0) * 60 + atOrAbove64(fields.seconds, 0);
}

/** The last matching second of the day at or before `time`; -1 when the day has none so early. */
function timeAtOrBefore(fields: CronFields, time: number): number {
  const hour = (time / 3_600) | 0;
  const minute = ((time / 60) | 0) % 60;
  if (has32(fields.hours, hour)) {
    if (has64(fields.minutes, minute)) {
      const second = atOrBelow64(fields.seconds, time % 60);
      if (second >= 0) return hour * 3_600 + minute * 60 + second;
    }
    const earlierMinute = atOrBelow64(fields.minutes, minute - 1);
    if (earlierMinute >= 0) return hour * 3_600 + earlierMinute * 60 + atOrBelow64(fields.seconds, 59);
  }
  const earlierHour = atOrBelow32(fields.hours, hour - 1);
  if (earlierHour < 0) return -1;
  return earlierHour * 3_600 + atOrBelow64(fields.minutes, 59) * 60 + atOrBelow64(fields.seconds, 59);
}
