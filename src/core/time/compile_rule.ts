import { BelfryError } from '../errors.ts';
import type { Json, ScheduleSpec } from '../job.ts';
import { assertKnownKeys, readWord } from '../known_keys.ts';
import { quote } from '../quote.ts';
import type { ScheduleRule } from '../schedule.ts';
import { parseCron } from './cron.ts';
import { assertInterval, readEvery } from './cron_alias.ts';
import { parseDuration } from './duration.ts';
import type { Duration, DurationMs } from './units.ts';
import { openZone } from './zone.ts';
import { isUtc } from './zone_probe.ts';

const KEYS = [
  'cron',
  'every',
  'timezone',
  'jitter',
  'overlap',
  'catchUp',
  'catchUpWindow',
  'startDeadline',
] as const satisfies readonly (keyof ScheduleSpec)[];

const DEFAULT_CATCH_UP_WINDOW_MS = 86_400_000;

export type RuleContext = {
  /** The schedule's id: it seeds `H`. */
  id: string;
  /** The job it fires, where that is not the id. */
  job?: string;
  /** Payload of its runs. */
  payload?: Json;
  /** What the user calls the spec; default `schedule`. */
  field?: string;
};

/**
 * Turns a schedule as a job file or the API writes it into the rule that is stored: everything checked, defaults left
 * out, keys in the order of `ScheduleRule`, so that equal rules have equal JSON texts.
 * Throws BAD_SCHEDULE, BAD_CRON or BAD_DURATION naming the key.
 */
export function compileRule(spec: ScheduleSpec, { id, job, payload, field = 'schedule' }: RuleContext): ScheduleRule {
  assertKnownKeys(spec, KEYS, { code: 'BAD_SCHEDULE', field });
  const timing = compileTimingKeys(spec, id, field);
  const jitterMs = optionalDuration(spec.jitter, `${field}.jitter`);
  const overlap = readWord(spec.overlap, ['skip', 'allow'], { code: 'BAD_SCHEDULE', field: `${field}.overlap` });
  const catchUp = readWord(spec.catchUp, ['latest', 'none'], { code: 'BAD_SCHEDULE', field: `${field}.catchUp` });
  const windowMs = optionalDuration(spec.catchUpWindow, `${field}.catchUpWindow`);
  const deadlineMs = readDeadline(spec.startDeadline, `${field}.startDeadline`);
  return {
    ...(job !== undefined && job !== id && { j: job }),
    ...timing,
    ...(jitterMs !== undefined && jitterMs > 0 && { r: jitterMs }),
    ...(overlap === 'allow' && { o: overlap }),
    ...(catchUp === 'none' && { m: catchUp }),
    ...(windowMs !== undefined && windowMs !== DEFAULT_CATCH_UP_WINDOW_MS && { w: windowMs }),
    ...(deadlineMs !== undefined && { d: deadlineMs }),
    ...(payload !== undefined && payload !== null && { p: payload }),
  };
}

function compileTimingKeys(spec: ScheduleSpec, id: string, field: string): Pick<ScheduleRule, 'c' | 'e' | 'z'> {
  const { cron, every, timezone } = spec;
  if ((cron === undefined) === (every === undefined)) {
    const problem = cron === undefined ? 'neither cron nor every' : 'both cron and every';
    throw new BelfryError('BAD_SCHEDULE', `${field} has ${problem}`, {
      field,
      hint: `exactly one of them: cron: "*/5 * * * *" or every: "90s"`,
    });
  }
  if (timezone !== undefined) openZone(timezone, `${field}.timezone`);
  const zone = timezone === undefined || isUtc(timezone) ? undefined : timezone;
  const everyMs =
    every === undefined ? readEvery(String(cron), `${field}.cron`) : readInterval(every, `${field}.every`);
  if (everyMs !== undefined) {
    if (zone !== undefined) throw zoneWithoutUse(zone, field);
    return { e: everyMs };
  }
  parseCron(cron as string, { seed: id, field: `${field}.cron` });
  return { c: (cron as string).trim().replaceAll(/\s+/g, ' '), ...(zone !== undefined && { z: zone }) };
}

function readInterval(every: Duration, field: string): DurationMs {
  return assertInterval(parseDuration(every, field), field);
}

function zoneWithoutUse(zone: string, field: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `${field}.timezone is ${quote(zone)}, but an interval has no time zone`, {
    field: `${field}.timezone`,
    hint: 'leave it out: an interval counts from the epoch; for a time of day in a zone write cron',
  });
}

function optionalDuration(value: Duration | undefined, field: string): DurationMs | undefined {
  return value === undefined ? undefined : parseDuration(value, field);
}

function readDeadline(value: Duration | undefined, field: string): DurationMs | undefined {
  const deadlineMs = optionalDuration(value, field);
  if (deadlineMs !== 0) return deadlineMs;
  throw new BelfryError('BAD_SCHEDULE', `${field} is 0, so each fire time would be missed`, {
    field,
    hint: 'a duration above 0, or leave it out for no deadline',
  });
}
