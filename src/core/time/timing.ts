import { BelfryError } from '../errors.ts';
import type { CalendarRule, ExceptRule, WhenRule } from '../schedule.ts';
import { dailyWindowTiming } from './between.ts';
import { boundedCompletion, boundedTiming } from './bounds.ts';
import { openCalendar } from './calendar.ts';
import type { CompiledCalendar } from './calendar.ts';
import { REBOOT_TIMING, completionTiming } from './completion.ts';
import { parseCron } from './cron.ts';
import { assertInterval, isReboot, readEvery } from './cron_alias.ts';
import { parseDstPolicy } from './dst.ts';
import { exceptTiming } from './except.ts';
import { instantsTiming } from './instants.ts';
import { intervalTiming } from './interval.ts';
import { nthTiming } from './nth.ts';
import { readRepeat, repeatTiming } from './repeat.ts';
import { openRecurrence, rruleTiming } from './rrule.ts';
import type { Timing } from './timing_kind.ts';
import { unionTiming } from './union.ts';
import { nextAfter, previousBefore } from './walker.ts';
import { fixedTimeRule } from './wall.ts';
import { openZone } from './zone.ts';

export type { Timing, TimingKind } from './timing_kind.ts';

/** The calendar that is kept under a name. */
export type FindCalendar = (name: string) => CalendarRule | undefined;

/**
 * Compiles the part of a rule that says when it fires. `seed` is the schedule's id: it decides what `H` stands for.
 * Members of a union are complete by themselves. First come the times that the expression names, then every nth of
 * them, then start and end, then what is left out: a new holiday does not shift the count.
 * Throws BAD_CRON, BAD_DURATION or BAD_SCHEDULE for a rule that `compileRule` did not make, for a calendar that is not
 * known, and for a recurrence without its package.
 */
export function compileTiming(rule: WhenRule, seed: string, calendars?: FindCalendar): Timing {
  const named = compileNamed(rule, seed, calendars);
  const counted = rule.n === undefined ? named : nthTiming(named, rule.n, rule.s ?? 0);
  const bounded = rule.s === undefined && rule.q === undefined ? counted : bound(counted, rule);
  if (rule.x === undefined) return bounded;
  const excluded = rule.x.map((except) => findCalendar(except, calendars));
  return exceptTiming(bounded, excluded, openZone(rule.z ?? 'UTC'));
}

function bound(timing: Timing, { s, q }: WhenRule): Timing {
  return timing.kind === 'after-completion' ? boundedCompletion(timing, s, q) : boundedTiming(timing, s, q);
}

function compileNamed(rule: WhenRule, seed: string, calendars: FindCalendar | undefined): Timing {
  const { c, e, a, i, l, f, u } = rule;
  if (c !== undefined) return compileCron(c, rule, seed);
  if (e !== undefined) return compileInterval(rule, assertInterval(e, 'every'));
  if (a !== undefined) return instantsTiming(a);
  if (i !== undefined) {
    const zone = openZone(rule.z ?? 'UTC');
    return repeatTiming(readRepeat(i, zone, 'repeat'), zone, fixedTimeRule(rule.t));
  }
  if (l !== undefined) return rruleTiming(openRecurrence(l, 'rrule'));
  if (f !== undefined) return completionTiming(assertInterval(f, 'afterCompletion'));
  if (u !== undefined) return unionTiming(u.map((member) => compileTiming(member, seed, calendars)));
  throw new BelfryError('BAD_SCHEDULE', 'the rule does not say when', {
    hint: 'cron text, an interval, instants, a repeating interval, a recurrence, a fixed delay or a union',
  });
}

function compileCron(text: string, rule: WhenRule, seed: string): Timing {
  const everyMs = readEvery(text, 'cron');
  if (everyMs !== undefined) return compileInterval(rule, everyMs);
  if (isReboot(text)) return REBOOT_TIMING;
  const fields = parseCron(text, { seed, dst: parseDstPolicy(rule.t) });
  const clock = { fields, zone: openZone(rule.z ?? 'UTC') };
  return {
    kind: 'cron',
    usesSeed: fields.usesSeed,
    next: (after) => nextAfter(clock, after),
    previous: (before) => previousBefore(clock, before),
  };
}

function compileInterval(rule: WhenRule, everyMs: number): Timing {
  if (rule.y === undefined) return intervalTiming(everyMs, rule.g);
  return dailyWindowTiming({ everyMs, between: rule.y, zone: openZone(rule.z ?? 'UTC'), dst: fixedTimeRule(rule.t) });
}

function findCalendar(except: ExceptRule, calendars: FindCalendar | undefined): CompiledCalendar {
  const rule = typeof except === 'string' ? calendars?.(except) : except;
  if (rule !== undefined) return openCalendar(rule);
  throw new BelfryError('BAD_SCHEDULE', `except names the calendar "${String(except)}", which is not known`, {
    field: 'except',
    hint: 'save a calendar of that name first, or write the days in place',
  });
}
