import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { jobFile, makePlace, runBelfry, startBelfry } from '../support/belfry_process.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

type Readiness = { ready: boolean; checks: { name: string; ok: boolean; reason?: string }[] };

async function readiness(url: string): Promise<{ status: number; body: Readiness }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: (await response.json()) as Readiness };
}

const untilReady = (url: string): Promise<void> =>
  eventually(async () => expect((await readiness(url)).status).toBe(200), { timeoutMs: 15_000 });

const chime = { 'chime.ts': jobFile(`schedule: { every: '1s' }, run: () => 'ding'`) };

describe('belfry start', () => {
  test('splits the roles over processes that share a Redis', async () => {
    const redis = await startRedis();
    const variables = { REDIS_URL: redis.url };
    const place = makePlace(chime);
    const api = startBelfry(place, ['start', '--role', 'api'], variables);
    const worker = startBelfry(place, ['start', '--role', 'worker', '--pool', 'default'], variables);
    const scheduler = startBelfry(place, ['start', '--role', 'scheduler'], variables);
    await Promise.all([api, worker, scheduler].map((process) => process.untilSays('is up"')));
    await eventually(async () => {
      const { stdout } = await runBelfry(place, ['runs', 'list', '--state', 'succeeded', '--json'], variables);
      expect((JSON.parse(stdout) as { runs: unknown[] }).runs.length).toBeGreaterThan(0);
    });
    const names = await Promise.all(
      [api, worker, scheduler].map(async (process) => {
        const url = await process.url();
        await untilReady(url);
        return (await readiness(url)).body.checks.map(({ name }) => name);
      }),
    );
    expect(names).toEqual([
      ['process', 'redis'],
      ['process', 'redis', 'workers'],
      ['process', 'redis', 'scheduler'],
    ]);
    const metrics = await (await fetch(`${await worker.url()}/metrics`)).text();
    expect(metrics).toContain('belfry_redis_up 1');
    expect(metrics).not.toContain('belfry_job_lag_seconds');
    const statuses = [api, worker, scheduler].map(async (process) => {
      return (await fetch(`${await process.url()}/api/v1/schedules`)).status;
    });
    expect(await Promise.all(statuses)).toEqual([403, 404, 403]); // no token is set
  });

  test('refuses a role of its own without a Redis to share, and a pool that is not configured', async () => {
    const place = makePlace();
    const alone = await runBelfry(place, ['start', '--role', 'worker']);
    expect(alone.stderr).toContain('REDIS_URL is not set');
    expect(alone.stderr).toContain('hint: REDIS_URL=redis://');
    expect(alone.code).toBe(1);
    const pool = await runBelfry(place, ['start', '--pool', 'defualt']);
    expect(pool.stderr).toBe('error: no pool named "defualt" is configured\nhint: did you mean default?\n');
    expect(pool.code).toBe(2);
    expect((await runBelfry(place, ['start', '--role', 'api', '--pool', 'default'])).code).toBe(2);
  });

  test('fails with a clear word when its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await runBelfry(makePlace(), ['start'], { BELFRY_PORT: String(port) });
    expect(stderr).toContain(`error: port ${port} on 127.0.0.1 is taken\nhint: `);
    expect(code).toBe(1);
    server.close();
  });

  test('waits for a Redis that is down, not ready meanwhile, and begins by itself when it comes', async () => {
    const redis = await startRedis();
    await redis.kill();
    const belfry = startBelfry(makePlace(chime), ['start'], { REDIS_URL: redis.url });
    await belfry.untilSays('waiting for Redis: Redis cannot be reached');
    const url = await belfry.url();
    const { status, body } = await readiness(url);
    expect(status).toBe(503);
    expect(body.checks).toContainEqual({ name: 'process', ok: false, reason: 'starting' });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('belfry_redis_up 0');

    await redis.restart();
    await belfry.untilSays('1 job registered: 1 new');
    await belfry.untilSays('is up"');
    await untilReady(url);
    expect(belfry.output().split('waiting for Redis')).toHaveLength(2);
    belfry.signal('SIGTERM');
    expect(await belfry.ended).toBe(0);
  });

  test('can be stopped while it waits for Redis', async () => {
    const belfry = startBelfry(makePlace(chime), ['start'], { REDIS_URL: 'redis://127.0.0.1:1' });
    await belfry.untilSays('waiting for Redis');
    belfry.signal('SIGTERM');
    expect(await belfry.ended).toBe(0);
  });

  test('says once that Redis is lost and once that it is back, and fires again', async () => {
    const redis = await startRedis({ persistence: 'aof', args: ['--appendfsync', 'always'] });
    const place = makePlace(chime);
    const belfry = startBelfry(place, ['start'], { REDIS_URL: redis.url, BELFRY_LEADER_TTL: '1s' });
    await belfry.untilSays('leads shard 0');
    const url = await belfry.url();
    await untilReady(url);
    await redis.kill();
    await belfry.untilSays('waiting for Redis');
    expect((await readiness(url)).status).toBe(503);
    await redis.restart();
    await belfry.untilSays(/Redis is back after [\dms ]+/);
    await untilReady(url);
    await eventually(() => expect(belfry.output().split('"leads shard 0"')).toHaveLength(3), { timeoutMs: 10_000 });
    const since = belfry.output().slice(belfry.output().indexOf('waiting for Redis'));
    const troubles = since.split('\n').filter((line) => /"level":"(?:warn|error)"/.test(line));
    expect(troubles.filter((line) => !line.includes('Redis: AOF'))).toEqual([]);
  });

  test.each([
    { what: 'a wrong password', url: (path: string) => `unix://:wrong@${path}`, says: 'Redis refused the credentials' },
    { what: 'no password', url: (path: string) => `unix://${path}`, says: 'Redis refused the credentials' },
  ])('gives up on $what with exit 1 and a hint', async ({ url, says }) => {
    const redis = await startRedis({ args: ['--requirepass', 'sesame'] });
    const { code, stderr } = await runBelfry(makePlace(), ['start'], { REDIS_URL: url(redis.path), BELFRY_PORT: '0' });
    expect(stderr).toContain(`error: ${says}`);
    expect(stderr).toContain('hint: check the user and password');
    expect(stderr).not.toContain('wrong@');
    expect(code).toBe(1);
  });

  test('gives up on a read-only replica with exit 1 and a hint', async () => {
    const redis = await startRedis({ args: ['--replicaof', '127.0.0.1', '1'] });
    const { code, stderr } = await runBelfry(makePlace(), ['start'], { REDIS_URL: redis.url, BELFRY_PORT: '0' });
    expect(stderr).toBe('error: this is a read-only replica\nhint: point REDIS_URL at the primary or at Sentinel\n');
    expect(code).toBe(1);
  });

  test('gives up on another number of shards than the namespace has', async () => {
    const redis = await startRedis();
    const place = makePlace();
    const first = startBelfry(place, ['start'], { REDIS_URL: redis.url });
    await first.untilSays('is up"');
    const variables = { REDIS_URL: redis.url, BELFRY_SHARDS: '2', BELFRY_PORT: '0' };
    const { code, stderr } = await runBelfry(place, ['start'], variables);
    expect(stderr).toContain('this process 2');
    expect(stderr).toContain('hint: set BELFRY_SHARDS=1');
    expect(code).toBe(1);
  });
});
