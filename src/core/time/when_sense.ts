import type { WhenSpec } from '../job.ts';
import { quote } from '../quote.ts';
import { isReboot } from './cron_alias.ts';
import { splitCronZone } from './cron_split.ts';
import { badSchedule } from './schedule_error.ts';
import type { GoesBy, SingleKind } from './when_kinds.ts';
import { isUtc } from './zone_probe.ts';

/** Refuses keys that mean nothing beside each other. Throws BAD_SCHEDULE naming the one to leave out. */
export function assertSense(spec: WhenSpec, kind: SingleKind | 'anyOf', field: string): void {
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

export function usesZone(goesBy: GoesBy): boolean {
  return goesBy === 'zone' || goesBy === 'zone and dst';
}

export function usesDst(goesBy: GoesBy): boolean {
  return goesBy === 'dst' || goesBy === 'zone and dst';
}

/** Refuses a zone or a DST policy that decides nothing: it was meant to decide something. */
export function assertUsed(
  { timezone, dst }: WhenSpec,
  { goesBy, zoneName, field }: { goesBy: GoesBy; zoneName: string; field: string },
): void {
  if (dst !== undefined && !usesDst(goesBy)) {
    const hint = 'leave it out: it is for cron text, between, and repeat by days or more';
    throw badSchedule(`${field}.dst`, 'is given, but nothing here is met by a change of the clock', hint);
  }
  if (timezone === undefined || isUtc(zoneName) || usesZone(goesBy)) return;
  throw badSchedule(
    `${field}.timezone`,
    `is ${quote(timezone)}, but nothing here goes by a time zone`,
    'leave it out: an interval counts elapsed time; for a time of day in a zone write cron',
  );
}
