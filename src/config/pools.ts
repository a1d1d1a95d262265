import { BelfryError } from '../core/errors.ts';
import { MOST_WEIGHT, readWeightedQueue, type QueueOrder } from '../core/queue_weights.ts';
import { suggest } from '../core/suggest.ts';
import { badValue, oneOf, wholeNumber } from './reading.ts';
import type { Reader, Written } from './reading.ts';

/** Slots of one worker process, and the queues that they serve. */
export type PoolSettings = {
  /** `name` or `name:weight`; `*` is every queue that is not named. */
  readonly queues: readonly string[];
  /** Default `weighted`. */
  readonly order?: QueueOrder;
  readonly concurrency: number;
};
export type Pools = Readonly<Record<string, PoolSettings>>;

const DEFAULT_CONCURRENCY = 20;
const MAX_CONCURRENCY = 10_000;
const KEYS = ['queues', 'order', 'concurrency'];
const QUEUES_HINT = `names of queues (letters, digits and _ . - /), each with a weight from 1 to ${MOST_WEIGHT} or none, such as critical:6,default:3,low; * is every queue that is not named`;
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
  if (!isRecord(value)) throw badValue(written, 'an object with "queues", "order" and "concurrency"');
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key)) throw unknownKey(key, place);
  }
  const concurrency = { value: value['concurrency'] ?? DEFAULT_CONCURRENCY, place: `${place}.concurrency` };
  const order =
    value['order'] === undefined ? undefined : readOrder({ value: value['order'], place: `${place}.order` });
  const queues = readQueues({ value: value['queues'] ?? ['*'], place: `${place}.queues` });
  assertOrder(queues, order, place);
  return {
    queues,
    ...(order === undefined ? {} : { order }),
    concurrency: wholeNumber(1, MAX_CONCURRENCY)(concurrency),
  };
}

/**
 * Pools with the queues and the order that variables name in the place of those of the file. They are meant for one pool.
 * Throws BAD_CONFIG.
 */
export function withQueues(pools: Pools, queues: readonly string[] | undefined, order: QueueOrder | undefined): Pools {
  if (queues === undefined && order === undefined) return pools;
  const field = queues === undefined ? 'BELFRY_QUEUE_ORDER' : 'BELFRY_QUEUES';
  const [[name, pool], ...others] = Object.entries(pools) as [[string, PoolSettings], ...unknown[]];
  if (others.length > 0) {
    throw new BelfryError('BAD_CONFIG', `${field} is meant for one pool, and ${others.length + 1} are configured`, {
      field,
      hint: `set queues and order of each pool in the configuration file: ${Object.keys(pools).join(', ')}`,
    });
  }
  const changed = { ...pool, ...(queues === undefined ? {} : { queues }), ...(order === undefined ? {} : { order }) };
  assertOrder(changed.queues, changed.order, field);
  return { [name]: changed };
}

export const readOrder: Reader<QueueOrder> = oneOf(['weighted', 'strict']);

function assertOrder(queues: readonly string[], order: QueueOrder | undefined, place: string): void {
  const weighted = queues.find((text) => text.includes(':'));
  if (order !== 'strict' || weighted === undefined) return;
  throw new BelfryError(
    'BAD_CONFIG',
    `${place}: a strict order has no weights, and there is ${JSON.stringify(weighted)}`,
    {
      field: place,
      hint: 'name the queues in their order, such as critical,default,low; or leave the order weighted',
    },
  );
}

/** `["critical:6", "default:3"]` in a file, `critical:6,default:3` in a variable. */
export const readQueues: Reader<readonly string[]> = (written) => {
  const { value, place } = written;
  const list: unknown[] =
    typeof value === 'string' ? value.split(',').map((text) => text.trim()) : isList(value) ? value : [];
  if (list.length === 0) throw badValue(written, QUEUES_HINT);
  const seen = new Set<string>();
  for (const item of list) {
    const read = typeof item === 'string' ? readWeightedQueue(item) : undefined;
    if (read === undefined) throw badValue({ value: item, place }, QUEUES_HINT);
    if (seen.has(read.queue)) throw badValue({ value: item, place }, `each queue once; ${read.queue} is there twice`);
    seen.add(read.queue);
  }
  return list as string[];
};

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function unknownKey(key: string, place: string): BelfryError {
  const near = suggest(key, KEYS);
  const hint = near === undefined ? `a pool has ${KEYS.join(', ')}` : `did you mean "${near}"?`;
  return new BelfryError('BAD_CONFIG', `${place} has the unknown key "${key}"`, { field: `${place}.${key}`, hint });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
