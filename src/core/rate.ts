import { BelfryError } from './errors.ts';
import type { RateLimit } from './policy.ts';
import { quote } from './quote.ts';
import { parseDuration } from './time/duration.ts';

const RATE = /^\s*(\d{1,9})\s*\/\s*(\S.*)$/s;

/**
 * Reads a start rate such as `20/1s` or `100/1m`: count, slash, period.
 * Throws BAD_JOB, or BAD_DURATION for the period, naming `field`.
 */
export function parseRate(text: string, field = 'rate'): RateLimit {
  const match = typeof text === 'string' ? RATE.exec(text) : null;
  const count = Number(match?.[1] ?? 0);
  if (match === null || count < 1) throw badRate(text, field);
  const periodMs = parseDuration(match[2] ?? '', field);
  if (periodMs < 1) throw badRate(text, field);
  return { count, periodMs };
}

function badRate(text: unknown, field: string): BelfryError {
  return new BelfryError('BAD_JOB', `${field} is ${quote(text)}`, {
    field,
    hint: 'a count and a period, both at least 1, such as "20/1s" or "100/1m"',
  });
}
