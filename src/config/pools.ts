import { BelfryError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { badValue, wholeNumber } from './reading.ts';
import type { Written } from './reading.ts';

/** Slots of one worker process, and the queues that they serve; `*` is every queue. */
export type PoolSettings = { readonly queues: readonly string[]; readonly concurrency: number };
export type Pools = Readonly<Record<string, PoolSettings>>;

const DEFAULT_CONCURRENCY = 20;
const MAX_CONCURRENCY = 10_000;
const KEYS = ['queues', 'concurrency'];
const NAME = /^[A-Za-z0-9_.\-/]{1,100}$/;

/** `{ "default": { "queues": ["*"], "concurrency": 20 } }` */
export function readPools(written: Written): Pools {
  const { value, place } = written;
  if (!isRecord(value) || Object.keys(value).length === 0) {
    throw badValue(written, 'an object such as { "default": { "queues": ["*"], "concurrency": 20 } }');
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, pool]) => {
      if (!NAME.test(name))
        throw badValue({ value: name, place: `${place}: a pool's name` }, 'letters, digits and _ . - /');
      return [name, readPool({ value: pool, place: `${place}.${name}` })];
    }),
  );
}

function readPool(written: Written): PoolSettings {
  const { value, place } = written;
  if (!isRecord(value)) throw badValue(written, 'an object with "queues" and "concurrency"');
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key)) throw unknownKey(key, place);
  }
  const concurrency = { value: value['concurrency'] ?? DEFAULT_CONCURRENCY, place: `${place}.concurrency` };
  return {
    queues: readQueues({ value: value['queues'] ?? ['*'], place: `${place}.queues` }),
    concurrency: wholeNumber(1, MAX_CONCURRENCY)(concurrency),
  };
}

function readQueues(written: Written): string[] {
  const { value } = written;
  const isQueue = (item: unknown): item is string => typeof item === 'string' && (item === '*' || NAME.test(item));
  if (!Array.isArray(value) || value.length === 0 || !value.every(isQueue)) {
    throw badValue(written, 'a list of queue names (letters, digits and _ . - /), or ["*"] for every queue');
  }
  return value;
}

function unknownKey(key: string, place: string): BelfryError {
  const near = suggest(key, KEYS);
  const hint = near === undefined ? `a pool has ${KEYS.join(' and ')}` : `did you mean "${near}"?`;
  return new BelfryError('BAD_CONFIG', `${place} has the unknown key "${key}"`, { field: `${place}.${key}`, hint });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
