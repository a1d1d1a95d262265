import { BelfryError } from './errors.ts';
import type { BackoffSpec, RetrySpec } from './job.ts';
import { assertKnownKeys, readWord } from './known_keys.ts';
import type { RunPolicy } from './policy.ts';
import { quote } from './quote.ts';
import type { RetryCode } from './retry_decision.ts';
import { formatDuration, parseDuration } from './time/duration.ts';
import type { Duration } from './time/units.ts';

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_INITIAL_MS = 1_000;
const DEFAULT_MAX_MS = 300_000;
/** More attempts than this is a loop, not a retry: with the default cap it would take 3½ days. */
const MAX_ATTEMPTS = 1_000;

const MOST_NAMES = 100;

const RETRY_KEYS = [
  'attempts',
  'backoff',
  'only',
  'never',
  'when',
  'delay',
] as const satisfies readonly (keyof RetrySpec)[];
const BACKOFF_KEYS = ['type', 'initial', 'delays', 'max', 'jitter'] as const satisfies readonly (keyof BackoffSpec)[];
const TYPES = ['exponential', 'linear', 'fixed', 'custom'] as const;
const JITTERS = ['full', 'equal', 'none'] as const;

/**
 * Turns the retry and timeout of a job file into the policy that is stored with its runs, defaults filled in:
 * 3 attempts, exponential from 1 s up to 5 min, full jitter, no timeout (0 ms).
 * Throws BAD_JOB or BAD_DURATION naming the key.
 */
export function compilePolicy(retry: RetrySpec | undefined, timeout?: Duration): RunPolicy {
  const spec = retry ?? {};
  assertKnownKeys(spec, RETRY_KEYS, { code: 'BAD_JOB', field: 'retry' });
  const names = {
    ...compileNames('retryOnly', spec.only, 'retry.only'),
    ...compileNames('retryNever', spec.never, 'retry.never'),
  };
  assertApart(names);
  return {
    attempts: readAttempts(spec.attempts),
    backoff: compileBackoff(spec.backoff ?? {}),
    ...names,
    timeoutMs: timeout === undefined ? 0 : parseDuration(timeout, 'timeout'),
  };
}

function assertApart({ retryOnly = [], retryNever = [] }: Pick<RunPolicy, 'retryOnly' | 'retryNever'>): void {
  const both = retryOnly.find((name) => retryNever.includes(name));
  if (both === undefined) return;
  throw new BelfryError('BAD_JOB', `retry.only and retry.never both name ${quote(both)}`, {
    field: 'retry.never',
    hint: 'an error is tried again or it is not: keep one of the two',
  });
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

/** The parts of a retry policy that are code; undefined where there are none. */
export function compileRetryCode(retry: RetrySpec | undefined): RetryCode | undefined {
  const { when, delay } = retry ?? {};
  for (const [name, code] of Object.entries({ when, delay })) {
    if (code === undefined || typeof code === 'function') continue;
    throw new BelfryError('BAD_JOB', `retry.${name} is ${quote(code)}, not a function`, {
      field: `retry.${name}`,
      hint: name === 'when' ? 'when: (error) => error.status !== 404' : 'delay: ({ failures }) => failures * 1_000',
    });
  }
  if (when === undefined && delay === undefined) return undefined;
  return { ...(when === undefined ? {} : { when }), ...(delay === undefined ? {} : { delay }) };
}

function compileNames(key: 'retryOnly' | 'retryNever', names: unknown, field: string): Partial<RunPolicy> {
  if (names === undefined) return {};
  const list: unknown[] = Array.isArray(names) ? names : [];
  const texts = list.filter((name): name is string => typeof name === 'string' && name !== '');
  if (texts.length > 0 && texts.length === list.length && texts.length <= MOST_NAMES) return { [key]: texts };
  throw new BelfryError('BAD_JOB', `${field} is ${quote(names)}`, {
    field,
    hint: `a list of names of error classes or codes, such as ['ValidationError', 'ENOENT']`,
  });
}

function compileBackoff(spec: BackoffSpec): RunPolicy['backoff'] {
  assertKnownKeys(spec, BACKOFF_KEYS, { code: 'BAD_JOB', field: 'retry.backoff' });
  const type = readWord(spec.type, TYPES, { code: 'BAD_JOB', field: 'retry.backoff.type' });
  const jitter = readWord(spec.jitter, JITTERS, { code: 'BAD_JOB', field: 'retry.backoff.jitter' });
  if (spec.delays !== undefined || type === 'custom') return compileDelays(spec, jitter ?? 'none');
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
    type: type ?? 'exponential',
    initialMs,
    maxMs: max ?? Math.max(DEFAULT_MAX_MS, initialMs),
    jitter: jitter ?? 'full',
  };
}

/** A delay that somebody has written out is meant, so there is no jitter unless it is asked for. */
function compileDelays(spec: BackoffSpec, jitter: RunPolicy['backoff']['jitter']): RunPolicy['backoff'] {
  const field = 'retry.backoff.delays';
  const { delays, type } = spec;
  const hint = "a list of 1 to 1000 durations, such as delays: ['1s', '10s', '1m']";
  if (!Array.isArray(delays) || delays.length === 0 || delays.length > MAX_ATTEMPTS) {
    throw new BelfryError('BAD_JOB', `${field} is ${quote(delays)}`, { field, hint });
  }
  if (type !== undefined && type !== 'custom') {
    throw new BelfryError('BAD_JOB', `${field} does not go with the type ${type}`, {
      field,
      hint: 'leave the type out, or the delays',
    });
  }
  if (spec.initial !== undefined) {
    throw new BelfryError('BAD_JOB', `${field} does not go with initial`, {
      field: 'retry.backoff.initial',
      hint: 'the first of the delays is the initial one',
    });
  }
  const delaysMs = (delays as Duration[]).map((delay, index) => parseDuration(delay, `${field}[${index}]`));
  const maxMs = spec.max === undefined ? Math.max(...delaysMs) : parseDuration(spec.max, 'retry.backoff.max');
  return { type: 'custom', initialMs: delaysMs[0] ?? 0, maxMs, jitter, delaysMs };
}
