import { BelfryError } from '../errors.ts';
import type { ScheduleRule } from '../schedule.ts';
import { parseCron } from './cron.ts';
import { assertInterval, readEvery } from './cron_alias.ts';
import type { DurationMs, EpochMs } from './units.ts';
import { nextAfter, previousBefore } from './walker.ts';
import { TIME_END_S, openZone } from './zone.ts';

/** When a schedule fires. Pure and stateless; neither function throws. Fire times lie in the years 1970 to 2199. */
export type Timing = {
  readonly kind: 'cron' | 'interval';
  /** Whether the fire times depend on the seed (`H`). Where not, schedules of the same rule may share the timing. */
  readonly usesSeed: boolean;
  /** The first fire time strictly after an instant. */
  next(after: EpochMs): EpochMs | undefined;
  /** The last fire time strictly before an instant. */
  previous(before: EpochMs): EpochMs | undefined;
};

/**
 * Compiles the part of a rule that says when it fires: cron text `c` in zone `z` (default UTC), or the interval `e`
 * in ms, counted from the epoch; `@every 90s` as `c` is the same as that interval. `seed` is the schedule's id.
 * Throws BAD_CRON, BAD_DURATION or BAD_SCHEDULE.
 */
export function compileTiming(rule: Pick<ScheduleRule, 'c' | 'e' | 'z'>, seed: string): Timing {
  const everyMs = rule.c === undefined ? rule.e : readEvery(rule.c, 'cron');
  if (everyMs !== undefined) return intervalTiming(assertInterval(everyMs, 'every'));
  if (rule.c === undefined) {
    throw new BelfryError('BAD_SCHEDULE', 'the rule has neither cron text nor an interval', { hint: 'one of the two' });
  }
  const clock = { fields: parseCron(rule.c, { seed }), zone: openZone(rule.z ?? 'UTC') };
  return {
    kind: 'cron',
    usesSeed: clock.fields.usesSeed,
    next: (after) => nextAfter(clock, after),
    previous: (before) => previousBefore(clock, before),
  };
}

function intervalTiming(everyMs: DurationMs): Timing {
  const within = (at: EpochMs): EpochMs | undefined => (at >= 0 && at < TIME_END_S * 1_000 ? at : undefined);
  const last = (Math.ceil((TIME_END_S * 1_000) / everyMs) - 1) * everyMs;
  return {
    kind: 'interval',
    usesSeed: false,
    next: (after) => within(Math.max((Math.floor(after / everyMs) + 1) * everyMs, 0)),
    previous: (before) => within(Math.min((Math.ceil(before / everyMs) - 1) * everyMs, last)),
  };
}
