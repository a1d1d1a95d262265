import { BelfryError } from '../core/errors.ts';
import { encodeKey, isKeyOf } from '../core/key_template.ts';
import { jobKey, OPEN_LIMIT, unpackLimit, type KeyLimit } from '../core/limit.ts';
import { splitKey, templatesOf, type LimitTemplate } from '../core/limit_templates.ts';
import { quote } from '../core/quote.ts';
import type { FiledKey } from '../store/limits.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { unknownJob } from './job_records.ts';

/** A key, where its limit is filed, and the shards that it can have runs on. */
export type FoundKey = FiledKey & {
  template: string | undefined;
  /** Jobs whose runs can have the key. */
  jobs: string[];
  byJobFile: KeyLimit;
  shards: ShardStore[];
};

const LONGEST_KEY = 300;
const QUEUE = /^[\w./-]{1,100}$/;

/** Templates of all jobs, by field. */
export async function readTemplates(store: Store): Promise<Map<string, LimitTemplate>> {
  const records = (await Promise.all(store.shards.map(({ jobs }) => jobs.all()))).flatMap((all) => [...all.values()]);
  return templatesOf(records);
}

/** Throws BAD_USAGE for what cannot be a key, NOT_FOUND for the key of a job that there is not. */
export async function fileKey(
  store: Store,
  given: unknown,
  known?: ReadonlyMap<string, LimitTemplate>,
): Promise<FoundKey> {
  const key = assertKey(given);
  const [kind] = key.split(':');
  const name = key.slice(key.indexOf(':') + 1);
  if (kind === 'job') return fileJob(store, name, known === undefined);
  if (kind === 'queue') {
    if (!QUEUE.test(name)) throw badKey(given);
    return { key, field: key, template: undefined, jobs: [], byJobFile: {}, shards: store.shards };
  }
  const templates = known ?? (await readTemplates(store));
  const [field, found] = [...templates].find(([, { template }]) => isKeyOf(template, key)) ?? [`=${key}`, undefined];
  const { template, jobs = [], limit: byJobFile = {} } = found ?? {};
  return { key, field, template, jobs, byJobFile, shards: store.shards };
}

/** A job that is gone can have left its limit behind: a listing shows it. */
async function fileJob(store: Store, name: string, isNamed: boolean): Promise<FoundKey> {
  const key = jobKey(name);
  const shard = store.of(name);
  const [record, configured] = await Promise.all([shard.jobs.get(name), shard.limits.configured()]);
  if (isNamed && record === undefined && !configured.has(`=${key}`)) throw await unknownJob(store, name);
  const limit = record?.limits.find((one) => one.key === key);
  const byJobFile = limit === undefined ? unpackLimit(configured.get(key) ?? OPEN_LIMIT) : splitKey(limit).limit;
  return { key, field: key, template: undefined, jobs: [name], byJobFile, shards: [shard] };
}

function assertKey(given: unknown): string {
  if (typeof given !== 'string') throw badKey(given);
  if (/[{}]/.test(given)) {
    throw new BelfryError('BAD_USAGE', `${quote(given)} is a template, not a key`, {
      field: 'key',
      hint: 'the key of one payload, such as partner:x; the limit of all of them is in the job files',
    });
  }
  const key = /^[\w.:/@%-]+$/.test(given) ? given : encodeKey(given);
  if (key !== '' && key.length <= LONGEST_KEY) return key;
  throw badKey(given);
}

function badKey(given: unknown): BelfryError {
  return new BelfryError('BAD_USAGE', `the key is ${quote(given)}`, {
    field: 'key',
    hint: 'job:NAME, queue:NAME, or a key of a job such as partner:x',
  });
}
