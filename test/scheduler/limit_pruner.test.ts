import { describe, expect, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { createLimitPruner } from '../../src/scheduler/limit_pruner.ts';
import type { Term } from '../../src/scheduler/elector.ts';
import { templateId } from '../../src/core/limit.ts';
import { openLimited, type LimitedShard } from '../support/limited_shard.ts';
import { startRedis } from '../support/redis.ts';
import { succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const partner = { limits: [{ key: 'partner:{partner}', rate: '10/1s' }] };
const field = `*${templateId('partner:{partner}')}`;

async function prune(shard: LimitedShard): Promise<number> {
  const { epoch } = await shard.leadership.take('me', '{}');
  const pruner = createLimitPruner({ ...shard, events: createEventBus(), clock: { now: () => shard.clock.now } });
  return pruner.prune({ epoch, shard: 0 } as Term, new AbortController().signal);
}

const spent = async (shard: LimitedShard) => Object.keys((await shard.dump())['tats'] ?? {}).sort();

describe('the leader forgets', () => {
  test('rates whose time has passed, of thousands of keys of one run each, and keeps those that count', async () => {
    const shard = await openLimited(redis, partner);
    for (let i = 0; i < 3_000; i += 1) {
      await shard.connection.hset(
        shard.shard.key('tats'),
        `partner:${String(i)}`,
        `${String(shard.clock.now - 1)} 0.5`,
      );
    }
    await shard.add(['new'], { partner: 'new' });
    await shard.settle(await shard.claimOne(), succeeded());
    await shard.limits.hold({ key: 'partner:held', field }, 60_000);
    await prune(shard);
    expect(await spent(shard)).toEqual(['partner:held', 'partner:new']);
    shard.clock.now += 60_101;
    await prune(shard);
    expect(await spent(shard)).toEqual([]);
  });

  test('what a hold left of a key without a limit, once it is over', async () => {
    const shard = await openLimited(redis, {});
    await shard.limits.hold({ key: 'job:a', field: 'job:a' }, 1_000);
    await prune(shard);
    expect((await shard.limits.configured()).has('job:a')).toBe(true);
    shard.clock.now += 1_000;
    await prune(shard);
    await prune(shard);
    expect((await shard.limits.configured()).has('job:a')).toBe(false);
  });

  test('the limit of a template that no job names any more, when no unfinished run needs it either', async () => {
    const shard = await openLimited(redis, partner);
    await shard.add(['x'], { partner: 'x' });
    await shard.deploy('a', {});
    await prune(shard);
    expect((await shard.limits.configured()).has(field)).toBe(true);
    await shard.settle(await shard.claimOne(), succeeded());
    await prune(shard);
    expect((await shard.limits.configured()).has(field)).toBe(false);
  });
});

test('a limit that a job has left behind for another one is put right', async () => {
  const shard = await openLimited(redis, partner, { limits: [{ key: 'partner:{partner}', rate: '5/1s' }] });
  const before = (await shard.limits.configured()).get(field);
  expect(before).toMatch(/ 5\/1000$/);
  await shard.jobs.save([], ['b']);
  expect((await shard.limits.configured()).get(field)).toBe(before);
  await prune(shard);
  expect((await shard.limits.configured()).get(field)).toMatch(/ 10\/1000$/);
});

test('a former leader prunes nothing', async () => {
  const shard = await openLimited(redis, partner);
  const { epoch } = await shard.leadership.take('me', '{}');
  shard.clock.now += 10;
  await shard.leadership.take('other', '{}');
  const nothing = { keys: [], repairs: new Map([[field, '']]), revision: await shard.jobs.revision() };
  expect(await shard.limits.prune(epoch, nothing)).toBe('fenced');
});

test('jobs that are saved while the leader looks are not undone', async () => {
  const shard = await openLimited(redis, partner);
  const { epoch } = await shard.leadership.take('me', '{}');
  const stale = { keys: [], repairs: new Map([[field, '']]), revision: '0' };
  expect(await shard.limits.prune(epoch, stale)).toEqual({ keys: 0, repairs: 0 });
  expect((await shard.limits.configured()).has(field)).toBe(true);
});
