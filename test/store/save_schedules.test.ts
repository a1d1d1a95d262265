import { expect, test } from 'vitest';
import { packSchedule } from '../../src/core/stored_schedule.ts';
import { startRedis } from '../support/redis.ts';
import { creation, firing, plant, readSchedule, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();

test('of two that create the same schedule one wins, and the other finds it stale', async () => {
  const shard = await openTestShard(redis);
  const answers = await Promise.all([
    shard.schedules.save([creation(storedSchedule('a', { ruleJson: '{"e":1000}' }))]),
    shard.schedules.save([creation(storedSchedule('a', { ruleJson: '{"e":2000}' }))]),
  ]);
  expect(answers).toEqual([[true], [false]]);
  expect(await readSchedule(shard, 'a')).toMatchObject({ ruleJson: '{"e":1000}' });
});

test('a change made from what a leader has moved meanwhile is stale', async () => {
  const shard = await openTestShard(redis);
  const schedule = storedSchedule('a');
  await plant(shard, schedule);
  const { epoch } = await shard.leadership.take('me', '{}');
  await shard.schedules.fire(termsOf(epoch), [firing(schedule)]);
  const before = await shard.dump();
  const change = {
    id: 'a',
    before: packSchedule(schedule),
    after: packSchedule({ ...schedule, revision: 2 }),
    due: START,
  };
  expect(await shard.schedules.save([change])).toEqual([false]);
  expect(await shard.dump()).toEqual(before);
});

test('creates, changes and removes in one call, and answers for each', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('change'), storedSchedule('remove'), storedSchedule('stale'));
  const value = packSchedule(storedSchedule('change'));
  const answers = await shard.schedules.save([
    { id: 'change', before: value, after: packSchedule(storedSchedule('change', { revision: 2 })), due: START + 1 },
    { id: 'remove', before: value, after: undefined, due: undefined },
    { id: 'stale', before: `${value}x`, after: undefined, due: undefined },
    creation(storedSchedule('create')),
  ]);
  expect(answers).toEqual([true, true, false, true]);
  expect(await readSchedule(shard, 'change')).toMatchObject({ revision: 2 });
  expect(await readSchedule(shard, 'remove')).toBeUndefined();
  expect(await shard.schedules.dueTimes(['change', 'remove', 'stale', 'create'])).toEqual([
    START + 1,
    undefined,
    START,
    START,
  ]);
});

test('a stale entry does not lift the quarantine of its schedule', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a'));
  const { epoch } = await shard.leadership.take('me', '{}');
  const value = packSchedule(storedSchedule('a'));
  await shard.schedules.quarantine(epoch, 'a', value, '{"message":"why"}');
  expect(await shard.schedules.save([{ id: 'a', before: 'other', after: value, due: START }])).toEqual([false]);
  expect([...(await shard.schedules.quarantined()).keys()]).toEqual(['a']);
});

test('a removal of what is not there is no change, and rings nobody', async () => {
  const shard = await openTestShard(redis);
  expect(await shard.schedules.save([{ id: 'a', before: undefined, after: undefined, due: undefined }])).toEqual([
    true,
  ]);
  expect(await shard.dump()).toEqual({});
});

test('a schedule that will not fire again has no due time', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a', { next: 0 }));
  expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
  expect(await readSchedule(shard, 'a')).toMatchObject({ next: 0 });
});

test('a new due time rings the leader', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a'));
  expect(await shard.connection.llen(shard.shard.key('wake:leader'))).toBe(1);
});

test('9,000 schedules are saved in one call and removed in another', async () => {
  const shard = await openTestShard(redis);
  const schedules = Array.from({ length: 9_000 }, (_, index) => storedSchedule(`s${String(index)}`));
  await plant(shard, ...schedules);
  expect(await shard.connection.zcard(shard.shard.key('due'))).toBe(9_000);
  const removals = schedules.map((schedule) => ({
    id: schedule.id,
    before: packSchedule(schedule),
    after: undefined,
    due: undefined,
  }));
  expect(new Set(await shard.schedules.save(removals))).toEqual(new Set([true]));
  expect(await shard.connection.exists(shard.shard.key('due'), shard.shard.key('schedules'))).toBe(0);
});
