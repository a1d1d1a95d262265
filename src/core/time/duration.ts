import readDuration from 'parse-duration';
import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { Duration, DurationMs } from './units.ts';

/**
 * parse-duration skips what it does not know ("3m, or so" is 3 min) and reads a bare "90" as ms, so the shape is checked
 * first. Months and years are left out because they have no fixed length; so `P1M`, which it takes for a minute, is out too.
 */
const NUMBERS_WITH_UNITS =
  /^\s*(?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)\s*)+$/i;
const ISO_8601 = /^\s*P(?=.)(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?\s*$/;
const LONGEST_TEXT = 100;
const LONGEST_LENGTH_MS = 3_650 * 86_400_000;

/**
 * Reads a duration: whole milliseconds as a number, or text such as `90s`, `1h 30m`, `PT5M`.
 * The result is a whole number of ms, 0 or more. Throws BAD_DURATION naming `field`.
 */
export function parseDuration(value: Duration, field = 'duration'): DurationMs {
  const exactMs = typeof value === 'number' ? value : readText(value);
  // 1.1 s is 1100.0000000000002 ms in binary: what is that near to a whole number was meant to be one.
  const ms = Math.round(exactMs);
  if (!Number.isSafeInteger(ms) || ms < 0 || Math.abs(exactMs - ms) > 1e-6) {
    throw new BelfryError('BAD_DURATION', `${field} is ${quote(value)}`, { field, hint: hintFor(value) });
  }
  return ms + 0;
}

/**
 * As parseDuration, for a length that counts from some moment on: a number that is too large for one was meant as an
 * instant, and a run with such a delay would never start. Throws BAD_DURATION.
 */
export function parseLength(value: Duration, field: string): DurationMs {
  const ms = parseDuration(value, field);
  if (ms <= LONGEST_LENGTH_MS) return ms;
  throw new BelfryError('BAD_DURATION', `${field} is ${quote(value)}, a length of more than 10 years`, {
    field,
    hint: 'a length such as "10m", and no instant; a deadline can be one, as text: "2026-03-01T09:00:00Z"',
  });
}

function readText(text: unknown): number {
  if (typeof text !== 'string' || text.length > LONGEST_TEXT) return NaN;
  if (NUMBERS_WITH_UNITS.test(text)) return readDuration(text) ?? NaN;
  // Without its P and T: parse-duration takes the `DT` of `P1DT12H` for a unit that it does not know, and drops the day.
  return ISO_8601.test(text) ? (readDuration(text.replaceAll(/[PT]/g, ' ')) ?? NaN) : NaN;
}

function hintFor(value: unknown): string {
  if (typeof value === 'string' && /^\s*\d+\s*$/.test(value)) {
    return `text needs a unit: "${value.trim()}s" or "${value.trim()}ms"`;
  }
  return 'whole milliseconds as a number, or text such as "90s", "1h 30m" or "PT5M" (no months, no years)';
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A duration in ms as people write it: `1h 30m`, `1s 500ms`, `0s`. `parseDuration` reads it back to the same number. */
export function formatDuration(ms: DurationMs): string {
  let rest = Math.round(ms);
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}
