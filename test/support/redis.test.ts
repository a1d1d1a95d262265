import { Cluster, Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { startRedis } from './redis.ts';
import { startCluster } from './redis_cluster.ts';

describe('a test server', () => {
  test('keeps what its AOF holds across a crash and a restart, on the same socket', async () => {
    const redis = await startRedis({ persistence: 'aof', args: ['--appendfsync', 'always'] });
    const client = new Redis({ path: redis.path });
    const firstPid = redis.pid();
    await client.set('kept', 'yes');

    await redis.kill();
    await redis.restart();

    expect(redis.pid()).not.toBe(firstPid);
    expect(await client.get('kept')).toBe('yes');
    client.disconnect();
  });

  test('takes arguments and is gone after stop', async () => {
    const redis = await startRedis({ args: ['--maxmemory', '64mb'] });
    const client = new Redis({ path: redis.path, retryStrategy: () => null });
    expect(await client.config('GET', 'maxmemory')).toContain('67108864');
    client.disconnect();
    await redis.stop();
    expect(() => redis.pid()).toThrow('down');
  });

  test('answers nothing while it is frozen, and everything afterwards', async () => {
    const redis = await startRedis();
    const client = new Redis({ path: redis.path });
    await client.set('n', '1');
    redis.freeze();
    const answer = client.get('n');
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 50, 'silence'))])).toBe('silence');
    redis.thaw();
    expect(await answer).toBe('1');
    client.disconnect();
  });
});

test('a test cluster holds every slot and takes writes on each master', async () => {
  const cluster = await startCluster({ masters: 3 });
  const client = new Cluster([...cluster.nodes]);
  const keys = Array.from({ length: 60 }, (_, index) => `key-${String(index)}`);
  await Promise.all(keys.map((key) => client.set(key, key)));
  const sizes = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
  expect(sizes).toHaveLength(3);
  expect(sizes.every((size) => size > 0)).toBe(true);
  client.disconnect();
  await cluster.stop();
}, 40_000);
