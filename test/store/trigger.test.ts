import { expect, test } from 'vitest';
import type { OverlapPolicy } from '../../src/core/job.ts';
import { startRedis } from '../support/redis.ts';
import { firing, plant, readSchedule, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { KEEP_ALL, openTestShard, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

async function openWithSchedule(): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await plant(shard, storedSchedule('a'));
  return shard;
}

const trigger = (shard: TestShard, runId: string, overlap: OverlapPolicy = 'skip') =>
  shard.schedules.trigger({
    schedule: 'a',
    overlap,
    queue: 'default',
    lane: '5:a',
    runId,
    packed: 'a default 5 p1 0 0 0 null',
    retention: KEEP_ALL,
  });

test('a trigger makes a run of now and notes it in the schedule', async () => {
  const shard = await openWithSchedule();
  expect(await trigger(shard, 'r1')).toEqual({ answer: 'triggered' });
  expect(await readSchedule(shard, 'a')).toMatchObject({ others: 'r1', next: START, last: undefined });
  expect((await shard.claimOne()).run).toMatchObject({ id: 'r1', fireTime: START, payloadJson: 'null' });
});

test('a second one is refused while the first lives, in whatever state, and allowed once it has ended', async () => {
  const shard = await openWithSchedule();
  await trigger(shard, 'r1');
  expect(await trigger(shard, 'r2')).toEqual({ answer: 'overlap', liveRun: 'r1' });
  const attempt = await shard.claimOne();
  const before = await shard.dump();
  expect(await trigger(shard, 'r2')).toEqual({ answer: 'overlap', liveRun: 'r1' });
  expect(await shard.dump()).toEqual(before);
  await shard.settle(attempt, succeeded());
  expect(await trigger(shard, 'r2')).toEqual({ answer: 'triggered' });
  expect(await readSchedule(shard, 'a')).toMatchObject({ others: 'r2' });
});

test('a trigger is refused while the scheduled run lives', async () => {
  const shard = await openWithSchedule();
  const { epoch } = await shard.leadership.take('me', '{}');
  await shard.schedules.fire(termsOf(epoch), [firing(storedSchedule('a'))]);
  expect(await trigger(shard, 'r1')).toEqual({ answer: 'overlap', liveRun: `a@${String(START)}` });
});

test('where overlap is allowed, each trigger makes a run and all of them are noted', async () => {
  const shard = await openWithSchedule();
  await trigger(shard, 'r1', 'allow');
  await trigger(shard, 'r2', 'allow');
  expect(await readSchedule(shard, 'a')).toMatchObject({ others: 'r1,r2' });
  expect((await shard.schedules.due(9)).due).toMatchObject([{ live: ['r1', 'r2'], held: 0 }]);
  expect(await shard.claimIds({ want: 9 })).toEqual(['r1', 'r2']);
});

test('a plan that was made before the trigger is stale, so it cannot overlook the run', async () => {
  const shard = await openWithSchedule();
  const { epoch } = await shard.leadership.take('me', '{}');
  const plan = firing(storedSchedule('a'));
  await trigger(shard, 'r1');
  expect(await shard.schedules.fire(termsOf(epoch), [plan])).toEqual([false]);
});

test('a trigger of a schedule that is gone makes nothing', async () => {
  const shard = await openTestShard(redis);
  expect(await trigger(shard, 'r1')).toEqual({ answer: 'gone' });
  expect(await shard.dump()).toEqual({});
});
