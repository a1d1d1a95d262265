import { atOrAbove32, atOrAbove64, atOrBelow32, atOrBelow64, has32, has64, highest32, lowest32 } from './bit_set.ts';
import { SECONDS_PER_DAY, dateOfDay, dayOfMonthOf, daysInMonth, monthOf, weekdayOf, yearOf } from './civil.ts';
import { monthShape } from './cron_fields.ts';
import type { CronFields } from './cron_fields.ts';

/**
 * The search for a match on the wall clock, without any zone. A wall-clock time is "local seconds": the seconds since
 * 1970-01-01T00:00:00 that a clock without offset changes would have counted.
 */

/** Days outside these bounds are not searched, so that each search ends; they enclose all that a zone can show. */
const FIRST_DAY = -62;
const LAST_DAY = 84_040;

/** The first match at or after `from`, in local seconds; Infinity when there is none before the year 2200. */
export function nextLocal(fields: CronFields, from: number): number {
  const today = Math.floor(from / SECONDS_PER_DAY);
  const date = dateOfDay(today);
  let year = yearOf(date);
  let month = monthOf(date);
  const dayOfMonth = dayOfMonthOf(date);
  let firstDay = today - dayOfMonth + 1;
  let length = daysInMonth(year, month);
  let days = daysOf(fields, { month, firstDay, length });
  if (has32(days, dayOfMonth)) {
    const time = timeAtOrAfter(fields, from - today * SECONDS_PER_DAY);
    if (time >= 0) return today * SECONDS_PER_DAY + time;
  }
  days &= -2 << dayOfMonth;
  while (days === 0) {
    firstDay += length;
    if (firstDay > LAST_DAY) return Infinity;
    month = month === 12 ? 1 : month + 1;
    if (month === 1) year++;
    length = daysInMonth(year, month);
    days = daysOf(fields, { month, firstDay, length });
  }
  return (firstDay + lowest32(days) - 1) * SECONDS_PER_DAY + timeAtOrAfter(fields, 0);
}

/** The last match at or before `from`, in local seconds; -Infinity when there is none since 1970. */
export function previousLocal(fields: CronFields, from: number): number {
  const today = Math.floor(from / SECONDS_PER_DAY);
  const date = dateOfDay(today);
  let year = yearOf(date);
  let month = monthOf(date);
  const dayOfMonth = dayOfMonthOf(date);
  let firstDay = today - dayOfMonth + 1;
  let days = daysOf(fields, { month, firstDay, length: daysInMonth(year, month) });
  if (has32(days, dayOfMonth)) {
    const time = timeAtOrBefore(fields, from - today * SECONDS_PER_DAY);
    if (time >= 0) return today * SECONDS_PER_DAY + time;
  }
  days &= (1 << dayOfMonth) - 1;
  while (days === 0) {
    month = month === 1 ? 12 : month - 1;
    if (month === 12) year--;
    const length = daysInMonth(year, month);
    firstDay -= length;
    if (firstDay < FIRST_DAY) return -Infinity;
    days = daysOf(fields, { month, firstDay, length });
  }
  return (firstDay + highest32(days) - 1) * SECONDS_PER_DAY + timeAtOrBefore(fields, SECONDS_PER_DAY - 1);
}

type Month = { month: number; firstDay: number; length: number };

function daysOf(fields: CronFields, { month, firstDay, length }: Month): number {
  return has32(fields.months, month) ? (fields.days[monthShape(weekdayOf(firstDay), length)] ?? 0) : 0;
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
