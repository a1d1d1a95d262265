import { BelfryError } from './errors.ts';
import { unpackExtras } from './extras.ts';
import { jobKey, queueKey, unpackKeys } from './limit.ts';
import { quote } from './quote.ts';
import type { KeyHold, Run } from './run.ts';
import { parseDuration } from './time/duration.ts';
import type { Duration, DurationMs, EpochMs } from './time/units.ts';

/** What a job does when its handler throws an answer with status 429 and a Retry-After. */
export type On429 = 'hold' | 'fail';

/**
 * Throw this from a handler, or call `rateLimited`, when whoever it works for takes no more at the moment: the run goes
 * back uncounted and nothing of its key starts for `retryAfterMs`.
 */
export class RateLimitedError extends BelfryError {
  /** Ms. */
  readonly retryAfterMs: DurationMs;
  /** One of the run's keys; undefined for its first. */
  readonly key: string | undefined;

  constructor(retryAfter: Duration, key?: string) {
    const retryAfterMs = parseDuration(retryAfter, 'retryAfter');
    super('RATE_LIMITED', `${key ?? 'the key of this run'} takes no more for ${retryAfterMs} ms`);
    this.name = 'RateLimitedError';
    this.retryAfterMs = retryAfterMs;
    this.key = key;
  }
}

/** `rateLimited('30s')` or `rateLimited('partner:x', '30s')`: always throws. */
export function rateLimited(...words: [retryAfter: Duration] | [key: string, retryAfter: Duration]): never {
  if (words.length === 1) throw new RateLimitedError(words[0]);
  throw new RateLimitedError(words[1], words[0]);
}

/** After so many refusals a run is a failing one: somebody should see it, and its attempts should end at some time. */
const MOST_REFUSALS = 1_000;
const SHORTEST_MS: DurationMs = 1_000;
const LONGEST_MS: DurationMs = 86_400_000;

/**
 * The hold that a thrown "not now" asks for, between a second and a day; undefined where it is an ordinary failure, which
 * a run that was refused 1,000 times is. An error where the handler names a key that its run has not.
 */
export function holdOf(
  run: Run,
  { thrown, on429 }: { thrown: unknown; on429: On429 },
  now: EpochMs,
): KeyHold | BelfryError | undefined {
  const said = isRateLimited(thrown) ? thrown : undefined;
  const ms = said?.retryAfterMs ?? (on429 === 'hold' ? readRetryAfter(retryAfterIn(thrown), now) : undefined);
  if (ms === undefined || Number(unpackExtras(run.extras).refusals ?? 0) >= MOST_REFUSALS) return undefined;
  const keys = keysOf(run);
  const wanted = said?.key === undefined ? keys[0] : keys.find(({ key }) => key === said.key);
  if (wanted !== undefined) return { ...wanted, ms: Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS) };
  return new BelfryError('BAD_USAGE', `rateLimited names the key ${quote(said?.key)}, which its run has not`, {
    field: 'key',
    hint: `one of ${keys.map(({ key }) => key).join(', ')}`,
  });
}

/** Told by its code: a job file may have the package from elsewhere, and the class with it. */
export function isRateLimited(thrown: unknown): thrown is RateLimitedError {
  const { code, retryAfterMs } = fieldsOf(thrown);
  return code === 'RATE_LIMITED' && typeof retryAfterMs === 'number';
}

/** The keys that a run can hold up: those of its payload first. */
function keysOf({ keys, job, queue }: Run): Omit<KeyHold, 'ms'>[] {
  const own = [jobKey(job), queueKey(queue)].map((key) => ({ key, field: key }));
  return [...unpackKeys(keys).map(({ key, template }) => ({ key, field: `*${template}` })), ...own];
}

/** The Retry-After of an answer with status 429: thrown itself (fetch), or held by an error (`response`, `cause`). */
export function retryAfterIn(thrown: unknown): string | undefined {
  const { response, cause } = fieldsOf(thrown);
  for (const candidate of [thrown, response, cause]) {
    const { status, statusCode, headers } = fieldsOf(candidate);
    const text = status === 429 || statusCode === 429 ? headerOf(headers ?? fieldsOf(response)['headers']) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

function headerOf(headers: unknown): string | undefined {
  const { get } = fieldsOf(headers);
  const value =
    typeof get === 'function'
      ? (headers as Headers).get('retry-after')
      : Object.entries(fieldsOf(headers)).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const [text] = Array.isArray(value) ? (value as unknown[]) : [value];
  return typeof text === 'string' || typeof text === 'number' ? String(text) : undefined;
}

/** RFC 9110, 10.2.3: seconds, or an HTTP date. */
function readRetryAfter(text: string | undefined, now: EpochMs): DurationMs | undefined {
  if (text === undefined) return undefined;
  const ms = /^\s*\d{1,9}(?:\.\d+)?\s*$/.test(text) ? Math.ceil(Number(text) * 1_000) : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : ms;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
