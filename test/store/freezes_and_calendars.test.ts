import { expect, test } from 'vitest';
import type { Freeze } from '../../src/core/freeze.ts';
import { startRedis } from '../support/redis.ts';
import { firing, plant, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();
const FREEZE: Freeze = { id: 'f1', from: START, by: 'ada', why: 'moving' };

test('of two that change the freezes one wins, and the other finds them stale', async () => {
  const shard = await openTestShard(redis);
  const before = await shard.freezes.read();
  expect(before).toEqual({ text: '', freezes: [] });
  expect(await shard.freezes.save(before, [FREEZE])).toBe('saved');
  expect(await shard.freezes.save(before, [])).toBe('stale');
  expect((await shard.freezes.read()).freezes).toEqual([FREEZE]);
});

test('no freezes leave no key', async () => {
  const shard = await openTestShard(redis);
  await shard.freezes.save(await shard.freezes.read(), [FREEZE]);
  await shard.freezes.save(await shard.freezes.read(), []);
  expect(await shard.connection.exists(shard.shard.key('freezes'))).toBe(0);
});

test('a plan that was made before a freeze is stale', async () => {
  const shard = await openTestShard(redis);
  const schedule = storedSchedule('a');
  await plant(shard, schedule);
  const { epoch } = await shard.leadership.take('me', '{}');
  await shard.freezes.save(await shard.freezes.read(), [FREEZE]);
  expect(await shard.schedules.fire(termsOf(epoch), [firing(schedule)])).toEqual([false]);
  const { text } = await shard.freezes.read();
  expect(await shard.schedules.fire(termsOf(epoch, { freezes: text }), [firing(schedule)])).toEqual([true]);
});

test('a calendar that is new, different or removed is named and makes leaders read again; the same one is not', async () => {
  const shard = await openTestShard(redis);
  expect(
    await shard.calendars.save(
      new Map([
        ['a', { y: ['12-25'] }],
        ['b', { w: 'SAT' }],
      ]),
    ),
  ).toEqual(['a', 'b']);
  expect(await shard.jobs.revision()).toBe('1');
  expect(
    await shard.calendars.save(
      new Map([
        ['a', { y: ['12-25'] }],
        ['b', { w: 'SUN' }],
      ]),
    ),
  ).toEqual(['b']);
  const before = await shard.dump();
  expect(await shard.calendars.save(new Map([['a', { y: ['12-25'] }]]))).toEqual([]);
  expect(await shard.dump()).toEqual(before);
  expect(await shard.calendars.save(new Map([['a', undefined]]))).toEqual(['a']);
  expect(await shard.calendars.all()).toEqual(new Map([['b', { w: 'SUN' }]]));
  expect(await shard.jobs.revision()).toBe('3');
});
