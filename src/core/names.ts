import { BelfryError } from './errors.ts';
import { quote } from './quote.ts';

const NAME = /^[A-Za-z0-9_.\-/]+$/;
const LONGEST_NAME = 100;

/**
 * Checks a job or queue name and answers it. The characters are the ones that need no escape in a URL, a metric label
 * and a Redis key; `@` is kept for run ids (`<schedule>@<fireTime>`), `{`, `}` and `|` for keys.
 */
export function assertName(name: unknown, field: string): string {
  if (typeof name !== 'string' || !NAME.test(name) || name.length > LONGEST_NAME) {
    throw new BelfryError('BAD_JOB', `${field} is ${quote(name)}`, {
      field,
      hint: `1 to ${LONGEST_NAME} of the characters A–Z a–z 0–9 _ . - and /`,
    });
  }
  return name;
}
