import { BelfryError } from './errors.ts';
import { assertKnownKeys } from './known_keys.ts';
import { quote } from './quote.ts';
import { parseDuration } from './time/duration.ts';
import type { Duration, DurationMs } from './time/units.ts';

/** What a job promises, as its file writes it. The alert rules judge each job by its own promise. */
export type SloSpec = {
  /** How late it may start: since its oldest fire time that is due and has not started. Default `60s`. */
  lag?: Duration;
  /** Failed attempts in a row until it counts as failing. Default 3. */
  failures?: number;
  /** Share of its runs that are to succeed, above 0 and below 1: 0.999. Default: no objective. */
  success?: number;
  /** How long an attempt may run until it counts as stuck. Default: the job's `timeout`, where it has one. */
  duration?: Duration;
};

/** What a job promises beside its lag; a part that is left out has its default. */
export type Slo = { failures?: number; success?: number; durationMs?: DurationMs };

const DEFAULT_LAG_MS: DurationMs = 60_000;
export const DEFAULT_FAILURES = 3;
const MOST_FAILURES = 1_000;

/** Throws BAD_JOB or BAD_DURATION; `field` names the part that is wrong. */
export function compileSlo(slo: SloSpec | undefined): { sloLagMs: DurationMs; slo: Slo } {
  if (slo === undefined) return { sloLagMs: DEFAULT_LAG_MS, slo: {} };
  assertKnownKeys(slo, ['lag', 'failures', 'success', 'duration'], { code: 'BAD_JOB', field: 'slo' });
  return {
    sloLagMs: slo.lag === undefined ? DEFAULT_LAG_MS : parseDuration(slo.lag, 'slo.lag'),
    slo: {
      ...(slo.failures === undefined ? {} : { failures: readFailures(slo.failures) }),
      ...(slo.success === undefined ? {} : { success: readSuccess(slo.success) }),
      ...(slo.duration === undefined ? {} : { durationMs: readDuration(slo.duration) }),
    },
  };
}

function readFailures(failures: unknown): number {
  if (Number.isInteger(failures) && (failures as number) >= 1 && (failures as number) <= MOST_FAILURES) {
    return failures as number;
  }
  throw new BelfryError('BAD_JOB', `slo.failures is ${quote(failures)}`, {
    field: 'slo.failures',
    hint: `failed attempts in a row, a whole number from 1 to ${MOST_FAILURES}`,
  });
}

function readSuccess(success: unknown): number {
  if (typeof success === 'number' && success > 0 && success < 1) return success;
  const isPercent = typeof success === 'number' && success > 1 && success < 100;
  throw new BelfryError('BAD_JOB', `slo.success is ${quote(success)}`, {
    field: 'slo.success',
    hint: isPercent
      ? `a share and not a percentage: ${Number((success / 100).toPrecision(12))}`
      : 'the share of runs that are to succeed, above 0 and below 1, such as 0.999',
  });
}

function readDuration(duration: Duration): DurationMs {
  const ms = parseDuration(duration, 'slo.duration');
  if (ms > 0) return ms;
  throw new BelfryError('BAD_JOB', `slo.duration is ${quote(duration)}`, {
    field: 'slo.duration',
    hint: 'longer than nothing, such as 10m; leave it out for the timeout of the job',
  });
}
