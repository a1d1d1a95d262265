import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { CalendarRule, ExceptRule, WhenRule } from '../schedule.ts';
import { dailyWindowTiming } from './between.ts';
import { boundedCompletion, boundedTiming } from './bounds.ts';
import { openCalendar } from './calendar.ts';
import type { CompiledCalendar } from './calendar.ts';
import { REBOOT_TIMING, completionTiming } from './completion.ts';
import { parseCron } from './cron.ts';
import { assertInterval, isReboot, readEvery } from './cron_alias.ts';
import { parseDstPolicy } from './dst.ts';
import { countFires } from './count_fires.ts';
import { closedCounter, walkedCounter } from './counter.ts';
import { exceptTiming } from './except.ts';
import { instantsTiming } from './instants.ts';
import { intervalTiming } from './interval.ts';
import { nthTiming } from './nth.ts';
import { readRepeat, repeatTiming } from './repeat.ts';
import { openRecurrence, rruleTiming } from './rrule.ts';
import type { Timing } from './timing_kind.ts';
import { unionTiming } from './union.ts';
import type { EpochMs } from './units.ts';
import { nextAfter, previousBefore } from './walker.ts';
import type { ZonedCron } from './walker.ts';
import { fixedTimeRule } from './wall.ts';
import { openZone } from './zone.ts';

/**
 * So many excluded fire times or days in a row, and the search ends: more than all the days from 1970 to 2199, so that only
 * a rule whose instants are excluded one by one can meet it. A step of a rule that counts every nth is n times as long.
 */
const MOST_STEPS = 100_000;
const FEWEST_STEPS = 5_000;

export type { Timing } from './timing_kind.ts';

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
  const counted = rule.n === undefined ? named : everyNth(named, rule.n, rule.s ?? 0);
  const bounded = rule.s === undefined && rule.q === undefined ? counted : bound(counted, rule);
  if (rule.x === undefined) return bounded;
  const excluded = rule.x.map((except) => findCalendar(except, calendars));
  const mostSteps = rule.n === undefined ? MOST_STEPS : Math.max(MOST_STEPS / rule.n, FEWEST_STEPS);
  return exceptTiming(bounded, { calendars: excluded, zone: openZone(rule.z ?? 'UTC'), mostSteps });
}

function everyNth(timing: Timing, nth: number, start: EpochMs): Timing {
  const { count } = timing;
  return nthTiming(timing, { nth, start, count: count ? closedCounter(count, start) : walkedCounter(timing, start) });
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
  const clock = openClock(text, rule, seed);
  return {
    kind: 'cron',
    usesSeed: clock.fields.usesSeed,
    next: (after) => nextAfter(clock, after),
    previous: (before) => previousBefore(clock, before),
    count: (after, upTo) => countFires(clock, after, upTo),
  };
}

function openClock(text: string, rule: WhenRule, seed: string): ZonedCron {
  return { fields: parseCron(text, { seed, dst: parseDstPolicy(rule.t) }), zone: openZone(rule.z ?? 'UTC') };
}

function compileInterval(rule: WhenRule, everyMs: number): Timing {
  if (rule.y === undefined) return intervalTiming(everyMs, rule.g);
  return dailyWindowTiming({ everyMs, between: rule.y, zone: openZone(rule.z ?? 'UTC'), dst: fixedTimeRule(rule.t) });
}

function findCalendar(except: ExceptRule, calendars: FindCalendar | undefined): CompiledCalendar {
  const rule = typeof except === 'string' ? calendars?.(except) : except;
  if (rule !== undefined) return openCalendar(rule);
  throw new BelfryError('BAD_SCHEDULE', `except names the calendar ${quote(except)}, which is not known`, {
    field: 'except',
    hint: 'save a calendar of that name first, or write the days in place',
  });
}
