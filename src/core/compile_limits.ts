import { BelfryError } from './errors.ts';
import type { JobSpec } from './job.ts';
import { compileKey } from './key_template.ts';
import { assertKnownKeys } from './known_keys.ts';
import { jobKey, type JobLimit, type KeyLimit } from './limit.ts';
import { quote } from './quote.ts';
import { parseRate } from './rate.ts';

const HINT = "limits: [{ key: 'partner:{partner}', rate: '100/1m', concurrency: 4 }]";
const MOST_LIMITS = 8;
const MOST_WEIGHT = 1_000;

/**
 * The limits of a job, those of `fairness` and `ordered` with them; one key has one entry.
 * Throws BAD_JOB or BAD_DURATION, naming the field.
 */
export function compileLimits(name: string, job: Pick<JobSpec, 'limits' | 'fairness' | 'ordered'>): JobLimit[] {
  const found = new Map<string, JobLimit>();
  const add = (limit: JobLimit, field: string): void => {
    const before = found.get(limit.key);
    if (before && field.startsWith('limits')) {
      throw new BelfryError('BAD_JOB', `${field} has the same key as another limit`, {
        field,
        hint: 'one entry per key',
      });
    }
    found.set(limit.key, { ...before, ...limit });
  };
  readList(job.limits).forEach((limit, i) => add(compileLimit(name, limit, `limits[${i}]`), `limits[${i}]`));
  if (job.fairness !== undefined) add(compileFairness(job.fairness), 'fairness');
  if (job.ordered !== undefined) add({ key: compileKey(job.ordered, 'ordered'), order: 'strict' }, 'ordered');
  if (found.size > MOST_LIMITS) {
    throw new BelfryError('BAD_JOB', `limits has ${found.size} keys`, {
      field: 'limits',
      hint: `at most ${MOST_LIMITS}`,
    });
  }
  return [...found.values()];
}

function readList(limits: unknown): unknown[] {
  if (limits === undefined) return [];
  if (Array.isArray(limits)) return limits;
  throw new BelfryError('BAD_JOB', 'limits is not a list', { field: 'limits', hint: HINT });
}

function compileLimit(name: string, given: unknown, field: string): JobLimit {
  assertKnownKeys(given, ['key', 'rate', 'burst', 'concurrency', 'weight'], { code: 'BAD_JOB', field });
  const { key, ...amounts } = given as Record<string, unknown>;
  if (amounts['rate'] === undefined && amounts['concurrency'] === undefined) {
    throw new BelfryError('BAD_JOB', `${field} has neither rate nor concurrency`, { field, hint: HINT });
  }
  return { key: key === undefined ? jobKey(name) : compileKey(key, `${field}.key`), ...compileAmounts(amounts, field) };
}

/** Rate, burst, concurrency and weight of one key, which are known to be there. Throws BAD_JOB or BAD_DURATION. */
export function compileAmounts(given: Record<string, unknown>, field: string): KeyLimit {
  const { rate, burst, concurrency, weight } = given;
  const limit: KeyLimit = {};
  if (rate !== undefined) limit.rate = parseRate(rate as string, `${field}.rate`);
  if (concurrency !== undefined) limit.concurrency = assertCount(concurrency, `${field}.concurrency`, 1e6);
  if (weight !== undefined) limit.weight = assertCount(weight, `${field}.weight`, MOST_WEIGHT);
  if (burst !== undefined) {
    if (limit.rate === undefined) {
      throw new BelfryError('BAD_JOB', `${field}.burst is given without a rate`, {
        field: `${field}.burst`,
        hint: HINT,
      });
    }
    limit.burst = assertCount(burst, `${field}.burst`, limit.rate.count);
  }
  return limit;
}

function compileFairness(given: JobSpec['fairness']): JobLimit {
  if (typeof given !== 'object') return { key: compileKey(given, 'fairness') };
  assertKnownKeys(given, ['key', 'weight'], { code: 'BAD_JOB', field: 'fairness' });
  const key = compileKey(given.key, 'fairness.key');
  return given.weight === undefined
    ? { key }
    : { key, weight: assertCount(given.weight, 'fairness.weight', MOST_WEIGHT) };
}

function assertCount(value: unknown, field: string, most: number): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number;
  throw new BelfryError('BAD_JOB', `${field} is ${quote(value)}`, { field, hint: `a whole number from 1 to ${most}` });
}
