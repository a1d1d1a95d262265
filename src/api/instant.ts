import { Type } from 'typebox';
import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { EpochMs } from '../core/time/units.ts';

/** ISO 8601 with its offset, as a request writes an instant. */
export const Instant = Type.String({ format: 'date-time' });

/** Throws BAD_USAGE naming the field. */
export function epochOf(text: string, field: string): EpochMs {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new BelfryError('BAD_USAGE', `${field} is ${quote(text)}`, { field, hint: 'such as 2026-03-29T00:00:00Z' });
}
