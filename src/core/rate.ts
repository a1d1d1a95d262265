import { BelfryError } from './errors.ts';
import type { RateLimit } from './policy.ts';
import { quote } from './quote.ts';
import { parseDuration } from './time/duration.ts';
import type { DurationMs } from './time/units.ts';

const RATE = /^\s*(\d{1,9})\s*\/\s*(\S.*)$/s;

/**
 * Reads a start rate such as `20/1s` or `100/1m`: count, slash, period.
 * Throws BAD_JOB naming `field`.
 */
export function parseRate(text: string, field = 'rate'): RateLimit {
  const match = typeof text === 'string' ? RATE.exec(text) : null;
  const count = Number(match?.[1] ?? 0);
  const periodMs = readPeriod(match?.[2] ?? '');
  if (count < 1 || periodMs < 1) throw badRate(text, field);
  return { count, periodMs };
}

/** 0 for none. */
function readPeriod(text: string): DurationMs {
  try {
    return parseDuration(text);
  } catch {
    return 0;
  }
}

function badRate(text: unknown, field: string): BelfryError {
  return new BelfryError('BAD_JOB', `${field} is ${quote(text)}`, { field, hint: hintFor(text) });
}

function hintFor(text: unknown): string {
  const [, count, unit] = /^\s*(\d+)\s*\/\s*(ms|s|m|h|d)\s*$/.exec(String(text)) ?? [];
  if (count !== undefined) return `the period needs a number: did you mean "${count}/1${unit}"?`;
  return 'a count and a period, both at least 1, such as "20/1s" or "100/1m"';
}
