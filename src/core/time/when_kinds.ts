import type { WhenSpec } from '../job.ts';
import { quote } from '../quote.ts';
import type { WhenRule } from '../schedule.ts';
import { parseCron } from './cron.ts';
import { assertInterval, isReboot, readEvery } from './cron_alias.ts';
import { splitCronZone } from './cron_split.ts';
import { parseDstPolicy } from './dst.ts';
import { parseDuration } from './duration.ts';
import { readInstant, readIso } from './instant.ts';
import { countsOnWallClock, readRepeat } from './repeat.ts';
import { openRecurrence } from './rrule.ts';
import type { Recurrence } from './rrule.ts';
import { prepareRrule, zoneOfRrule } from './rrule_text.ts';
import { badSchedule } from './schedule_error.ts';
import { TIME_END } from './timing_kind.ts';
import type { Zone } from './zone.ts';

/** The keys that say when, each by itself; a union is put together elsewhere. */
export const SINGLE_KINDS = ['cron', 'every', 'at', 'repeat', 'rrule', 'afterCompletion'] as const;
export type SingleKind = (typeof SINGLE_KINDS)[number];

export type KindSite = {
  /** The schedule's id: it seeds `H`. */
  id: string;
  /** What the user calls the spec. */
  field: string;
  zoneName: string;
  zone: Zone;
  /** Stored text of the DST policy. */
  dst: string | undefined;
};

/** What a kind makes of its key, and whether time zone and DST policy have a say in it. */
/** What of the zone and the DST policy decides something; `dst` alone is a union whose members have zones of their own. */
export type GoesBy = 'zone and dst' | 'zone' | 'dst' | 'neither';
export type CompiledKind = { part: WhenRule; goesBy: GoesBy };

type CompileKind = (spec: WhenSpec, site: KindSite) => CompiledKind;

export const COMPILE_KIND: Readonly<Record<SingleKind, CompileKind>> = {
  cron: compileCron,
  every: compileEvery,
  at: compileAt,
  repeat: compileRepeat,
  rrule: compileRrule,
  afterCompletion: ({ afterCompletion = 0 }, { field }) => ({
    part: { f: readInterval(afterCompletion, `${field}.afterCompletion`) },
    goesBy: 'neither',
  }),
};

function compileCron({ cron }: WhenSpec, { id, field, dst }: KindSite): CompiledKind {
  // What is no text is left to the parser, which says so.
  const text = typeof cron === 'string' ? splitCronZone(cron).text : (cron as unknown as string);
  const everyMs = typeof text === 'string' ? readEvery(text, `${field}.cron`) : undefined;
  if (everyMs !== undefined) return { part: { e: everyMs }, goesBy: 'neither' };
  if (typeof text === 'string' && isReboot(text)) {
    return { part: { c: '@reboot' }, goesBy: 'neither' };
  }
  parseCron(text, { seed: id, field: `${field}.cron`, dst: parseDstPolicy(dst) });
  return { part: { c: text.trim().replaceAll(/\s+/g, ' ') }, goesBy: 'zone and dst' };
}

function compileEvery({ every = 0, anchor, between }: WhenSpec, { field, zone }: KindSite): CompiledKind {
  const everyMs = readInterval(every, `${field}.every`);
  if (between !== undefined) {
    if (everyMs > DAY_MS)
      throw badSchedule(`${field}.every`, 'is longer than the day that it is counted in', 'at most 24h');
    return { part: { e: everyMs, y: readBetween(between, `${field}.between`) }, goesBy: 'zone and dst' };
  }
  if (anchor === undefined) return { part: { e: everyMs }, goesBy: 'neither' };
  const at = readInstant(anchor, zone, `${field}.anchor`);
  return { part: { e: everyMs, ...(at % everyMs !== 0 && { g: at }) }, goesBy: isLocal(anchor) ? 'zone' : 'neither' };
}

const DAY_MS = 86_400_000;

function readInterval(value: number | string, field: string): number {
  return assertInterval(parseDuration(value, field), field);
}

const BETWEEN = /^(\d{2}):(\d{2})(?::(\d{2}))?\s*-\s*(\d{2}):(\d{2})(?::(\d{2}))?$/;

function readBetween(text: unknown, field: string): [number, number] {
  const match = typeof text === 'string' ? BETWEEN.exec(text.trim()) : null;
  const hint = 'two times of the day, the later one last, such as "09:00-17:00"';
  if (match === null) throw badSchedule(field, `is ${quote(text)}`, hint);
  const [fromHour = 0, fromMinute = 0, fromSecond = 0, toHour = 0, toMinute = 0, toSecond = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const isTime =
    fromHour < 24 && toHour < 24 && [fromMinute, fromSecond, toMinute, toSecond].every((part) => part < 60);
  if (!isTime) throw badSchedule(field, `is ${quote(text)}`, '00:00 to 23:59:59 of the day');
  const from = fromHour * 3_600 + fromMinute * 60 + fromSecond;
  const to = toHour * 3_600 + toMinute * 60 + toSecond;
  if (from <= to) return [from, to];
  const overnight =
    'a window ends on the day it began; for one over midnight put two into anyOf, up to 23:59:59 and from 00:00';
  throw badSchedule(field, `is ${quote(text)}, which ends before it begins`, overnight);
}

const MOST_INSTANTS = 1_000;

function compileAt({ at = [] }: WhenSpec, { field, zone }: KindSite): CompiledKind {
  const texts: readonly unknown[] = Array.isArray(at) ? at : [at];
  if (texts.length === 0) throw badSchedule(`${field}.at`, 'is an empty list', 'at least one instant');
  if (texts.length > MOST_INSTANTS) {
    throw badSchedule(`${field}.at`, `has ${texts.length} instants`, `at most ${MOST_INSTANTS} in one schedule`);
  }
  const instants = texts.map((text, index) =>
    readInstant(text, zone, Array.isArray(at) ? `${field}.at[${index}]` : `${field}.at`),
  );
  const sorted = [...new Set(instants)].toSorted((one, other) => one - other);
  return { part: { a: sorted }, goesBy: texts.some(isLocal) ? 'zone' : 'neither' };
}

/** Whether an instant is written without an offset, so that the zone says which one it is. */
export function isLocal(text: unknown): boolean {
  const written = readIso(text);
  return written !== undefined && written.offsetMs === undefined;
}

function compileRepeat({ repeat }: WhenSpec, { field, zone }: KindSite): CompiledKind {
  const read = readRepeat(repeat, zone, `${field}.repeat`);
  const [, startText = '', period = ''] = String(repeat).trim().toUpperCase().split('/');
  const start = read.startIs === 'local' ? startText : new Date(read.start).toISOString().replace('.000Z', 'Z');
  const count = read.count === Infinity ? '' : read.count;
  const part = { i: `R${count}/${start}/${period}` };
  if (countsOnWallClock(read)) return { part, goesBy: 'zone and dst' };
  return { part, goesBy: read.startIs === 'local' ? 'zone' : 'neither' };
}

function compileRrule({ rrule }: WhenSpec, { field, zoneName }: KindSite): CompiledKind {
  const text = prepareRrule(rrule, zoneName, `${field}.rrule`);
  assertAnswers(openRecurrence(text, `${field}.rrule`), `${field}.rrule`);
  return { part: { l: text }, goesBy: zoneOfRrule(text) === undefined ? 'neither' : 'zone' };
}

/** A recurrence that its reader gives up on would end in silence one day: better refused while somebody looks. */
function assertAnswers(recurrence: Recurrence, field: string): void {
  try {
    recurrence.next(-1);
    recurrence.previous(TIME_END);
  } catch {
    throw badSchedule(
      field,
      'cannot be followed: its fire times lie too far apart, or its COUNT is too high to be counted',
      'a rule that can come true, and UNTIL instead of a high COUNT',
    );
  }
}
