import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();

test('the first leader gets an epoch that is the time', async () => {
  const shard = await openTestShard(redis);
  expect(await shard.leadership.take('one', '{"host":"h"}')).toEqual({ epoch: String(START), primary: 'first' });
  expect(await shard.leadership.current()).toEqual({
    id: 'one',
    epoch: String(START),
    since: START,
    about: { host: 'h' },
  });
});

test('each leader has a greater epoch than the last, in the same millisecond and under a clock set back', async () => {
  const shard = await openTestShard(redis);
  const epochs: string[] = [];
  for (const moveMs of [0, 0, -60_000, 1]) {
    shard.clock.now += moveMs;
    epochs.push((await shard.leadership.take('one', '{}')).epoch);
  }
  expect(epochs).toEqual([START, START + 1, START + 2, START + 3].map(String));
});

test('the epoch grows even when Redis has lost the last one', async () => {
  const shard = await openTestShard(redis);
  const { epoch } = await shard.leadership.take('one', '{}');
  await shard.connection.del(shard.shard.key('leader'));
  shard.clock.now += 1;
  expect(Number((await shard.leadership.take('two', '{}')).epoch)).toBeGreaterThan(Number(epoch));
});

test('a leader that resigns leaves nobody, and its epoch', async () => {
  const shard = await openTestShard(redis);
  const { epoch } = await shard.leadership.take('one', '{}');
  expect(await shard.leadership.resign(epoch)).toBe('resigned');
  expect(await shard.leadership.current()).toBeUndefined();
  expect(await shard.connection.hget(shard.shard.key('leader'), 'epoch')).toBe(epoch);
});

test('an old leader that resigns late does not take its successor down', async () => {
  const shard = await openTestShard(redis);
  const { epoch } = await shard.leadership.take('one', '{}');
  await shard.leadership.take('two', '{}');
  expect(await shard.leadership.resign(epoch)).toBe('fenced');
  expect(await shard.leadership.current()).toMatchObject({ id: 'two' });
});

test('another Redis process than under the last epoch is told as a new primary until it is reconciled with', async () => {
  const own = await startRedis({ persistence: 'aof', args: ['--appendfsync', 'always'] });
  const shard = await openTestShard(own);
  const take = () => shard.leadership.take('one', '{}');
  const { epoch, primary } = await take();
  expect(primary).toBe('first');
  expect(await shard.leadership.reconciled(epoch)).toBe('reconciled');
  expect(await take()).toMatchObject({ primary: 'same' });
  await own.restart();
  const old = await take();
  expect(old).toMatchObject({ primary: 'new' });
  const next = await take();
  expect(next).toMatchObject({ primary: 'new' });
  expect(await shard.leadership.reconciled(old.epoch)).toBe('fenced');
  expect(await take()).toMatchObject({ primary: 'new' });
});
