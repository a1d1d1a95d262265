import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL, LEASE_MS, openTestShard, retrying, START } from '../support/test_shard.ts';

const redis = await startRedis();

test('runs that are due become ready in every queue, in the order of their times', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['second'], { delayMs: 2_000 });
  await shard.enqueue('a', ['first'], { delayMs: 1_000 });
  await shard.enqueue('a', ['other'], { delayMs: 1_500, queue: 'other' });
  await shard.enqueue('a', ['last'], { delayMs: 9_000 });
  shard.clock.now = START + 2_000;
  expect(await shard.runs.promote(10)).toMatchObject({ now: START + 2_000, promoted: 3, nextDue: START + 9_000 });
  expect(await shard.claimIds({ want: 9 })).toEqual(['first', 'second']);
  expect(await shard.claimIds({ want: 9, queues: ['other'] })).toEqual(['other']);
});

test('a promotion takes at most the limit of each queue, so it is called again', async () => {
  const shard = await openTestShard(redis);
  await shard.enqueue('a', ['1', '2', '3'], { delayMs: 10 });
  shard.clock.now += 10;
  expect(await shard.runs.promote(2)).toMatchObject({ promoted: 2, nextDue: START + 10 });
  expect(await shard.runs.promote(2)).toMatchObject({ promoted: 1, nextDue: undefined });
});

test('a delayed run keeps its priority and its lane', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a', 'b']);
  await shard.enqueue('a', ['normal']);
  await shard.enqueue('b', ['urgent'], { delayMs: 10, priority: 8 });
  shard.clock.now += 10;
  await shard.runs.promote(10);
  expect(await shard.claimIds({ want: 2 })).toEqual(['urgent', 'normal']);
});

test('a claim promotes by itself, so that no run waits for a leader', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['1']);
  await shard.settle(await shard.claimOne(), retrying(500));
  shard.clock.now += 500;
  expect(await shard.claimIds()).toEqual(['1']);
});

test('a delayed run that was cancelled is not promoted', async () => {
  const shard = await openTestShard(redis);
  await shard.enqueue('a', ['1'], { delayMs: 10 });
  await shard.runs.cancel('1', '', KEEP_ALL);
  shard.clock.now += 10;
  expect(await shard.runs.promote(10)).toMatchObject({ promoted: 0, nextDue: undefined });
});

test('the nearest lease expiry is told along', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['1']);
  expect(await shard.runs.promote(10)).toMatchObject({ nextExpiry: undefined, nextDue: undefined });
  await shard.claimOne();
  expect(await shard.runs.promote(10)).toMatchObject({ nextExpiry: START + LEASE_MS });
});

test('what is left of the turn of a lane that runs empty goes with a pass of the leader', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a', 'b']);
  const ids = (job: string) => Array.from({ length: 20 }, (_, i) => `${job}${String(i)}`);
  await shard.enqueue('a', ids('a'));
  await shard.enqueue('b', ids('b'));
  const claimed = await shard.claimIds({ want: 17 }); // turns of two, so the last one has one left
  const left = async (): Promise<unknown> => (await shard.dump())['deficits'];
  await shard.runs.promote(10);
  expect(Object.values((await left()) as object)).toEqual(['1']);
  for (const id of [...ids('a'), ...ids('b')]) if (!claimed.includes(id)) await shard.runs.cancel(id, '', KEEP_ALL);
  await shard.runs.promote(10);
  expect(await left()).toBeUndefined();
});
