import type { WhenSpec } from '../job.ts';
import { assertKnownKeys } from '../known_keys.ts';
import { quote } from '../quote.ts';
import type { WhenRule } from '../schedule.ts';
import { isReboot } from './cron_alias.ts';
import { splitCronZone } from './cron_split.ts';
import { compileDst } from './dst.ts';
import { assertFires } from './never_fires.ts';
import { zoneOfRrule } from './rrule_text.ts';
import { badSchedule } from './schedule_error.ts';
import { COMPILE_KIND, SINGLE_KINDS, isLocal } from './when_kinds.ts';
import type { CompiledKind, GoesBy, KindSite, SingleKind } from './when_kinds.ts';
import { readBounds, readExcept, readNth } from './when_limits.ts';
import { assertSense, assertUsed, usesDst, usesZone } from './when_sense.ts';
import { openZone } from './zone.ts';
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
type Compiled = { rule: WhenRule; goesBy: GoesBy };

function compile(spec: WhenSpec, place: Place): Compiled {
  const { field, outer } = place;
  const kind = findKind(spec, field);
  assertSense(spec, kind, field);
  const zoneName = readZone(spec, place);
  const zone = openZone(zoneName, `${field}.timezone`);
  const dst = spec.dst === undefined ? outer?.dst : compileDst(spec.dst, `${field}.dst`);
  const site: KindSite = { id: place.id, field, zoneName, zone, dst };
  const compiled = kind === 'anyOf' ? compileUnion(spec, place, { zoneName, dst }) : COMPILE_KIND[kind](spec, site);
  const except = readExcept(spec.except, `${field}.except`);
  const bounds = readBounds(spec, zone, field);
  const nth = readNth(spec.nth, `${field}.nth`);
  const isZoned = except.length > 0 || isLocal(spec.start) || isLocal(spec.end) || place.zoneUse === 'elsewhere';
  const goesBy = isZoned ? withZone(compiled.goesBy) : compiled.goesBy;
  assertUsed(spec, { goesBy, zoneName, field });
  const rule: WhenRule = {
    ...compiled.part,
    ...(usesZone(goesBy) && storedZone(zoneName, outer)),
    ...(usesDst(goesBy) && storedDst(dst, outer)),
    ...(nth !== undefined && { n: nth }),
    ...(except.length > 0 && { x: except }),
    ...bounds,
  };
  assertFires(rule, place);
  return { rule, goesBy };
}

function withZone(goesBy: GoesBy): GoesBy {
  return usesDst(goesBy) ? 'zone and dst' : 'zone';
}

function findKind(spec: WhenSpec, field: string): SingleKind | 'anyOf' {
  const given = KINDS.filter((kind) => spec[kind] !== undefined);
  const [kind] = given;
  if (kind !== undefined && given.length === 1) return kind;
  const problem = given.length === 0 ? 'does not say when' : `says when ${given.length} times: ${given.join(' and ')}`;
  throw badSchedule(field, problem, `exactly one of ${KINDS.join(', ')}; several at once go into anyOf`);
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

/** A member of a union names its zone where that or the union's is not UTC, so that it is complete by itself. */
function storedZone(name: string, outer: Outer | undefined): Pick<WhenRule, 'z'> {
  if (isUtc(name)) return outer === undefined || isUtc(outer.zoneName) ? {} : { z: 'UTC' };
  return { z: name };
}

function storedDst(dst: string | undefined, outer: Outer | undefined): Pick<WhenRule, 't'> {
  if (dst === undefined) return outer?.dst === undefined ? {} : { t: 'vixie' };
  return { t: dst };
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
  const ofDst = compiled.some(({ goesBy }) => usesDst(goesBy)) ? 'dst' : 'neither';
  const inheritsZone = compiled.some(({ zone, goesBy }) => zone === undefined && usesZone(goesBy));
  return { part: { u: compiled.map(({ rule }) => rule) }, goesBy: inheritsZone ? withZone(ofDst) : ofDst };
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
