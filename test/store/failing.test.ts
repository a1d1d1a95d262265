import { expect, test } from 'vitest';
import type { Settlement } from '../../src/core/run.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openTestShard, retrying, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

/** Of two schedules, `job` and `job:x`. */
async function openScheduled(): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.connection.hset(shard.shard.key('schedules'), 'job', '1 0 - - {}', 'job:x', '1 0 - - {}');
  return shard;
}

/** Ends the runs in this order, in one call, and answers the dead letters in a row by schedule. */
async function endAll(shard: TestShard, ends: [id: string, settlement: Settlement][]): Promise<Record<string, string>> {
  await shard.knows(['job']);
  await shard.enqueue(
    'job',
    ends.map(([id]) => id),
    { mode: 'fresh' },
  );
  const { attempts } = await shard.claim({ want: 99 });
  const entries = ends.map(([id, settlement]) => {
    const token = attempts.find(({ run }) => run.id === id)?.token ?? '';
    return { id, token, settlement };
  });
  expect((await shard.runs.settle(entries, KEEP_ALL)).settled).toEqual(ends.map(() => true));
  return shard.connection.hgetall(shard.shard.key('failing'));
}

test('dead letters of scheduled runs are counted by schedule until one succeeds', async () => {
  const shard = await openScheduled();
  expect(
    await endAll(shard, [
      ['job@1', dead()],
      ['job:x@1', dead()],
      ['job@2', dead()],
    ]),
  ).toEqual({ job: '2', 'job:x': '1' });
  expect(await endAll(shard, [['job@3', dead()]])).toEqual({ job: '3', 'job:x': '1' });
  expect(await endAll(shard, [['job@4', succeeded()]])).toEqual({ 'job:x': '1' });
});

test('within one call the last end counts', async () => {
  const shard = await openScheduled();
  expect(
    await endAll(shard, [
      ['job@1', dead()],
      ['job@2', succeeded()],
    ]),
  ).toEqual({});
  expect(
    await endAll(shard, [
      ['job@3', succeeded()],
      ['job@4', dead()],
    ]),
  ).toEqual({ job: '1' });
});

test('runs by hand and of backfills, cancelled ones and failed attempts are not counted', async () => {
  const shard = await openScheduled();
  const cancelled = { outcome: 'cancelled' as const, bodyJson: '', logged: false };
  await endAll(shard, [['job@1', dead()]]);
  const ends: [string, Settlement][] = [
    ['by-hand', dead()],
    ['other-by-hand', succeeded()],
    ['job@2!bf', dead()],
    ['job@3!bf', succeeded()],
    ['job@4', cancelled],
    ['job@5', retrying(1_000)],
  ];
  expect(await endAll(shard, ends)).toEqual({ job: '1' });
});

test('of a schedule that was deleted while its run lived nothing is counted', async () => {
  const shard = await openScheduled();
  await shard.connection.hdel(shard.shard.key('schedules'), 'job:x');
  const ends: [string, Settlement][] = [
    ['job:x@1', dead()],
    ['job@1', dead()],
  ];
  expect(await endAll(shard, ends)).toEqual({ job: '1' });
});

test('while nothing fails, a success writes nothing of it', async () => {
  const shard = await openTestShard(redis);
  await endAll(shard, [['job@1', succeeded()]]);
  expect(Object.keys(await shard.dump())).not.toContain('failing');
});
