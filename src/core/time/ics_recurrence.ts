import ICAL from 'ical.js';
import { SECONDS_PER_DAY } from './civil.ts';
import type { DayRecurrence, WeekdayPart } from './day_recurrence.ts';

const DAY_MS = SECONDS_PER_DAY * 1_000;
/** 2199-12-31. */
export const LAST_DAY = Date.UTC(2199, 11, 31) / DAY_MS;

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
const PARTS = ['BYMONTH', 'BYMONTHDAY', 'BYDAY'];

/** The day of a date, counted from 1970-01-01; of a time the day that it shows. */
export function readDay({ year, month, day }: ICAL.Time): number {
  const at = Date.UTC(year, month - 1, day);
  if (new Date(at).getUTCDate() !== day || new Date(at).getUTCMonth() !== month - 1) {
    throw new Error(`${year}-${month}-${day} is no date`);
  }
  return at / DAY_MS;
}

/** `2026-12-25` */
export function writeDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** How an all-day event repeats; undefined where it does not, and a reason where it does in a way that is not read. */
export function readRecurrence(event: ICAL.Component, start: number): DayRecurrence | string | undefined {
  const rules = event.getAllProperties('rrule').map((property) => property.getFirstValue() as unknown);
  const [rule] = rules;
  if (rule === undefined) return undefined;
  if (!(rule instanceof ICAL.Recur) || rules.length > 1 || event.hasProperty('exrule'))
    return 'it repeats by several rules';
  const parts = rule.parts as Readonly<Record<string, (string | number)[] | undefined>>;
  const unread = Object.keys(parts).find((part) => !PARTS.includes(part));
  if (unread !== undefined) return `it repeats with ${unread}, which is not read; write the days themselves`;
  const freq = FREQUENCIES.find((known) => known === rule.freq);
  if (freq === undefined) return 'it repeats within a day';
  const until: ICAL.Time | null = rule.until;
  return {
    freq,
    interval: Math.max(rule.interval, 1),
    start,
    until: until === null ? Infinity : readDay(until),
    count: rule.count ?? Infinity,
    weekStart: rule.wkst - 1,
    byMonth: (parts['BYMONTH'] ?? []).map(Number),
    byMonthDay: (parts['BYMONTHDAY'] ?? []).map(Number),
    byDay: (parts['BYDAY'] ?? []).map(String).map(readWeekday),
  };
}

/** `MO`, `1MO`, `-1FR`; some calendars write `4TH` as well for the fourth Thursday. */
function readWeekday(text: string): WeekdayPart {
  const [, nth = '', weekday = ''] = /^([+-]?\d*)([A-Z]{2})$/i.exec(text) ?? [];
  return { nth: Number(nth || 0), weekday: WEEKDAYS.indexOf(weekday.toUpperCase()) };
}
