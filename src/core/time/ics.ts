import ICAL from 'ical.js';
import { messageOf } from '../errors.ts';
import type { CalendarRule } from '../schedule.ts';
import { compileCalendar } from './calendar.ts';
import { LAST_DAY, readDay, readRecurrence, writeDay } from './ics_recurrence.ts';
import { daysOfRecurrence } from './day_recurrence.ts';
import type { DayRecurrence } from './day_recurrence.ts';
import { badSchedule } from './schedule_error.ts';

/** What an ICS file gave: the days to leave out, and for each event that gave none a line that says why. */
export type IcsCalendar = { calendar: CalendarRule; ignored: string[] };

const FIELD = 'the ICS file';
const LONGEST_TEXT = 5_000_000;
/** Of one event: one a week for nineteen years, or one a year for ever. */
const MOST_OCCURRENCES = 1_000;
const LONGEST_EVENT_DAYS = 366;

/**
 * Reads an ICS file (RFC 5545), such as a calendar of public holidays: the days of its all-day events. One that returns on
 * the same date each year for ever becomes a day of every year, whatever year it began in; other repetitions become dates.
 * Times of day say nothing about whole days, so timed events are ignored, as are cancelled ones and ones that repeat
 * for ever more often than once a year. Throws BAD_SCHEDULE for text that is no ICS, and where no event gives a day.
 */
export function readIcs(text: string): IcsCalendar {
  const ignored: string[] = [];
  const days: Days = { dates: new Set(), yearly: new Set() };
  const events = readEvents(text);
  const replaced = replacedDays(events);
  for (const event of events) {
    const reason = addEvent(event, { days, replaced });
    if (reason !== undefined) ignored.push(`${nameOf(event)}: ${reason}`);
  }
  if (days.dates.size + days.yearly.size === 0) {
    const hint = ignored[0] ?? 'an ICS file with all-day events, such as public holidays';
    throw badSchedule(FIELD, 'has no all-day event', hint);
  }
  return { calendar: compileCalendar({ dates: [...days.dates], yearly: [...days.yearly] }, FIELD), ignored };
}

function readEvents(text: string): ICAL.Component[] {
  const hint = 'an ICS file: it begins with BEGIN:VCALENDAR';
  if (typeof text !== 'string' || text.length > LONGEST_TEXT)
    throw badSchedule(FIELD, 'is no text of at most 5 MB', hint);
  const trimmed = text.replace(BYTE_ORDER_MARK, '').trim();
  if (!/^BEGIN:VCALENDAR\s/i.test(trimmed)) throw badSchedule(FIELD, 'is no calendar', hint);
  try {
    const parsed = ICAL.parse(trimmed) as unknown[];
    // Several calendars in one file come as a list of them.
    const calendars = typeof parsed[0] === 'string' ? [parsed] : (parsed as unknown[][]);
    return calendars.flatMap((calendar) => new ICAL.Component(calendar).getAllSubcomponents('vevent'));
  } catch (error) {
    throw badSchedule(FIELD, `cannot be read: ${messageOf(error)}`, hint);
  }
}

const BYTE_ORDER_MARK = /^\uFEFF/;

function nameOf(event: ICAL.Component): string {
  return `"${String(event.getFirstPropertyValue('summary') ?? 'event without a name')}"${dateOf(event, ' (', ')')}`;
}

/** The date of the start as it was written. */
function dateOf(event: ICAL.Component, before = '', after = ''): string {
  const [, , , written] = (event.getFirstProperty('dtstart')?.toJSON() ?? []) as unknown[];
  return typeof written === 'string' ? `${before}${written.slice(0, 10)}${after}` : '';
}

/** Days that other events take out of the repetition of their id, to stand for them. */
type Replaced = ReadonlyMap<unknown, ReadonlySet<number>>;

function replacedDays(events: readonly ICAL.Component[]): Replaced {
  const replaced = new Map<unknown, Set<number>>();
  for (const event of events.filter((one) => one.hasProperty('recurrence-id'))) {
    const id: unknown = event.getFirstPropertyValue('uid');
    const days = replaced.get(id) ?? new Set();
    for (const day of tryListed(event)) days.add(day);
    replaced.set(id, days);
  }
  return replaced;
}

/** A damaged date takes nothing out. */
function tryListed(exception: ICAL.Component): number[] {
  try {
    return daysListed(exception, 'recurrence-id');
  } catch {
    return [];
  }
}

type Days = { dates: Set<string>; yearly: Set<string> };

/** Adds the days of an event; answers why it adds none. Damaged properties make the parser throw here. */
function addEvent(event: ICAL.Component, to: { days: Days; replaced: Replaced }): string | undefined {
  try {
    const start = event.getFirstPropertyValue('dtstart');
    if (!(start instanceof ICAL.Time)) return 'it has no start';
    if (start.toString().slice(0, 10) !== dateOf(event)) return `there is no ${dateOf(event)}`;
    if (!start.isDate) return 'it has a time of day, and only whole days are left out';
    if (String(event.getFirstPropertyValue('status')).toUpperCase() === 'CANCELLED') return 'it is cancelled';
    const lengthDays = lengthOf(event, readDay(start));
    if (!(lengthDays >= 0 && lengthDays <= LONGEST_EVENT_DAYS)) return `it lasts ${lengthDays} days`;
    return addOccurrences(event, { ...to, start: readDay(start), lengthDays: Math.max(lengthDays, 1) });
  } catch (error) {
    return `it cannot be read: ${messageOf(error)}`;
  }
}

/** Days from the start to the day before the end. */
function lengthOf(event: ICAL.Component, start: number): number {
  const end = event.getFirstPropertyValue('dtend');
  if (end instanceof ICAL.Time) return readDay(end) - start;
  const duration = event.getFirstPropertyValue('duration');
  return duration instanceof ICAL.Duration ? Math.floor(duration.toSeconds() / 86_400) : 1;
}

type Occurrences = { days: Days; replaced: Replaced; start: number; lengthDays: number };

function addOccurrences(event: ICAL.Component, { days, replaced, start, lengthDays }: Occurrences): string | undefined {
  const recurrence = readRecurrence(event, start);
  if (typeof recurrence === 'string') return recurrence;
  const taken = event.hasProperty('rrule') ? replaced.get(event.getFirstPropertyValue('uid')) : undefined;
  const left = new Set([...(taken ?? []), ...daysListed(event, 'exdate')]);
  const added = daysListed(event, 'rdate');
  const spanFrom = (day: number): string[] => Array.from({ length: lengthDays }, (_, index) => writeDay(day + index));
  if (recurrence !== undefined && left.size + added.length === 0 && returnsEachYear(recurrence)) {
    for (const date of spanFrom(start)) days.yearly.add(date.slice(5));
    return undefined;
  }
  const found: number[] = [];
  for (const day of recurrence === undefined ? [start] : daysOfRecurrence(recurrence, LAST_DAY)) {
    if (found.length === MOST_OCCURRENCES)
      return `it repeats more than ${MOST_OCCURRENCES} times; write weekdays or cron for it`;
    found.push(day);
  }
  const kept = [...found, ...added].filter((day) => !left.has(day));
  for (const day of kept) for (const date of spanFrom(day)) days.dates.add(date);
  return kept.length === 0 ? 'it never takes place' : undefined;
}

/** Whether it is on the start's own date each year, for ever. */
function returnsEachYear({ freq, interval, until, count, byMonth, byMonthDay, byDay, start }: DayRecurrence): boolean {
  if (freq !== 'YEARLY' || interval !== 1 || until !== Infinity || count !== Infinity || byDay.length > 0) return false;
  const [month, day] = writeDay(start).slice(5).split('-').map(Number);
  const isMonth = byMonth.length === 0 ? byMonthDay.length === 0 : byMonth.length === 1 && byMonth[0] === month;
  return isMonth && (byMonthDay.length === 0 || (byMonthDay.length === 1 && byMonthDay[0] === day));
}

/** The days that a property lists. Throws where one is damaged. */
function daysListed(event: ICAL.Component, name: 'exdate' | 'rdate' | 'recurrence-id'): number[] {
  const values = event.getAllProperties(name).flatMap((property) => property.getValues() as unknown[]);
  return values.filter((value) => value instanceof ICAL.Time).map((value) => readDay(value));
}
