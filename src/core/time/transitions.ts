import type { WhenRule } from '../schedule.ts';
import { parseCron } from './cron.ts';
import { isReboot, readEvery } from './cron_alias.ts';
import { parseDstPolicy } from './dst.ts';
import { nextLocal } from './local_search.ts';
import type { LocalMs, Transition, TransitionEffect } from './transition.ts';
import { describeEffect } from './transition_text.ts';
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
 * What the cron texts of a rule do at the next two transitions of their zones after an instant, one line each, in order.
 * Empty where a zone has none, and for a rule without cron text. The lines speak of what the text names: exclusions,
 * calendars and `n` are left out of account. Throws BAD_CRON or BAD_SCHEDULE for a bad rule.
 */
export function describeTransitions(rule: WhenRule, seed: string, from: EpochMs): DescribedTransition[] {
  const since = Math.max(from, (rule.s ?? -Infinity) - 1);
  const lines = new Map<string, DescribedTransition>();
  for (const clock of clocksOf(rule, seed)) {
    for (const { transition, what, text } of transitionEffects(clock, since, DESCRIBED)) {
      if (transition.at < (rule.q ?? Infinity)) lines.set(text, { at: transition.at, what, text });
    }
  }
  return [...lines.values()].sort((one, other) => one.at - other.at);
}

/** The cron texts of a rule with their zones; the members of a union are complete by themselves. */
function clocksOf(rule: WhenRule, seed: string): ZonedCron[] {
  if (rule.u !== undefined) return rule.u.flatMap((member) => clocksOf(member, seed));
  if (rule.c === undefined || isReboot(rule.c) || readEvery(rule.c, 'cron') !== undefined) return [];
  return [{ fields: parseCron(rule.c, { seed, dst: parseDstPolicy(rule.t) }), zone: openZone(rule.z ?? 'UTC') }];
}
