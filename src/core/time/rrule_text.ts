import { quote } from '../quote.ts';
import { badSchedule } from './schedule_error.ts';
import { openZone } from './zone.ts';

const LONGEST_TEXT = 4_000;
const DATE_TIME = /^\d{8}(?:T\d{6}Z?)?$/;
const numbers = (low: number, high: number): ((value: string) => boolean) => {
  return (value) => value.split(',').every((part) => /^[+-]?\d{1,3}$/.test(part) && isWithin(Number(part), low, high));
};
const isWithin = (value: number, low: number, high: number): boolean => value >= low && value <= high;
/** Counted from either end: 1 to n, or -n to -1. */
const eitherEnd = (high: number): ((value: string) => boolean) => {
  const inRange = numbers(-high, high);
  return (value) => inRange(value) && !value.split(',').some((part) => Number(part) === 0);
};
const matches = (shape: RegExp) => (value: string) => shape.test(value);

/** What each part of RRULE may hold, RFC 5545 §3.3.10. A reader that drops what it does not know would fire otherwise. */
const PARTS: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: matches(/^(?:SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)$/),
  INTERVAL: matches(/^[1-9]\d{0,8}$/),
  COUNT: matches(/^[1-9]\d{0,8}$/),
  UNTIL: matches(DATE_TIME),
  BYSECOND: numbers(0, 59),
  BYMINUTE: numbers(0, 59),
  BYHOUR: numbers(0, 23),
  BYDAY: matches(/^(?:[+-]?[1-9]\d?)?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:[+-]?[1-9]\d?)?(?:MO|TU|WE|TH|FR|SA|SU))*$/),
  BYMONTHDAY: eitherEnd(31),
  BYYEARDAY: eitherEnd(366),
  BYWEEKNO: eitherEnd(53),
  BYMONTH: numbers(1, 12),
  BYSETPOS: eitherEnd(366),
  WKST: matches(/^(?:MO|TU|WE|TH|FR|SA|SU)$/),
};

const EXAMPLE = '"DTSTART;TZID=Europe/Berlin:20260105T090000 RRULE:FREQ=WEEKLY;BYDAY=MO"';

type Property = { name: string; parameters: readonly string[]; value: string };

/** The zone that DTSTART names with TZID; undefined for a time in UTC, one without zone, and for other text. */
export function zoneOfRrule(text: unknown): string | undefined {
  return typeof text === 'string' ? /(?:^|\s)DTSTART(?:;[^:\s]*)?;TZID=([^;:\s]+)/i.exec(text)?.[1] : undefined;
}

/**
 * Checks the text of a recurrence and brings it into one shape: DTSTART with its zone first, then RRULE, EXDATE, RDATE,
 * one a line. They may be given in any order, apart by white space. Times without a zone are local to `zone`.
 * Throws BAD_SCHEDULE naming `field`.
 */
export function prepareRrule(text: unknown, zone: string, field: string): string {
  if (typeof text !== 'string' || text.length > LONGEST_TEXT) {
    throw badSchedule(field, `is ${quote(text)}`, `text of at most ${LONGEST_TEXT} characters, such as ${EXAMPLE}`);
  }
  const properties = text
    .trim()
    .split(/\s+/)
    .map((line) => readProperty(line, field));
  const start = single(properties, 'DTSTART', field);
  const rule = single(properties, 'RRULE', field);
  checkParts(rule.value, field);
  const dates = properties.filter(({ name }) => name === 'EXDATE' || name === 'RDATE');
  return [
    writeDates(start, zone, field),
    `RRULE:${rule.value}`,
    ...dates.map((line) => writeDates(line, zone, field)),
  ].join('\n');
}

function readProperty(line: string, field: string): Property {
  const [, head = '', value = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
  const [name = '', ...parameters] = head.split(';');
  const upper = name.toUpperCase();
  if (['DTSTART', 'RRULE', 'EXDATE', 'RDATE'].includes(upper))
    return { name: upper, parameters, value: value.toUpperCase() };
  throw badSchedule(
    field,
    `has ${quote(line)}, which is no part of a recurrence`,
    `DTSTART, RRULE, EXDATE and RDATE: ${EXAMPLE}`,
  );
}

function single(properties: readonly Property[], name: string, field: string): Property {
  const found = properties.filter((property) => property.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const problem = only === undefined ? `has no ${name}` : `has ${found.length} of ${name}`;
  throw badSchedule(field, problem, `one DTSTART and one RRULE: ${EXAMPLE}`);
}

function checkParts(value: string, field: string): void {
  const seen = new Set<string>();
  for (const part of value.split(';')) {
    const [key = '', written = ''] = part.split('=');
    const isRight = PARTS[key]?.(written) ?? false;
    if (!isRight)
      throw badSchedule(field, `has the part ${quote(part)}`, `RFC 5545 parts with their values: ${EXAMPLE}`);
    if (seen.has(key)) throw badSchedule(field, `has ${key} twice`, 'each part once');
    seen.add(key);
  }
  if (!seen.has('FREQ')) throw badSchedule(field, 'has no FREQ', `how often, such as ${EXAMPLE}`);
  if (seen.has('COUNT') && seen.has('UNTIL')) throw badSchedule(field, 'has both COUNT and UNTIL', 'one of the two');
}

/** `DTSTART;TZID=…:…`, or with Z. */
function writeDates({ name, parameters, value }: Property, zone: string, field: string): string {
  const dates = value.split(',');
  const wrong = dates.find((date) => !DATE_TIME.test(date));
  if (wrong !== undefined || (name === 'DTSTART' && dates.length > 1)) {
    throw badSchedule(field, `has ${name} ${quote(value)}`, 'a time such as 20260105T090000 or 20260105T080000Z');
  }
  const tzid = parameters.find((parameter) => /^TZID=/i.test(parameter))?.slice('TZID='.length);
  if (dates.every((date) => date.endsWith('Z'))) return `${name}:${value}`;
  if (dates.some((date) => date.endsWith('Z'))) {
    throw badSchedule(field, `has ${name} with and without zone`, 'all of them in UTC with Z, or none');
  }
  openZone(tzid ?? zone, field);
  return `${name};TZID=${tzid ?? zone}:${dates.map((date) => (date.includes('T') ? date : `${date}T000000`)).join(',')}`;
}
