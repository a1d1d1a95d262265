import { START, type TestShard } from './test_shard.ts';
import { newAdmission, type Admission, type ModelLimit } from './admission_model.ts';
import { openLimited, type LimitedShard } from './limited_shard.ts';
import type { TestRedis } from './redis.ts';
import type { Attempt } from '../../src/core/run.ts';

/** Jobs that share keys in all ways there are, two queues with a limit of their own, and the model of all that. */
const PARTNER = { key: 'partner:{partner}', rate: '8/1s', burst: 4, concurrency: 2 };
const ACCOUNT = { key: 'account:{account}', rate: '6/2s', burst: 3 };
const SPECS = [
  { limits: [PARTNER, { concurrency: 3 }] },
  { limits: [PARTNER, ACCOUNT], ordered: ACCOUNT.key },
  { limits: [ACCOUNT, { rate: '5/1s', burst: 5 }], ordered: ACCOUNT.key },
  {},
];
const KEYS_OF = { a: ['partner'], b: ['partner', 'account'], c: ['account'], d: [] } as const;

export const QUEUES = ['q', 'r'] as const;
export type JobName = keyof typeof KEYS_OF;
export type Order = {
  job: JobName;
  count: number;
  delayMs: number;
  priority: number;
  queue: (typeof QUEUES)[number];
  partner: string;
  account: string;
};

const partner: ModelLimit = { slots: 2, rate: { count: 8, periodMs: 1_000, burst: 4 } };
const account: ModelLimit = { order: 'strict', rate: { count: 6, periodMs: 2_000, burst: 3 } };
const LIMITS: Readonly<Record<string, ModelLimit>> = {
  'partner:x': partner,
  'partner:y': partner,
  'account:1': account,
  'account:2': account,
  'job:a': { slots: 3 },
  'job:c': { rate: { count: 5, periodMs: 1_000, burst: 5 } },
  'queue:q': { slots: 4 },
  'queue:r': { rate: { count: 6, periodMs: 1_000, burst: 3 } },
};

export type World = {
  shard: LimitedShard;
  model: Admission;
  /** Every attempt that was ever claimed, oldest first. */
  seen: Attempt[];
  made: number;
};

export async function openWorld(redis: Pick<TestRedis, 'path'>): Promise<World> {
  const shard = await openLimited(redis, ...SPECS);
  await shard.limits.set({ key: 'queue:q', field: 'queue:q' }, { concurrency: 4 });
  await shard.limits.set({ key: 'queue:r', field: 'queue:r' }, { rate: { count: 6, periodMs: 1_000 }, burst: 3 });
  return { shard, model: newAdmission(START, LIMITS), seen: [], made: 0 };
}

/** Where the model files a run of this order. */
export function placeOf(order: Order): { queue: string; lane: string; keys: string[] } {
  const { job, queue, priority } = order;
  const payloadKeys = KEYS_OF[job].map((name) => `${name}:${order[name]}`);
  return {
    queue,
    lane: [queue, String(priority), job, ...payloadKeys].join('|'),
    keys: [`queue:${queue}`, `job:${job}`, ...payloadKeys],
  };
}

/** All that is left of limits and queues: undefined or empty when every run is over and the leader has looked. */
export async function remainsOf({ shard: { connection, shard } }: { shard: TestShard }): Promise<string[]> {
  const names = ['active', 'turns', 'blocked_keys', 'deficits', 'running', 'leases', 'runs', 'cancels'];
  const patterns = ['blocked:*', 'parked:*', 'ready:*', 'lane:*', 'delayed:*'];
  const found = await Promise.all(patterns.map((pattern) => connection.keys(shard.key(pattern))));
  const present = await Promise.all(names.map((name) => connection.exists(shard.key(name))));
  const left = names.filter((_, i) => present[i] === 1);
  return [...left, ...found.flat().map((key) => key.slice(shard.prefix.length))];
}
