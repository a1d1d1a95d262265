import { has32, has64 } from './bit_set.ts';
import type { Bits32, Bits64 } from './bit_set.ts';
import { SECONDS_PER_DAY, dateOfDay, dayOfMonthOf, daysInMonth, monthOf, weekdayOf, yearOf } from './civil.ts';
import { monthShape } from './cron_fields.ts';
import type { CronFields } from './cron_fields.ts';
import { hasYear } from './year_set.ts';

/** How many local seconds in [from, to) a cron text matches, without any zone: month by month, not match by match. */
export function countLocal(fields: CronFields, from: number, to: number): number {
  return from < to ? countBelow(fields, to, from) - timesBelow(fields, from) : 0;
}

/** Matches from midnight of the day of `from` up to `to`. */
function countBelow(fields: CronFields, to: number, from: number): number {
  const firstDay = Math.floor(from / SECONDS_PER_DAY);
  const lastDay = Math.floor(to / SECONDS_PER_DAY);
  return countDays(fields, firstDay, lastDay) * timesPerDay(fields) + timesBelow(fields, to);
}

/** Matching days in [first, end). */
function countDays(fields: CronFields, first: number, end: number): number {
  let count = 0;
  for (let day = first; day < end;) {
    const date = dateOfDay(day);
    const dayOfMonth = dayOfMonthOf(date);
    const length = daysInMonth(yearOf(date), monthOf(date));
    const untilDay = Math.min(length, dayOfMonth + end - day - 1);
    // Bits `dayOfMonth` to `untilDay`.
    const asked = (-1 << dayOfMonth) & (-1 >>> (31 - untilDay));
    count += sizeOf32(daysOf(fields, day) & asked);
    day += untilDay - dayOfMonth + 1;
  }
  return count;
}

/** The days of the month of `day` that match. */
function daysOf(fields: CronFields, day: number): Bits32 {
  const date = dateOfDay(day);
  const month = monthOf(date);
  if (!has32(fields.months, month) || !hasYear(fields.years, yearOf(date))) return 0;
  const firstWeekday = weekdayOf(day - dayOfMonthOf(date) + 1);
  return fields.days[monthShape(firstWeekday, daysInMonth(yearOf(date), month))] ?? 0;
}

/** Matches on the day of a local second that come before it; 0 where the day does not match. */
function timesBelow(fields: CronFields, local: number): number {
  const day = Math.floor(local / SECONDS_PER_DAY);
  if (!has32(daysOf(fields, day), dayOfMonthOf(dateOfDay(day)))) return 0;
  const time = local - day * SECONDS_PER_DAY;
  const [hour, minute, second] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60, time % 60];
  const perMinute = sizeOf64(fields.seconds);
  const inHour = has32(fields.hours, hour)
    ? sizeBelow64(fields.minutes, minute) * perMinute +
      (has64(fields.minutes, minute) ? sizeBelow64(fields.seconds, second) : 0)
    : 0;
  return sizeOf32(fields.hours & ((1 << hour) - 1)) * sizeOf64(fields.minutes) * perMinute + inHour;
}

function timesPerDay({ hours, minutes, seconds }: CronFields): number {
  return sizeOf32(hours) * sizeOf64(minutes) * sizeOf64(seconds);
}

/** How many members a set has. */
function sizeOf32(bits: Bits32): number {
  let size = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) size++;
  return size;
}

const sizeOf64 = ({ low, high }: Bits64): number => sizeOf32(low) + sizeOf32(high);

/** Members below `end`, 0 to 63. */
function sizeBelow64({ low, high }: Bits64, end: number): number {
  if (end < 32) return sizeOf32(low & ((1 << end) - 1));
  return sizeOf32(low) + sizeOf32(high & ((1 << (end - 32)) - 1));
}
