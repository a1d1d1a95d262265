import { BelfryError } from './errors.ts';
import type { DurationMs } from './time/units.ts';

/** How the attempts of a run are bounded. Compiled once from a `RetrySpec`, stored once per revision. */
export type RunPolicy = {
  attempts: number;
  backoff: {
    type: 'exponential' | 'linear' | 'fixed' | 'custom';
    initialMs: DurationMs;
    maxMs: DurationMs;
    jitter: 'full' | 'equal' | 'none';
    /** Of a custom backoff: one delay after the other, the last one again and again. */
    delaysMs?: DurationMs[];
  };
  /** Names of error classes, or codes: only these are tried again. */
  retryOnly?: string[];
  /** Names of error classes, or codes: these are the end of a run. */
  retryNever?: string[];
  /** 0 means no timeout. */
  timeoutMs: DurationMs;
};

/** A fleet-wide start rate for one job: `count` starts in `periodMs`. */
export type RateLimit = { count: number; periodMs: DurationMs };

export function assertPriority(priority: number, field: string): number {
  if (!Number.isInteger(priority) || priority < 0 || priority > 9) {
    throw new BelfryError('BAD_JOB', `${field} is ${String(priority)}`, {
      field,
      hint: 'a whole number from 0 to 9; 9 is most urgent, 5 is the default',
    });
  }
  return priority;
}
