import type { WhenSpec } from '../job.ts';
import { assertKnownKeys } from '../known_keys.ts';
import { quote } from '../quote.ts';
import type { ExceptRule, WhenRule } from '../schedule.ts';
import { compileCalendar, readCalendarName } from './calendar.ts';
import type { CalendarSpec } from './calendar.ts';
import { isReboot } from './cron_alias.ts';
import { splitCronZone } from './cron_split.ts';
import { compileDst } from './dst.ts';
import { readInstant } from './instant.ts';
import { firesMoreOften } from './counter.ts';
import { zoneOfRrule } from './rrule_text.ts';
import { badSchedule } from './schedule_error.ts';
import { compileTiming } from './timing.ts';
import { TIME_END } from './timing_kind.ts';
import { COMPILE_KIND, SINGLE_KINDS, isLocal } from './when_kinds.ts';
import type { CompiledKind, KindSite, SingleKind } from './when_kinds.ts';
import { openZone } from './zone.ts';
import type { Zone } from './zone.ts';
import { isUtc } from './zone_probe.ts';

export const WHEN_KEYS = [
  'cron',
  'every',
  'anchor',
  'between',
  'at',
  'repeat',
  'rrule',
  'afterCompletion',
  'anyOf',
  'timezone',
  'dst',
  'nth',
  'except',
  'start',
  'end',
] as const satisfies readonly (keyof WhenSpec)[];

const KINDS = [...SINGLE_KINDS, 'anyOf'] as const;

export type WhenSite = {
  /** The schedule's id: it seeds `H`. */
  id: string;
  /** What the user calls the spec. */
  field: string;
  deployment?: string | undefined;
  /** Zone of a spec that names none. */
  zone?: string | undefined;
  /** Whether something beside the spec (a blackout) goes by its zone. */
  zoneUse?: 'elsewhere' | undefined;
};

/**
 * Checks the part of a schedule that says when and turns it into the stored rule: defaults left out, keys in the order of
 * `WhenRule`. Throws BAD_SCHEDULE, BAD_CRON or BAD_DURATION naming the key.
 */
export function compileWhen(spec: WhenSpec, site: WhenSite): WhenRule {
  return compile(spec, { ...site, outer: undefined }).rule;
}

/** What a member of a union inherits from it. */
type Outer = { zoneName: string; dst: string | undefined };
type Place = WhenSite & { outer: Outer | undefined };
type Compiled = { rule: WhenRule; goesBy: CompiledKind['goesBy'] };

function compile(spec: WhenSpec, place: Place): Compiled {
  const { field, outer } = place;
  const kind = findKind(spec, field);
  assertSense(spec, kind, field);
  const zoneName = readZone(spec, place);
  const zone = openZone(zoneName, `${field}.timezone`);
  const dst = spec.dst === undefined ? outer?.dst : compileDst(spec.dst, `${field}.dst`);
  const site: KindSite = { id: place.id, field, deployment: place.deployment, zoneName, zone, dst };
  const compiled = kind === 'anyOf' ? compileUnion(spec, place, { zoneName, dst }) : COMPILE_KIND[kind](spec, site);
  const except = readExcept(spec.except, `${field}.except`);
  const bounds = readBounds(spec, zone, field);
  const nth = readNth(spec.nth, `${field}.nth`);
  const isZoned = except.length > 0 || isLocal(spec.start) || isLocal(spec.end) || place.zoneUse === 'elsewhere';
  const goesBy = compiled.goesBy === 'neither' && isZoned ? 'zone' : compiled.goesBy;
  assertUsed(spec, { goesBy, zoneName, field });
  const rule: WhenRule = {
    ...compiled.part,
    ...(goesBy !== 'neither' && storedZone(zoneName, outer)),
    ...(goesBy === 'zone and dst' && storedDst(dst, outer)),
    ...(nth !== undefined && { n: nth }),
    ...(except.length > 0 && { x: except }),
    ...bounds,
  };
  assertFires(rule, place);
  return { rule, goesBy };
}

function findKind(spec: WhenSpec, field: string): SingleKind | 'anyOf' {
  const given = KINDS.filter((kind) => spec[kind] !== undefined);
  const [kind] = given;
  if (kind !== undefined && given.length === 1) return kind;
  const problem = given.length === 0 ? 'does not say when' : `says when ${given.length} times: ${given.join(' and ')}`;
  throw badSchedule(field, problem, `exactly one of ${KINDS.join(', ')}; several at once go into anyOf`);
}

/** Keys that mean nothing beside each other. */
function assertSense(spec: WhenSpec, kind: SingleKind | 'anyOf', field: string): void {
  const refuse = (key: keyof WhenSpec, problem: string, hint: string): void => {
    if (spec[key] !== undefined) throw badSchedule(`${field}.${key}`, problem, hint);
  };
  if (kind !== 'every') {
    refuse('anchor', `is given with ${kind}, which counts from no anchor`, 'only with every');
    refuse('between', `is given with ${kind}`, 'only with every; a cron text has its hours in its fields');
  } else if (spec.between !== undefined) {
    refuse('anchor', 'is given with between', 'leave it out: with between it counts from the beginning of the window');
  }
  if (spec.start === undefined && spec.nth !== 1)
    refuse('nth', 'has nothing to count from', 'give start as well: its first firing counts');
  if (kind === 'afterCompletion') {
    refuse('nth', 'is given with afterCompletion, which names no fire times to count', 'leave it out');
    refuse('except', 'is given with afterCompletion', 'use blackout: a fire time in it is skipped');
    refuse('end', 'is given with afterCompletion', 'use maxRuns: it ends after so many runs');
  }
  if (typeof spec.cron === 'string' && isReboot(splitCronZone(spec.cron).text)) {
    const hint = 'leave it out: @reboot fires once when a deployment is registered';
    for (const key of ['nth', 'except', 'start', 'end'] as const) refuse(key, 'is given with @reboot', hint);
  }
}

/** The zone of the spec: its own, that in front of its cron text or in its DTSTART, the union's, or UTC. */
function readZone({ timezone, cron, rrule }: WhenSpec, { field, outer, zone }: Place): string {
  const [written, source] =
    typeof cron === 'string' ? [splitCronZone(cron).zone, 'cron'] : [zoneOfRrule(rrule), 'rrule'];
  if (written !== undefined) openZone(written, `${field}.${source}`);
  if (timezone === undefined) return written ?? outer?.zoneName ?? zone ?? 'UTC';
  openZone(timezone, `${field}.timezone`);
  if (written === undefined || isSameZone(written, timezone)) return timezone;
  throw badSchedule(
    `${field}.timezone`,
    `is ${quote(timezone)}, but ${source} names ${quote(written)}`,
    'one of the two',
  );
}

function isSameZone(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase() || (isUtc(one) && isUtc(other));
}

/** A zone or a DST policy that decides nothing was meant to decide something. */
function assertUsed(
  { timezone, dst }: WhenSpec,
  { goesBy, zoneName, field }: { goesBy: Compiled['goesBy']; zoneName: string; field: string },
): void {
  if (dst !== undefined && goesBy !== 'zone and dst') {
    const hint = 'leave it out: it is for cron text, between, and repeat by days or more';
    throw badSchedule(`${field}.dst`, 'is given, but nothing here is met by a change of the clock', hint);
  }
  if (timezone === undefined || isUtc(zoneName) || goesBy !== 'neither') return;
  throw badSchedule(
    `${field}.timezone`,
    `is ${quote(timezone)}, but nothing here goes by a time zone`,
    'leave it out: an interval counts elapsed time; for a time of day in a zone write cron',
  );
}

/** A member of a union names its zone where that or the union's is not UTC, so that it is complete by itself. */
function storedZone(name: string, outer: Outer | undefined): Pick<WhenRule, 'z'> {
  if (isUtc(name)) return outer === undefined || isUtc(outer.zoneName) ? {} : { z: 'UTC' };
  return { z: name };
}

function storedDst(dst: string | undefined, outer: Outer | undefined): Pick<WhenRule, 't'> {
  if (dst === undefined) return outer?.dst === undefined ? {} : { t: 'vixie' };
  return { t: dst };
}

function readBounds({ start, end }: WhenSpec, zone: Zone, field: string): Pick<WhenRule, 's' | 'q'> {
  const first = start === undefined ? undefined : readInstant(start, zone, `${field}.start`);
  const past = end === undefined ? undefined : readInstant(end, zone, `${field}.end`);
  if (first !== undefined && past !== undefined && first >= past) {
    throw badSchedule(`${field}.end`, `is ${quote(end)}, not after start`, 'an instant later than start');
  }
  return { ...(first !== undefined && { s: first }), ...(past !== undefined && { q: past }) };
}

const MOST_NTH = 400;

function readNth(nth: unknown, field: string): number | undefined {
  if (nth === undefined || nth === 1) return undefined;
  if (Number.isInteger(nth) && (nth as number) > 1 && (nth as number) <= MOST_NTH) return nth as number;
  throw badSchedule(field, `is ${quote(nth)}`, `a whole number from 1 to ${MOST_NTH}: 2 fires every second time`);
}

const MOST_EXCEPTIONS = 50;

function readExcept(except: WhenSpec['except'], field: string): ExceptRule[] {
  if (except === undefined) return [];
  const list: readonly unknown[] = Array.isArray(except) ? except : [except];
  if (list.length > MOST_EXCEPTIONS) {
    throw badSchedule(
      field,
      `has ${list.length} entries`,
      `at most ${MOST_EXCEPTIONS}; many days go into one calendar`,
    );
  }
  return list.map((entry, index) => {
    const place = Array.isArray(except) ? `${field}[${index}]` : field;
    return typeof entry === 'string' ? readCalendarName(entry, place) : compileCalendar(entry as CalendarSpec, place);
  });
}

const MOST_MEMBERS = 50;

function compileUnion({ anyOf }: WhenSpec, place: Place, outer: Outer): CompiledKind {
  const field = `${place.field}.anyOf`;
  const members: unknown = anyOf;
  if (!Array.isArray(members) || members.length === 0 || members.length > MOST_MEMBERS) {
    throw badSchedule(
      field,
      `is ${quote(members)}`,
      `a list of 1 to ${MOST_MEMBERS} specs such as { cron: "0 9 * * *" }`,
    );
  }
  const compiled = members.map((member: WhenSpec, index) => {
    const site = { ...place, field: `${field}[${index}]`, outer, zoneUse: undefined };
    assertMember(member, site.field);
    return { ...compile(member, site), zone: member.timezone };
  });
  const inherits = compiled.filter(({ zone, goesBy }) => zone === undefined && goesBy !== 'neither');
  const goesBy = compiled.some((member) => member.goesBy === 'zone and dst') ? 'zone and dst' : 'zone';
  return { part: { u: compiled.map(({ rule }) => rule) }, goesBy: inherits.length === 0 ? 'neither' : goesBy };
}

/** A member is a rule that names its fire times, and no union again: that would say nothing more. */
function assertMember(member: WhenSpec, field: string): void {
  assertKnownKeys(member, WHEN_KEYS, { code: 'BAD_SCHEDULE', field });
  const flat = 'put its members into the outer anyOf; each may have its own start, end and except';
  if (member.anyOf !== undefined) throw badSchedule(`${field}.anyOf`, 'is a union in a union', flat);
  const alone = 'a schedule of its own for it';
  if (member.afterCompletion !== undefined) {
    throw badSchedule(`${field}.afterCompletion`, 'counts from the end of runs, so it goes with nothing else', alone);
  }
  if (typeof member.cron === 'string' && isReboot(splitCronZone(member.cron).text)) {
    throw badSchedule(`${field}.cron`, 'is @reboot, which goes with nothing else', alone);
  }
}

/** Refuses a rule of which it can be shown that it never fires, and a count that would take too long. */
function assertFires(rule: WhenRule, { id, field }: Place): void {
  // A cron text that can never match is refused by its parser, and a plain interval always comes.
  if (rule.n !== undefined) assertCountable(rule, { id, field });
  const { c, e, f, n, x, s, q } = rule;
  const isPlain = (c ?? e ?? f) !== undefined && [n, x, s, q].every((part) => part === undefined);
  if (isPlain || rule.c === '@reboot') return;
  // A named calendar is not known here, and may change: it is taken for empty.
  const timing = compileTiming(rule, id, () => ({}));
  if (timing.next(-1) !== undefined) return;
  // The search from one end is bounded, so the other end has a say too; but a count from there would take long.
  if (n === undefined && timing.previous(TIME_END) !== undefined) return;
  throw badSchedule(field, 'never fires', 'a time between start and end, up to 2199, that except does not leave out');
}

const MINUTES_PER_DAY = 1_440;
const HOURS_PER_DAY = 24;

/** What is counted in closed form may be dense; what has to be walked may not. */
function assertCountable({ n: _nth, x: _except, ...rule }: WhenRule, { id, field }: Pick<Place, 'id' | 'field'>): void {
  const timing = compileTiming(rule, id);
  const isClosed = timing.kind === 'cron' || timing.kind === 'interval';
  const perDay = isClosed ? MINUTES_PER_DAY : HOURS_PER_DAY;
  if (!firesMoreOften(timing, rule.s ?? 0, perDay)) return;
  const often = isClosed ? 'a minute' : 'an hour';
  throw badSchedule(
    `${field}.nth`,
    `counts what fires more often than once ${often}`,
    'the longer interval itself: every: "90s"',
  );
}
