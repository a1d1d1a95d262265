import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jobFile, makePlace, runBelfry, startBelfry } from '../support/belfry_process.ts';
import { startRedis } from '../support/redis.ts';

const slow = jobFile(`
  run: async ({ log, signal }) => {
    log.info('begun');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return { aborted: signal.aborted };
  }`);
const endless = jobFile(`
  run: ({ log, signal }) => new Promise((resolve, reject) => {
    log.info('begun');
    signal.addEventListener('abort', () => reject(signal.reason));
  })`);

describe('a belfry that is told to stop', () => {
  test('takes nothing new, lets a run end, and says that it is not ready meanwhile', async () => {
    const redis = await startRedis();
    const variables = { REDIS_URL: redis.url };
    const place = makePlace({ 'slow.ts': slow });
    const belfry = startBelfry(place, ['start'], variables);
    await belfry.untilSays('leads shard 0');
    const url = await belfry.url();
    const id = (await runBelfry(place, ['jobs', 'run', 'slow'], variables)).stdout.trim();
    belfry.signal('SIGTERM');
    await belfry.untilSays('for 1 run to end');
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: [{ name: 'process', reason: 'stopping' }, {}, {}, {}] });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const refused = await fetch(url);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { message: 'this process is stopping' } });

    expect(await belfry.ended).toBe(0);
    expect(belfry.output()).toMatch(/no more: resigned"[^]*for 1 run to end"[^]*a worker has stopped"[^]*"stopped"/);
    const shown = await runBelfry(place, ['runs', 'show', id, '--json'], variables);
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: { state: 'succeeded', result: { aborted: false } } });
  });

  test('hands a run back that does not end in time, uncounted', async () => {
    const redis = await startRedis();
    const variables = { REDIS_URL: redis.url, BELFRY_DRAIN: '200ms' };
    const place = makePlace({ 'endless.ts': endless });
    const belfry = startBelfry(place, ['start'], variables);
    await belfry.untilSays('leads shard 0');
    const id = (await runBelfry(place, ['jobs', 'run', 'endless'], variables)).stdout.trim();
    belfry.signal('SIGTERM');
    expect(await belfry.ended).toBe(0);
    expect(belfry.output()).toContain('1 run handed back');
    const shown = await runBelfry(place, ['runs', 'show', id, '--json'], variables);
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: { state: 'ready', attempts: 0 } });
  });

  test('ends at once, with exit 130, when it is told a second time; the next start clears up', async () => {
    const place = makePlace({ 'endless.ts': endless });
    const belfry = startBelfry(place, ['dev']);
    await belfry.url();
    await runBelfry(place, ['jobs', 'run', 'endless']);
    await belfry.untilSays('endless: begun');
    belfry.signal('SIGINT');
    await belfry.untilSays('for 1 run to end');
    // Signals that come together are one request: it is told until it has heard a second one.
    const telling = setInterval(() => belfry.signal('SIGINT'), 100);
    expect(await belfry.ended).toBe(130);
    clearInterval(telling);
    const next = startBelfry(place, ['dev']);
    await next.url();
    expect(next.output()).toContain('ended the Redis that a killed Belfry had left behind');
  });

  test('takes two signals that come together for one request: npm hands its own on beside ours', async () => {
    const place = makePlace();
    const belfry = startBelfry(place, ['dev']);
    await belfry.url();
    belfry.signal('SIGINT');
    belfry.signal('SIGTERM');
    expect(await belfry.ended).toBe(0);
    expect(readFileSync(`${place.folder}/.belfry/redis/redis.log`, 'utf8')).toContain('ready to exit, bye bye');
  });

  test('ends its Redis last', async () => {
    const place = makePlace();
    const belfry = startBelfry(place, ['dev']);
    await belfry.url();
    belfry.signal('SIGTERM');
    expect(await belfry.ended).toBe(0);
    const { server } = JSON.parse(readFileSync(`${place.folder}/.belfry/redis/state.json`, 'utf8')) as {
      server: { pid: number };
    };
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
    expect(readFileSync(`${place.folder}/.belfry/redis/redis.log`, 'utf8')).toContain('ready to exit, bye bye');
  });

  test('outlives a rejected promise that a job has dropped, and tells it', async () => {
    const stray = jobFile(`run: () => { void Promise.reject(new Error('dropped')); return 'fine'; }`);
    const place = makePlace({ 'stray.ts': stray });
    const belfry = startBelfry(place, ['dev']);
    await belfry.url();
    const { code } = await runBelfry(place, ['jobs', 'run', 'stray', '--wait']);
    expect(code).toBe(0);
    await belfry.untilSays(/a promise was rejected and nobody handled it[^]*Error: dropped/);
    expect((await runBelfry(place, ['jobs', 'run', 'stray', '--wait'])).code).toBe(0);
  });

  test('stops in good order with exit 1 after an exception that nobody caught', async () => {
    const place = makePlace({
      'thrower.ts': jobFile(`run: () => setTimeout(() => { throw new Error('from a timer'); }) && 1`),
    });
    const belfry = startBelfry(place, ['dev']);
    await belfry.url();
    await runBelfry(place, ['jobs', 'run', 'thrower']);
    expect(await belfry.ended).toBe(1);
    expect(belfry.output()).toMatch(/from a timer[^]*resigned[^]*stopped/);
  });

  test('ends with exit 1 after an exception that keeps its start from ever ending', async () => {
    const place = makePlace();
    // Fastify asks for the addresses of 0.0.0.0 within the callback of listen: what is thrown there, no promise hears of.
    place.write(
      'no_interfaces.cjs',
      `require('node:os').networkInterfaces = () => { throw new Error('no interfaces'); };`,
    );
    const variables = {
      BELFRY_HOST: '0.0.0.0',
      BELFRY_API_TOKEN: 'a-token-of-32-characters',
      NODE_OPTIONS: '--require ./no_interfaces.cjs',
    };
    const belfry = startBelfry(place, ['start'], variables);
    expect(await belfry.ended).toBe(1);
    expect(belfry.output()).toMatch(/Error: no interfaces[^]*exception was not caught[^]*stopped/);
  });
});
