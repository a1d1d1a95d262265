import { expect, test } from 'vitest';
import { templateId } from '../../src/core/limit.ts';
import type { Attempt } from '../../src/core/run.ts';
import { openLimited, type LimitedShard } from '../support/limited_shard.ts';
import { startRedis } from '../support/redis.ts';
import { seededChance, type Chance } from '../support/seeded.ts';
import { KEEP_ALL, retrying, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const PARTNER = { key: 'partner:{partner}', concurrency: 2, rate: '20/1s' };
const SPECS = [{ limits: [PARTNER, { concurrency: 4 }] }, { limits: [PARTNER], ordered: 'account:{account}' }];
const SLOTS = { 'partner:x': 2, 'partner:y': 2, 'job:a': 4, 'queue:default': 5 };
const PARTNERS = ['partner:x', 'partner:y'];
const FIELD = `*${templateId('partner:{partner}')}`;

type World = { shard: LimitedShard; chance: Chance; running: Map<string, Attempt>; made: number };

/** Nothing exceeds its slots, slots that are counted are those of running runs, and no two runs of an account run. */
async function assertCounts({ shard, running }: World): Promise<void> {
  const keysOf = ({ run }: Attempt) => [
    'job:a',
    'queue:default',
    ...run.keys.split('|').map((key) => key.split('~')[1]),
  ];
  const all = [...running.values()];
  const count = (key: string) =>
    all.filter((attempt) => keysOf(attempt).includes(key) && (key !== 'job:a' || attempt.run.job === 'a')).length;
  const active = await shard.connection.hgetall(shard.shard.key('active'));
  for (const [key, slots] of Object.entries(SLOTS)) {
    expect(count(key)).toBeLessThanOrEqual(slots);
    expect([key, Number(active[key] ?? 0)]).toEqual([key, count(key)]);
  }
  for (const account of ['account:1', 'account:2']) expect(count(account)).toBeLessThanOrEqual(1);
}

const STEPS: Record<string, (world: World) => Promise<unknown>> = {
  async enqueue(world) {
    const { shard, chance } = world;
    const payload = { partner: chance.pick(['x', 'y']), account: chance.pick([1, 2]) };
    const ids = Array.from({ length: chance.between(1, 4) }, () => `r${String((world.made += 1))}`);
    const options = {
      job: chance.pick(['a', 'b']),
      priority: chance.pick([5, 5, 9]),
      delayMs: chance.pick([0, 0, 300]),
    };
    await shard.add(ids, payload, options);
  },
  async claim({ shard, chance, running }) {
    for (const attempt of (await shard.claim({ want: chance.between(1, 6) })).attempts)
      running.set(attempt.run.id, attempt);
  },
  async end({ shard, chance, running }) {
    const attempt = running.size === 0 ? undefined : chance.pick([...running.values()]);
    if (attempt === undefined) return;
    running.delete(attempt.run.id);
    const hold = { key: 'partner:x', field: FIELD, ms: 1_000 };
    const ends = [succeeded(), succeeded(), retrying(chance.pick([0, 200])), { outcome: 'released' as const }];
    await shard.settle(attempt, chance.next() < 0.1 ? { outcome: 'released', hold } : chance.pick(ends));
  },
  async cancel({ shard, chance, made }) {
    await shard.runs.cancel(`r${String(chance.between(1, made + 1))}`, '', KEEP_ALL);
  },
  async change({ shard, chance }) {
    const key = chance.pick(PARTNERS);
    const limit = chance.pick([undefined, { concurrency: 2 }, { concurrency: 2, rate: { count: 5, periodMs: 1_000 } }]);
    await shard.limits.set({ key, field: FIELD }, limit);
  },
  async reset({ shard, chance }) {
    await shard.limits.reset({ key: chance.pick(PARTNERS), field: FIELD });
  },
  wait({ shard, chance }) {
    shard.clock.now += chance.between(1, 400);
    return Promise.resolve();
  },
};
const MIX = { enqueue: 30, claim: 50, end: 45, cancel: 8, change: 4, reset: 2, wait: 25 };

/** All that is left runs to its end, without the leader's help. */
async function drain({ shard, running }: World): Promise<void> {
  for (let round = 0; round < 2_000; round += 1) {
    for (const attempt of running.values()) await shard.settle(attempt, succeeded());
    running.clear();
    const { attempts } = await shard.claim({ want: 50 });
    for (const attempt of attempts) running.set(attempt.run.id, attempt);
    if (attempts.length === 0 && (await shard.connection.hlen(shard.shard.key('runs'))) === 0) return;
    shard.clock.now += 100;
  }
}

test.each(Array.from({ length: 12 }, (_, i) => 4_711 + i))(
  'whatever happens to runs and limits, slots are those of running runs and every run comes to its end (seed %i)',
  async (seed) => {
    const shard = await openLimited(redis, ...SPECS);
    await shard.limits.set({ key: 'queue:default', field: 'queue:default' }, { concurrency: 5 });
    const world: World = { shard, chance: seededChance(seed), running: new Map(), made: 0 };
    for (const step of world.chance.mix(MIX)) {
      await STEPS[step]?.(world);
      await assertCounts(world);
    }
    await drain(world);
    expect(await shard.connection.hkeys(shard.shard.key('runs'))).toEqual([]);
    const { active, turns } = await shard.leftovers();
    expect([active, turns]).toEqual([undefined, undefined]);
  },
);
