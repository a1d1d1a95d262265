import { dateOfDay, dayOfMonthOf, daysInMonth, monthOf, weekdayOf, yearOf } from './civil.ts';
import type { PackedDate } from './civil.ts';

/** The part of an RFC 5545 recurrence that says which days it falls on. Days are counted from 1970-01-01. */
export type DayRecurrence = {
  freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  interval: number;
  /** The first day; it says what the parts leave open, too. */
  start: number;
  /** Last day; Infinity for none. */
  until: number;
  count: number;
  /** 0 is Sunday. */
  weekStart: number;
  byMonth: readonly number[];
  /** 1 to 31, or from the end of the month, -1 to -31. */
  byMonthDay: readonly number[];
  byDay: readonly WeekdayPart[];
};

/** A weekday, 0 is Sunday; `nth` of the month or year, from its end where negative, 0 for each of them. */
export type WeekdayPart = { nth: number; weekday: number };

/** The days of a recurrence up to `last`, in order: each day is asked whether it belongs, so that every rule comes to an end. */
export function* daysOfRecurrence(recurrence: DayRecurrence, last: number): Generator<number> {
  const end = Math.min(last, recurrence.until);
  let left = recurrence.count;
  for (let day = recurrence.start; day <= end && left > 0; day++) {
    if (!matches(recurrence, day)) continue;
    yield day;
    left--;
  }
}

/** Source: RFC 5545 §3.3.10, the table of what each part does under each FREQ, for the parts of `DayRecurrence`. */
function matches(recurrence: DayRecurrence, day: number): boolean {
  const { byMonth, byMonthDay, byDay } = recurrence;
  if (!isInPeriod(recurrence, day)) return false;
  const date = dateOfDay(day);
  if (byMonth.length > 0 && !byMonth.includes(monthOf(date))) return false;
  if (byMonthDay.length > 0 && !byMonthDay.some((wanted) => isMonthDay(date, wanted))) return false;
  if (byDay.length > 0) return byDay.some((part) => isWeekday(recurrence, day, part));
  return byMonthDay.length > 0 || isLikeStart(recurrence, day);
}

/** Whether the day lies in a period that counts: every interval-th one from the start's on. */
function isInPeriod({ freq, interval, start, weekStart }: DayRecurrence, day: number): boolean {
  const weekOf = (of: number): number => Math.floor((of - firstWeekday(weekStart)) / 7);
  const monthsOf = (of: number): number => yearOf(dateOfDay(of)) * 12 + monthOf(dateOfDay(of));
  const periods = {
    DAILY: () => day - start,
    WEEKLY: () => weekOf(day) - weekOf(start),
    MONTHLY: () => monthsOf(day) - monthsOf(start),
    YEARLY: () => yearOf(dateOfDay(day)) - yearOf(dateOfDay(start)),
  };
  return periods[freq]() % interval === 0;
}

/** A day that is this weekday: 1970-01-01 was a Thursday. */
const firstWeekday = (weekday: number): number => weekday - 4;

function isMonthDay(date: PackedDate, wanted: number): boolean {
  const length = daysInMonth(yearOf(date), monthOf(date));
  return dayOfMonthOf(date) === (wanted > 0 ? wanted : length + 1 + wanted);
}

function isWeekday({ freq, byMonth }: DayRecurrence, day: number, { nth, weekday }: WeekdayPart): boolean {
  if (weekdayOf(day) !== weekday) return false;
  if (nth === 0 || freq === 'DAILY' || freq === 'WEEKLY') return true;
  const date = dateOfDay(day);
  const isOfYear = freq === 'YEARLY' && byMonth.length === 0;
  const [position, length] = isOfYear
    ? [dayOfYear(day), dayOfYear(Date.UTC(yearOf(date), 11, 31) / DAY_MS)]
    : [dayOfMonthOf(date), daysInMonth(yearOf(date), monthOf(date))];
  return nth > 0 ? Math.ceil(position / 7) === nth : Math.ceil((length - position + 1) / 7) === -nth;
}

const DAY_MS = 86_400_000;

function dayOfYear(day: number): number {
  return day - Date.UTC(yearOf(dateOfDay(day)), 0, 1) / DAY_MS + 1;
}

/** What no part says comes from the start: its weekday in a week, its day in a month, its date in a year. */
function isLikeStart({ freq, start, byMonth }: DayRecurrence, day: number): boolean {
  if (freq === 'DAILY') return true;
  if (freq === 'WEEKLY') return weekdayOf(day) === weekdayOf(start);
  const [date, first] = [dateOfDay(day), dateOfDay(start)];
  if (dayOfMonthOf(date) !== dayOfMonthOf(first)) return false;
  return freq === 'MONTHLY' || byMonth.length > 0 || monthOf(date) === monthOf(first);
}
