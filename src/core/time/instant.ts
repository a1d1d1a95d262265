import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { daysInMonth } from './civil.ts';
import { TIME_END } from './timing_kind.ts';
import type { EpochMs } from './units.ts';
import { instantsOf } from './wall.ts';
import type { Zone } from './zone.ts';

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** An instant as it was written: where it has no offset, what the wall clock shows. */
export type WrittenInstant = {
  /** Local ms: the ms since 1970-01-01T00:00:00 on a clock that shows the text. */
  localMs: number;
  /** Offset from UTC in ms; undefined where the text has none. */
  offsetMs: number | undefined;
};

/** Reads ISO 8601: a date, or a date and time, with or without an offset. Undefined for anything else. */
export function readIso(text: unknown): WrittenInstant | undefined {
  const match = typeof text === 'string' ? ISO.exec(text.trim()) : null;
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  if (!isDate || hour > 23 || minute > 59 || second > 59) return undefined;
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second) + Number((match[7] ?? '').padEnd(3, '0'));
  const offset = match[8];
  if (offset === undefined) return { localMs, offsetMs: undefined };
  const offsetMs = readOffset(offset);
  return offsetMs === undefined ? undefined : { localMs, offsetMs };
}

function readOffset(text: string): number | undefined {
  if (text.toUpperCase() === 'Z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/**
 * Reads an instant of the years 1970 to 2199: ISO 8601, local to the zone where it has no offset. A local time in a gap
 * is the instant of the change, one in an overlap its first showing. A date alone is its midnight.
 * Throws BAD_SCHEDULE naming `field`.
 */
export function readInstant(text: unknown, zone: Zone, field: string): EpochMs {
  const written = readIso(text);
  if (written === undefined) throw badInstant(text, field);
  const at = instantOf(written, zone);
  if (at !== undefined && at >= 0 && at < TIME_END) return at;
  throw new BelfryError('BAD_SCHEDULE', `${field} is ${quote(text)}, outside the years that are planned`, {
    field,
    hint: 'an instant from 1970 to 2199',
  });
}

function instantOf({ localMs, offsetMs }: WrittenInstant, zone: Zone): EpochMs | undefined {
  if (offsetMs !== undefined) return localMs - offsetMs;
  const [second] = instantsOf(zone, Math.floor(localMs / 1_000), { gap: 'transition', overlap: 'first' });
  return second === undefined ? undefined : second * 1_000 + (localMs % 1_000);
}

function badInstant(text: unknown, field: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `${field} is ${quote(text)}, which is no instant`, {
    field,
    hint: 'ISO 8601 such as "2026-03-01T09:00:00Z", or without an offset for the time in the zone',
  });
}
