import { expect, test } from 'vitest';
import { createReplicaStore, type Replica } from '../../src/store/replicas.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();

const replica = (id: string, more: Partial<Replica> = {}): Replica => ({
  id,
  host: 'h',
  pid: 1,
  version: '0',
  tzVersion: '2025b',
  state: 'able',
  ...more,
});

const idsOf = (replicas: Replica[]): string[] => replicas.map(({ id }) => id).sort();

test('a replica hears of all that live, itself included, with what they say of themselves', async () => {
  const shard = await openTestShard(redis);
  const replicas = createReplicaStore(shard.shard);
  expect(await replicas.beat(replica('a'), 1_000)).toEqual([replica('a')]);
  expect(idsOf(await replicas.beat(replica('b'), 1_000))).toEqual(['a', 'b']);
  const heard = await replicas.beat(replica('a', { tzVersion: '2026a', state: 'unable' }), 1_000);
  expect(heard).toContainEqual(replica('a', { tzVersion: '2026a', state: 'unable' }));
});

test('a replica that was silent for too long is forgotten, one that says so in time is not', async () => {
  const shard = await openTestShard(redis);
  const replicas = createReplicaStore(shard.shard);
  await replicas.beat(replica('silent'), 1_000);
  await replicas.beat(replica('long'), 5_000);
  shard.clock.now = START + 1_001;
  expect(idsOf(await replicas.all(shard.clock.now))).toEqual(['long']);
  expect(idsOf(await replicas.beat(replica('new'), 1_000))).toEqual(['long', 'new']);
  expect((await shard.connection.hkeys(shard.shard.key('schedulers'))).sort()).toEqual(['long', 'new']);
});

test('a replica that leaves is forgotten at once', async () => {
  const shard = await openTestShard(redis);
  const replicas = createReplicaStore(shard.shard);
  await replicas.beat(replica('a'), 1_000);
  await replicas.remove('a');
  expect(await replicas.all(START)).toEqual([]);
  expect(idsOf(await replicas.beat(replica('b'), 1_000))).toEqual(['b']);
});
