import { BelfryError } from './errors.ts';
import type { LimitSpec } from './job.ts';
import { assertKnownKeys } from './known_keys.ts';
import type { RateLimit } from './policy.ts';
import { parseRate } from './rate.ts';

// Known by name so that they are refused in clear words, not with "did you mean".
const LATER_KEYS = ['key', 'concurrency'];
const HINT = "limits: [{ rate: '100/1m' }]";

/** The one start rate of a job, or undefined. Throws BAD_JOB on anything that Belfry could not hold to. */
export function compileLimits(limits: unknown): RateLimit | undefined {
  if (limits === undefined) return undefined;
  if (!Array.isArray(limits)) {
    throw new BelfryError('BAD_JOB', 'limits is not a list', { field: 'limits', hint: HINT });
  }
  if (limits.length > 1) {
    throw new BelfryError('BAD_JOB', `limits has ${limits.length} entries`, {
      field: 'limits',
      hint: `one entry per job: ${HINT}`,
    });
  }
  if (limits.length === 0) return undefined;
  const limit = limits[0] as LimitSpec;
  assertKnownKeys(limit, ['rate', ...LATER_KEYS], { code: 'BAD_JOB', field: 'limits[0]' });
  for (const key of LATER_KEYS) {
    if (!(key in limit)) continue;
    throw new BelfryError('BAD_JOB', `limits[0].${key} is not supported by this version of Belfry`, {
      field: `limits[0].${key}`,
      hint: `a limit is one start rate for the whole job: ${HINT}`,
    });
  }
  if (limit.rate === undefined) {
    throw new BelfryError('BAD_JOB', 'limits[0] has no rate', { field: 'limits', hint: HINT });
  }
  return parseRate(limit.rate, 'limits[0].rate');
}
