import { expect, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { readRedisFacts } from '../../src/store/redis_facts.ts';
import { createShard } from '../../src/store/shard.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard } from '../support/test_shard.ts';

test('a primary tells its memory, its limit, how durable it is and what it dropped', async () => {
  const redis = await startRedis({ persistence: 'aof' });
  const { connection, shard } = await openTestShard(redis);
  const [before] = await readRedisFacts(connection, [shard]);
  expect(before).toMatchObject({ node: '0', mode: 'standalone', aof: 'on', lastWrite: 'ok', connectedReplicas: 0 });
  expect(before?.version).toMatch(/^\d+\.\d+/);
  expect(before?.usedBytes).toBeGreaterThan(100_000);
  // Without maxmemory it is the memory of the machine.
  expect(before?.limitBytes).toBeGreaterThan(1e8);
  await connection.config('SET', 'maxmemory', '50mb');
  await connection.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await connection.config('SET', 'appendonly', 'no');
  const [after] = await readRedisFacts(connection, [shard]);
  expect(after).toMatchObject({
    limitBytes: 50 * 1_024 * 1_024,
    maxmemoryPolicy: 'allkeys-lru',
    aof: 'off',
    evictedKeys: 0,
  });
  await connection.config('SET', 'maxmemory', String((after?.usedBytes ?? 0) - 10_000));
  await connection.set('more', 'x'.repeat(1_000)).catch(() => undefined);
  const [full] = await readRedisFacts(connection, [shard]);
  expect(full?.limitBytes).toBeLessThan(50 * 1_024 * 1_024);
});

test('shards of one Redis are one node', async () => {
  const redis = await startRedis();
  const { connection } = await openTestShard(redis);
  const deps = { connection, clock: systemClock, events: createEventBus() };
  const shards = [0, 1, 2].map((index) => createShard('facts', index, deps));
  expect((await readRedisFacts(connection, shards)).map(({ node }) => node)).toEqual(['0']);
});
