import { BelfryError } from '../errors.ts';
import type { ExceptSpec } from '../job.ts';
import { assertKnownKeys } from '../known_keys.ts';
import { quote } from '../quote.ts';
import type { CalendarRule } from '../schedule.ts';
import { SECONDS_PER_DAY, dateOfDay, dayOfMonthOf, daysInMonth, monthOf } from './civil.ts';
import { parseCron } from './cron.ts';
import type { CronFields } from './cron_fields.ts';
import { nextLocal } from './local_search.ts';
import type { EpochMs } from './units.ts';
import { offsetAt } from './zone.ts';
import type { Zone } from './zone.ts';

/** Days and instants to leave out, as a schedule's `except` or a named calendar writes them. */
export type CalendarSpec = Exclude<ExceptSpec, string>;

const KEYS = ['dates', 'yearly', 'weekdays', 'cron'] as const satisfies readonly (keyof CalendarSpec)[];
/** Thirty holidays a year for 200 years. */
const MOST_DAYS = 6_000;
const DAY_MS = SECONDS_PER_DAY * 1_000;

/**
 * Checks a calendar and turns it into what is stored: days in order and each once, cron texts with single spaces.
 * Throws BAD_SCHEDULE or BAD_CRON naming the key under `field`.
 */
export function compileCalendar(spec: CalendarSpec, field = 'calendar'): CalendarRule {
  assertKnownKeys(spec, KEYS, { code: 'BAD_SCHEDULE', field });
  const dates = readDays(spec.dates, `${field}.dates`, readDate);
  const yearly = readDays(spec.yearly, `${field}.yearly`, readYearly);
  const rule: CalendarRule = {
    ...(dates.length > 0 && { d: dates }),
    ...(yearly.length > 0 && { y: yearly }),
    ...(spec.weekdays !== undefined && { w: readWeekdays(spec.weekdays, `${field}.weekdays`) }),
    ...(spec.cron !== undefined && { c: readInstantsText(spec.cron, `${field}.cron`) }),
  };
  if (Object.keys(rule).length > 0) return rule;
  throw new BelfryError('BAD_SCHEDULE', `${field} leaves nothing out`, {
    field,
    hint: `at least one of ${KEYS.join(', ')}`,
  });
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.\-/]{0,99}$/;

/** Checks the name of a calendar and answers it. Throws BAD_SCHEDULE naming `field`. */
export function readCalendarName(name: unknown, field = 'calendar'): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw badDay(name, field, 'the name of a calendar: 1 to 100 of A–Z a–z 0–9 _ . - /, or an object with dates');
}

function readDays(days: unknown, field: string, read: (day: unknown, field: string) => string): string[] {
  if (days === undefined) return [];
  if (!Array.isArray(days)) {
    throw new BelfryError('BAD_SCHEDULE', `${field} is ${quote(days)}, not a list`, { field, hint: 'a list of days' });
  }
  if (days.length > MOST_DAYS) {
    const hint = `at most ${MOST_DAYS}; days that return each year go into yearly or weekdays`;
    throw new BelfryError('BAD_SCHEDULE', `${field} has ${days.length} days`, { field, hint });
  }
  return [...new Set(days.map((day, index) => read(day, `${field}[${index}]`)))].toSorted();
}

function readDate(day: unknown, field: string): string {
  const [, year = 0, month = 0, date = 0] = match(/^(\d{4})-(\d{2})-(\d{2})$/, day);
  if (month >= 1 && month <= 12 && date >= 1 && date <= daysInMonth(year, month)) return String(day);
  throw badDay(day, field, 'a day that exists, such as "2026-12-25"');
}

function readYearly(day: unknown, field: string): string {
  const [, month = 0, date = 0] = match(/^(\d{2})-(\d{2})$/, day);
  if (month >= 1 && month <= 12 && date >= 1 && date <= daysInMonth(2000, month)) return String(day);
  throw badDay(day, field, 'a month and a day that exist, such as "12-25"');
}

const match = (shape: RegExp, text: unknown): number[] =>
  ((typeof text === 'string' ? shape.exec(text) : null) ?? []).map(Number);

function badDay(day: unknown, field: string, hint: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `${field} is ${quote(day)}`, { field, hint });
}

function readWeekdays(text: unknown, field: string): string {
  const canonical = typeof text === 'string' ? text.trim().toUpperCase() : text;
  if (typeof canonical !== 'string' || canonical === '' || /[\s*?]/.test(canonical)) {
    const hint = 'weekdays as cron\'s last field writes them, such as "SAT,SUN"';
    throw new BelfryError('BAD_SCHEDULE', `${field} is ${quote(text)}`, { field, hint });
  }
  parseWithoutSeed(weekdaysCron(canonical), field);
  return canonical;
}

function readInstantsText(text: unknown, field: string): string {
  parseWithoutSeed(text as string, field);
  return (text as string).trim().replaceAll(/\s+/g, ' ');
}

/** A calendar has no id that could seed an `H`: it would mean the same instants in each schedule, which is no spread. */
function parseWithoutSeed(text: string, field: string): CronFields {
  const fields = parseCron(text, { seed: '', field });
  if (!fields.usesSeed) return fields;
  throw new BelfryError('BAD_SCHEDULE', `${field} has an H, and a calendar spreads nothing`, {
    field,
    hint: 'write the value itself',
  });
}

const weekdaysCron = (weekdays: string): string => `* * * * ${weekdays}`;

/** A calendar that was made ready to ask. */
export type CompiledCalendar = {
  /** Days since 1970. */
  dates: ReadonlySet<number>;
  /** Month × 32 + day. */
  yearly: ReadonlySet<number>;
  weekdays: CronFields | undefined;
  instants: CronFields | undefined;
};

const opened = new WeakMap<CalendarRule, CompiledCalendar>();

/** Compiles a calendar, once for each rule object. Throws BAD_CRON for a damaged one. */
export function openCalendar(rule: CalendarRule): CompiledCalendar {
  const known = opened.get(rule);
  if (known !== undefined) return known;
  const calendar: CompiledCalendar = {
    dates: new Set((rule.d ?? []).map((date) => Date.parse(`${date}T00:00:00Z`) / DAY_MS)),
    yearly: new Set((rule.y ?? []).map((day) => Number(day.slice(0, 2)) * 32 + Number(day.slice(3)))),
    weekdays: rule.w === undefined ? undefined : parseCron(weekdaysCron(rule.w), { seed: '', field: 'weekdays' }),
    instants: rule.c === undefined ? undefined : parseCron(rule.c, { seed: '', field: 'cron' }),
  };
  opened.set(rule, calendar);
  return calendar;
}

/** Whether a calendar leaves out the whole day of a local second, that second alone, or nothing. */
export function exclusionAt(calendar: CompiledCalendar, localSecond: number): 'day' | 'instant' | undefined {
  const day = Math.floor(localSecond / SECONDS_PER_DAY);
  if (calendar.dates.has(day)) return 'day';
  if (calendar.yearly.size > 0) {
    const date = dateOfDay(day);
    if (calendar.yearly.has(monthOf(date) * 32 + dayOfMonthOf(date))) return 'day';
  }
  const midnight = day * SECONDS_PER_DAY;
  if (calendar.weekdays !== undefined && nextLocal(calendar.weekdays, midnight) === midnight) return 'day';
  if (calendar.instants !== undefined && nextLocal(calendar.instants, localSecond) === localSecond) return 'instant';
  return undefined;
}

/**
 * Whether a calendar leaves out an instant: its days are those of the zone, its cron text is what the wall clock shows
 * there, on both passes where the clock goes back. Throws BAD_CRON for a damaged calendar.
 */
export function isExcluded(calendar: CalendarRule, at: EpochMs, zone: Zone): boolean {
  const localSecond = Math.floor((at + offsetAt(zone, at)) / 1_000);
  return exclusionAt(openCalendar(calendar), localSecond) !== undefined;
}
