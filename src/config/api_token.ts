import { BelfryError } from '../core/errors.ts';
import { secretFrom } from './environment.ts';

const SHORTEST = 16;

/** The token of the HTTP API, from BELFRY_API_TOKEN or its file; without one the API answers nothing that needs one. */
export function readApiToken(variables: ReadonlyMap<string, string>): string | undefined {
  const written = secretFrom(variables, 'BELFRY_API_TOKEN');
  if (written === undefined) return undefined;
  if (new RegExp(`^[\\x21-\\x7e]{${String(SHORTEST)},}$`).test(written.value)) return written.value;
  throw new BelfryError('BAD_CONFIG', `${written.place} is too short, or has spaces`, {
    field: written.place,
    hint: `at least ${String(SHORTEST)} printable characters, such as the answer of: openssl rand -hex 32`,
  });
}
