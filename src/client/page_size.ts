import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

/** How many entries an answer may hold. Throws BAD_USAGE naming `limit` for what is no whole number from 1 to `most`. */
export function readLimit(limit: number, most: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new BelfryError('BAD_USAGE', `limit is ${quote(limit)}`, {
    field: 'limit',
    hint: `a whole number from 1 to ${most}`,
  });
}
