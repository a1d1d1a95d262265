import { BelfryError } from './errors.ts';
import type { BackoffSpec, RetrySpec } from './job.ts';
import { assertKnownKeys, readWord } from './known_keys.ts';
import type { RunPolicy } from './policy.ts';
import { quote } from './quote.ts';
import { formatDuration, parseDuration } from './time/duration.ts';
import type { Duration } from './time/units.ts';

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_INITIAL_MS = 1_000;
const DEFAULT_MAX_MS = 300_000;
/** More attempts than this is a loop, not a retry: with the default cap it would take 3½ days. */
const MAX_ATTEMPTS = 1_000;

const RETRY_KEYS = ['attempts', 'backoff'] as const satisfies readonly (keyof RetrySpec)[];
const BACKOFF_KEYS = ['type', 'initial', 'max', 'jitter'] as const satisfies readonly (keyof BackoffSpec)[];

/**
 * Turns the retry and timeout of a job file into the policy that is stored with its runs, defaults filled in:
 * 3 attempts, exponential from 1 s up to 5 min, full jitter, no timeout (0 ms).
 * Throws BAD_JOB or BAD_DURATION naming the key.
 */
export function compilePolicy(retry: RetrySpec | undefined, timeout?: Duration): RunPolicy {
  const spec = retry ?? {};
  assertKnownKeys(spec, RETRY_KEYS, { code: 'BAD_JOB', field: 'retry' });
  return {
    attempts: readAttempts(spec.attempts),
    backoff: compileBackoff(spec.backoff ?? {}),
    timeoutMs: timeout === undefined ? 0 : parseDuration(timeout, 'timeout'),
  };
}

function readAttempts(attempts: unknown): number {
  if (attempts === undefined) return DEFAULT_ATTEMPTS;
  if (typeof attempts !== 'number' || !Number.isInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
    throw new BelfryError('BAD_JOB', `retry.attempts is ${quote(attempts)}`, {
      field: 'retry.attempts',
      hint: `a whole number from 1 to ${MAX_ATTEMPTS}, the first attempt included`,
    });
  }
  return attempts;
}

function compileBackoff(spec: BackoffSpec): RunPolicy['backoff'] {
  assertKnownKeys(spec, BACKOFF_KEYS, { code: 'BAD_JOB', field: 'retry.backoff' });
  const initial = spec.initial === undefined ? undefined : parseDuration(spec.initial, 'retry.backoff.initial');
  const max = spec.max === undefined ? undefined : parseDuration(spec.max, 'retry.backoff.max');
  if (initial !== undefined && max !== undefined && initial > max) {
    throw new BelfryError('BAD_JOB', 'retry.backoff.max is less than retry.backoff.initial', {
      field: 'retry.backoff.max',
      hint: `at least ${formatDuration(initial)}`,
    });
  }
  // A default gives way to the bound the user did write: `initial: '10m'` alone means a cap of 10 min, not an error.
  const initialMs = initial ?? Math.min(DEFAULT_INITIAL_MS, max ?? Infinity);
  return {
    type:
      readWord(spec.type, ['exponential', 'fixed'], { code: 'BAD_JOB', field: 'retry.backoff.type' }) ?? 'exponential',
    initialMs,
    maxMs: max ?? Math.max(DEFAULT_MAX_MS, initialMs),
    jitter: readWord(spec.jitter, ['full', 'none'], { code: 'BAD_JOB', field: 'retry.backoff.jitter' }) ?? 'full',
  };
}
