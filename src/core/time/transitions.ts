import { withoutExclusions } from '../excluded.ts';
import type { WhenRule } from '../schedule.ts';
import { parseCron } from './cron.ts';
import { isReboot, readEvery } from './cron_alias.ts';
import { parseDstPolicy } from './dst.ts';
import { nextLocal } from './local_search.ts';
import type { LocalMs, Transition, TransitionEffect } from './transition.ts';
import { describeEffect } from './transition_text.ts';
import { compileTiming } from './timing.ts';
import type { Timing } from './timing.ts';
import type { EpochMs } from './units.ts';
import type { ZonedCron } from './walker.ts';
import { LAST_SPAN, openZone, segmentIndex, spanOf } from './zone.ts';
import type { Zone } from './zone.ts';

/** Transitions are looked for in this span of the zone and so many after it: 12 years at least, which hides no change that is known. */
const SPANS_AHEAD = 3;
const MOST_NAMED = 3;
const DESCRIBED = 2;

/** What a rule does at a transition, in one line. */
export type DescribedTransition = { at: EpochMs } & Pick<TransitionEffect, 'what' | 'text'>;

/** The first `count` transitions of a zone after an instant, in order; fewer where the zone has no more in 12 years. */
export function nextTransitions(zone: Zone, from: EpochMs, count: number): Transition[] {
  const transitions: Transition[] = [];
  const first = spanOf(Math.max(from / 1_000, 0));
  for (let span = first; span <= Math.min(first + SPANS_AHEAD, LAST_SPAN); span++) {
    const segments = zone.segments(span);
    for (let index = segmentIndex(segments, from / 1_000); index < segments.length; index++) {
      const segment = segments[index];
      if (segment === undefined || segment.start * 1_000 <= from || segment.offset === segment.offsetBefore) continue;
      if (segment.start !== segment.changedAt) continue;
      if (transitions.length === count) return transitions;
      const [at, offsetBefore, offsetAfter] = [
        segment.start * 1_000,
        segment.offsetBefore * 1_000,
        segment.offset * 1_000,
      ];
      transitions.push({
        at,
        kind: offsetAfter > offsetBefore ? 'gap' : 'overlap',
        offsetBefore,
        offsetAfter,
        localFrom: at + offsetBefore,
        localTo: at + offsetAfter,
      });
    }
  }
  return transitions;
}

/** What an expression does at each of the next `count` transitions of its zone after an instant. */
function transitionEffects({ fields, zone }: ZonedCron, from: EpochMs, count: number): TransitionEffect[] {
  return nextTransitions(zone, from, count).map((transition) => {
    const { localFrom, localTo } = transition;
    const found = localTimes(fields, Math.min(localFrom, localTo), Math.max(localFrom, localTo));
    const what = found.count === 0 ? 'none' : effectOn(fields, transition);
    return { transition, what, ...found, text: describeEffect({ transition, what, ...found }) };
  });
}

function effectOn(fields: ZonedCron['fields'], { kind, localTo }: Transition): TransitionEffect['what'] {
  const { gap, overlap } = fields.dst;
  if (kind === 'overlap') return overlap === 'both' ? 'twice' : overlap;
  if (gap !== 'transition') return gap === 'skip' ? 'skipped' : 'shifted';
  return nextLocal(fields, localTo / 1_000) * 1_000 === localTo ? 'merged' : 'moved';
}

/** The times of an expression on a wall clock, `from` ≤ time < `to`. */
function localTimes(fields: ZonedCron['fields'], from: LocalMs, to: LocalMs): { times: LocalMs[]; count: number } {
  const times: LocalMs[] = [];
  let count = 0;
  for (let local = nextLocal(fields, from / 1_000); local < to / 1_000; local = nextLocal(fields, local + 1)) {
    if (times.length < MOST_NAMED) times.push(local * 1_000);
    count++;
  }
  return { times, count };
}

/**
 * What a rule does at the next two transitions of its zones after an instant, one line each, in order. Of a cron text the
 * line says what becomes of the times that the change touches; exclusions and `n` are left out of account. Of another rule
 * that goes by a zone it lists the fire times near the change. Empty where a zone has no change, and for a rule that goes
 * by none. Throws BAD_CRON or BAD_SCHEDULE for a bad rule.
 */
export function describeTransitions(rule: WhenRule, seed: string, from: EpochMs): DescribedTransition[] {
  const since = Math.max(from, (rule.s ?? -Infinity) - 1);
  const lines = new Map<string, DescribedTransition>();
  for (const effectsSince of describersOf(rule, seed)) {
    for (const { transition, what, text } of effectsSince(since, DESCRIBED)) {
      if (transition.at < (rule.q ?? Infinity)) lines.set(text, { at: transition.at, what, text });
    }
  }
  return [...lines.values()].sort((one, other) => one.at - other.at);
}

type DescribeEffects = (from: EpochMs, count: number) => TransitionEffect[];

/** One for each part of a rule that goes by a zone; the members of a union are complete by themselves. */
function describersOf(rule: WhenRule, seed: string): DescribeEffects[] {
  if (rule.u !== undefined) return rule.u.flatMap((member) => describersOf(member, seed));
  const zone = openZone(rule.z ?? 'UTC');
  if (goesByClock(rule)) {
    const timing = compileTiming(withoutExclusions(rule), seed);
    return [(from, count) => nextTransitions(zone, from, count).map((transition) => effectAround(timing, transition))];
  }
  if (rule.c === undefined || isReboot(rule.c) || readEvery(rule.c, 'cron') !== undefined) return [];
  const clock = { fields: parseCron(rule.c, { seed, dst: parseDstPolicy(rule.t) }), zone };
  return [(from, count) => transitionEffects(clock, from, count)];
}

/** Whether the fire times follow a wall clock, without being those of a cron text. */
function goesByClock({ y, i, l }: WhenRule): boolean {
  return y !== undefined || i !== undefined || l !== undefined;
}

/** The fire times from as long before a change as it is, to as long after it: both passes of an overlap, a gap's ends. */
function effectAround(timing: Timing, transition: Transition): TransitionEffect {
  const { at, offsetBefore, offsetAfter } = transition;
  const lengthMs = Math.abs(offsetAfter - offsetBefore);
  const times: LocalMs[] = [];
  let count = 0;
  for (
    let next = timing.next(at - lengthMs - 1);
    next !== undefined && next <= at + lengthMs;
    next = timing.next(next)
  ) {
    if (times.length < MOST_NAMED) times.push(next + (next < at ? offsetBefore : offsetAfter));
    count++;
  }
  const what = count === 0 ? 'none' : 'around';
  return { transition, what, times, count, text: describeEffect({ transition, what, times, count }) };
}
