import { createServer } from 'node:net';
import path from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFolder, runJob, setEnvironment, useDataFolder } from '../support/job_run.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis({ persistence: 'aof' });
const bare = await startRedis();

function useRedis(socket: string): void {
  useDataFolder();
  setEnvironment({ BELFRY_REDIS_SOCKET: socket, REDIS_URL: undefined, REDIS_PASSWORD: undefined });
}

async function send(socket: string, ...words: [string, ...string[]]): Promise<unknown> {
  const client = new Redis({ path: socket });
  try {
    return await client.call(...words);
  } finally {
    client.disconnect();
  }
}

describe('redis/health', () => {
  test('answers the figures of a healthy Redis and warns of nothing', async () => {
    useRedis(redis.path);
    const { result, warnings } = await runJob('redis/health');
    expect(result).toMatchObject({
      usedBytes: expect.any(Number) as number,
      maxBytes: 0,
      evicted: 0,
      slowCalls: 0,
      aof: { enabled: true, lastWrite: 'ok', lastRewrite: 'ok' },
    });
    expect((result as { clients: number }).clients).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
  });

  test('reports the slow calls since it last looked, once, without their arguments', async () => {
    useRedis(redis.path);
    await send(redis.path, 'CONFIG', 'SET', 'slowlog-log-slower-than', '0');
    await send(redis.path, 'SET', 'before', 'the first look');
    await runJob('redis/health');
    await send(redis.path, 'SET', 'key', 'a secret');
    await send(redis.path, 'CONFIG', 'SET', 'slowlog-log-slower-than', '-1');
    const { warnings } = await runJob('redis/health');
    expect(warnings.map(({ fields }) => fields?.['command'])).toContain('SET');
    expect(JSON.stringify(warnings)).not.toContain('secret');
    expect((await runJob('redis/health')).warnings).toEqual([]);
  });

  test('warns of a Redis that keeps no AOF, runs full and evicts', async () => {
    useRedis(bare.path);
    await runJob('redis/health');
    await send(bare.path, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await send(bare.path, 'CONFIG', 'SET', 'maxmemory', '2mb');
    for (let n = 0; n < 40; n++) await send(bare.path, 'SET', `key-${n}`, 'x'.repeat(100_000));
    const { result, warnings } = await runJob('redis/health');
    expect((result as { evicted: number }).evicted).toBeGreaterThan(0);
    const messages = warnings.map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining('evicted keys'));
    expect(messages).toContainEqual(expect.stringContaining('no AOF'));
    expect(messages).toContain('Redis is nearly full');
  });

  test('logs in with the password that is set, and fails when it is wrong', async () => {
    const guarded = await startRedis({ args: ['--requirepass', 'open/sesame'] });
    useRedis(guarded.path);
    await expect(runJob('redis/health')).rejects.toThrow(/NOAUTH/);
    setEnvironment({ REDIS_PASSWORD: 'open/sesame' });
    expect((await runJob('redis/health')).result).toHaveProperty('clients');
    setEnvironment({ REDIS_PASSWORD: 'wrong' });
    await expect(runJob('redis/health')).rejects.toThrow(/WRONGPASS/);
  });

  test('finds a Redis by its address as well', async () => {
    useRedis(redis.path);
    setEnvironment({ BELFRY_REDIS_SOCKET: undefined, REDIS_URL: redis.url });
    expect((await runJob('redis/health')).result).toMatchObject({ aof: { enabled: true } });
  });

  test('fails in words when Redis cannot be reached or hangs up', async () => {
    useRedis(path.join(makeFolder(), 'nothing.sock'));
    await expect(runJob('redis/health')).rejects.toThrow(/ENOENT/);
    const socket = path.join(makeFolder(), 'rude.sock');
    const rude = createServer((connection) => connection.once('data', () => connection.end())).listen(socket);
    onTestFinished(() => void rude.close());
    useRedis(socket);
    await expect(runJob('redis/health')).rejects.toThrow(/closed the connection/);
  });

  test('refuses an address that names a fleet', async () => {
    useRedis(redis.path);
    setEnvironment({ BELFRY_REDIS_SOCKET: undefined, REDIS_URL: 'redis+cluster://a,b' });
    await expect(runJob('redis/health')).rejects.toThrow(/one Redis address/);
  });
});
