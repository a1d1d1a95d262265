import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { BelfryError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createEmbeddedRedis, embeddedSocket } from '../../src/runtime/embedded_redis.ts';
import type { EmbeddedRedis, EmbeddedRedisEvent } from '../../src/runtime/embedded_redis.ts';
import { identify } from '../../src/runtime/processes.ts';
import { eventually } from '../support/eventually.ts';
import { redisServerBinary } from '../support/redis_process.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function newDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-data-'));
  cleanUps.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function create(
  dataFolder: string,
  binary = redisServerBinary(),
): { redis: EmbeddedRedis; events: EmbeddedRedisEvent[] } {
  const events: EmbeddedRedisEvent[] = [];
  const redis = createEmbeddedRedis({
    dataFolder,
    binary,
    clock: systemClock,
    log: () => undefined,
    onEvent: (event) => events.push(event),
  });
  cleanUps.push(() => redis.stop());
  return { redis, events };
}

function clientOf(redis: EmbeddedRedis): Redis {
  const client = new Redis({ path: redis.socket(), retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  cleanUps.push(() => {
    client.disconnect();
  });
  return client;
}

/** Runs a supervisor in a process of its own and answers what it prints once it is up or has failed. */
async function startParent(dataFolder: string): Promise<{ child: ChildProcess; said: Record<string, unknown> }> {
  const script = fileURLToPath(new URL('embedded_parent.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, dataFolder, redisServerBinary()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, said: JSON.parse(line) as Record<string, unknown> };
  }
  throw new Error('the supervisor said nothing');
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

describe('the embedded Redis', () => {
  test('runs on a private socket with an AOF, and keeps what it holds across a stop and a start', async () => {
    const { redis, events } = create(newDataFolder());
    await redis.start();
    const client = clientOf(redis);
    await client.set('kept', 'yes');
    expect(await client.config('GET', 'appendonly')).toContain('yes');
    expect(await client.config('GET', 'auto-aof-rewrite-percentage')).toContain('300');
    expect(await client.config('GET', 'maxmemory-policy')).toContain('noeviction');
    expect(await client.config('GET', 'port')).toContain('0');
    expect(events).toEqual([{ kind: 'ready', socket: redis.socket(), pid: redis.pid() }]);

    await redis.stop();
    expect(existsSync(redis.socket())).toBe(false);
    await redis.start();
    expect(await client.get('kept')).toBe('yes');
  });

  test('shows neither its folder nor its socket to other users', async () => {
    const dataFolder = newDataFolder();
    const { redis } = create(dataFolder);
    await redis.start();
    expect(statSync(join(dataFolder, 'redis')).mode & 0o077).toBe(0);
    expect(statSync(redis.socket()).mode & 0o077).toBe(0);
  });

  test('comes back by itself after kill -9, on the same socket', async () => {
    const { redis, events } = create(newDataFolder());
    await redis.start();
    const client = clientOf(redis);
    await client.set('kept', 'yes');
    const firstPid = redis.pid() ?? 0;
    // The AOF is written before the answer; only its fsync waits, and a killed process loses no written page.
    process.kill(firstPid, 'SIGKILL');

    await eventually(() => {
      expect(events.map(({ kind }) => kind)).toEqual(['ready', 'died', 'restarted']);
    });
    expect(redis.pid()).not.toBe(firstPid);
    expect(events[1]).toMatchObject({ pid: firstPid, signal: 'SIGKILL', deaths: 1 });
    expect(await client.get('kept')).toBe('yes');
  });

  test('reports a loop when it dies again and again, and ends at once when it is stopped meanwhile', async () => {
    const { redis, events } = create(newDataFolder());
    await redis.start();
    const alreadyKilled = new Set<number>();
    await eventually(
      () => {
        const pid = redis.pid();
        if (pid !== undefined && !alreadyKilled.has(pid)) process.kill(pid, 'SIGKILL');
        if (pid !== undefined) alreadyKilled.add(pid);
        expect(events.find(({ kind }) => kind === 'restart-loop')).toMatchObject({ deaths: 5 });
      },
      { timeoutMs: 15_000 },
    );
    await redis.stop();
    expect(redis.pid()).toBeUndefined();
  });

  test('stops when it is asked twice, and before it was started', async () => {
    const { redis } = create(newDataFolder());
    await redis.stop();
    await redis.start();
    const pid = redis.pid() ?? 0;
    await Promise.all([redis.stop(), redis.stop()]);
    expect(identify(pid)).toBeUndefined();
  });

  test('refuses a binary that does not start, and says why, leaving no lock behind', async () => {
    const dataFolder = newDataFolder();
    const broken = join(dataFolder, 'redis-server');
    writeFileSync(broken, '#!/bin/sh\necho "cannot open the moon"\nexit 3\n', { mode: 0o755 });
    const { redis } = create(dataFolder, broken);
    const error = await redis.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BelfryError);
    expect(error).toMatchObject({
      code: 'REDIS_UNAVAILABLE',
      hint: expect.stringContaining('cannot open the moon') as string,
    });
    await create(dataFolder).redis.start();
  });

  test('uses a short socket path when the data folder is deep, and tells where it is', async () => {
    const dataFolder = join(newDataFolder(), 'deep'.repeat(12), 'deeper'.repeat(8));
    mkdirSync(dataFolder, { recursive: true });
    const { redis } = create(dataFolder);
    await redis.start();
    expect(redis.socket().length).toBeLessThanOrEqual(100);
    expect(embeddedSocket(dataFolder)).toBe(redis.socket());
    expect(await clientOf(redis).ping()).toBe('PONG');
    await redis.stop();
    expect(existsSync(redis.socket())).toBe(false);
  });
});

describe('one data folder', () => {
  test('has one embedded Redis at a time: the second is told the pid and the folder', async () => {
    const dataFolder = newDataFolder();
    await create(dataFolder).redis.start();
    await expect(create(dataFolder).redis.start()).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringMatching(new RegExp(`pid ${String(process.pid)} .*${dataFolder}`)) as string,
    });
    const { said } = await startParent(dataFolder);
    expect(said).toMatchObject({ code: 'ALREADY_RUNNING' });
  });

  test('is taken over after kill -9 of the supervisor: its server is ended first and nothing is lost', async () => {
    const dataFolder = newDataFolder();
    const { child, said } = await startParent(dataFolder);
    const orphanPid = Number(said['pid']);
    expect(embeddedSocket(dataFolder)).toBe(said['socket']);
    const early = new Redis({ path: embeddedSocket(dataFolder) });
    await early.set('kept', 'yes');
    early.disconnect();
    await killed(child);
    expect(identify(orphanPid)).toBeDefined();

    const { redis } = create(dataFolder);
    await redis.start();

    expect(identify(orphanPid)).toBeUndefined();
    expect(redis.pid()).not.toBe(orphanPid);
    expect(await clientOf(redis).get('kept')).toBe('yes');
  });

  test('is taken over even when the state does not tell who the orphan is', async () => {
    const dataFolder = newDataFolder();
    const { child, said } = await startParent(dataFolder);
    await killed(child);
    writeFileSync(join(dataFolder, 'redis/state.json'), JSON.stringify({ socket: said['socket'] }));

    await create(dataFolder).redis.start();
    await eventually(() => {
      expect(identify(Number(said['pid']))).toBeUndefined();
    });
  });

  test('is taken over by one of several starters when its lock is stale', async () => {
    const dataFolder = newDataFolder();
    const { child } = await startParent(dataFolder);
    await killed(child);

    const outcomes = await Promise.all([startParent(dataFolder), startParent(dataFolder), startParent(dataFolder)]);
    const pids = outcomes.map(({ said }) => said['pid']).filter((pid) => pid !== undefined);
    expect(pids).toHaveLength(1);
    await Promise.all(outcomes.map((outcome) => killed(outcome.child)));
    await create(dataFolder).redis.start();
    expect(identify(Number(pids[0]))).toBeUndefined();
  });

  test('frees its lock on stop and never the lock of another', async () => {
    const dataFolder = newDataFolder();
    const { redis } = create(dataFolder);
    await redis.start();
    const lock = join(dataFolder, 'redis/owner.lock');
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    await redis.stop();
    expect(existsSync(lock)).toBe(false);
  });
});
