import { BelfryError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { quote } from './quote.ts';
import { suggest } from './suggest.ts';

/** Where a value stands, for the error about it: the code to throw and the name the user knows it by. */
export type Site = { code: ErrorCode; field: string };

/**
 * Refuses a value that is not a plain object, or that has a key outside `known`, with a "did you mean".
 * A key whose value is undefined counts as left out.
 */
export function assertKnownKeys(value: unknown, known: readonly string[], site: Site): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BelfryError(site.code, `${site.field} is ${quote(value)}, not an object`, {
      field: site.field,
      hint: `an object with ${known.join(', ')}`,
    });
  }
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined || known.includes(key)) continue;
    const meant = suggest(key, known);
    throw new BelfryError(site.code, `${site.field}.${key} is not known`, {
      field: `${site.field}.${key}`,
      hint: meant === undefined ? `${site.field} takes ${known.join(', ')}` : `did you mean ${meant}?`,
    });
  }
}

/** Returns the value when it is one of the words, or undefined when it was left out; refuses anything else. */
export function readWord<Word extends string>(value: unknown, words: readonly Word[], site: Site): Word | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const meant = typeof value === 'string' ? suggest(value, words) : undefined;
  throw new BelfryError(site.code, `${site.field} is ${quote(value)}`, {
    field: site.field,
    hint: meant === undefined ? `one of ${words.join(', ')}` : `did you mean ${meant}?`,
  });
}
