import { describe, expect, test } from 'vitest';
import type { LimitWish } from '../../src/client/limits.ts';
import { templateId } from '../../src/core/limit.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

const poll = job('partners/poll', {
  limits: [{ key: 'partner:{partner}', rate: '100/1m', concurrency: 2 }, { concurrency: 9 }],
  run: ({ signal }) => untilAborted(signal),
});
const ledger = job('ledger', { ordered: 'account:{account}', run: ({ signal }) => untilAborted(signal) });
const JOBS = [poll, ledger, job('plain')];

const open = (shards = 1): Promise<Engine> => openEngine({ target: redis.target, jobs: JOBS, config: { shards } });

/** Starts a worker, and waits until so many runs run. */
async function startRunning(engine: Engine, count: number): Promise<string[]> {
  await engine.startWorker();
  await engine.hears('run.started', () => engine.said('run.started').length >= count);
  return engine.said('run.started').map(({ run }) => run);
}

describe('the limit of a key', () => {
  test('is told with who has set it, what runs and what waits', async () => {
    const engine = await open();
    const { limits } = engine.client;
    await engine.client.enqueueMany(
      'partners/poll',
      Array.from({ length: 5 }, () => ({ partner: 'x' })),
    );
    await startRunning(engine, 2);
    await engine.client.enqueue('partners/poll', { partner: 'y' });
    await engine.hears('run.started', () => engine.said('run.started').length >= 3);
    expect(await limits.get('partner:x')).toEqual({
      key: 'partner:x',
      by: 'job-file',
      template: 'partner:{partner}',
      jobs: ['partners/poll'],
      limit: { rate: { count: 100, periodMs: 60_000 }, burst: 10, concurrency: 2 },
      running: 2,
      nextStart: undefined,
      heldUntil: undefined,
      turn: undefined,
      waiting: { lanes: 1, runs: 3 },
    });
    expect(await limits.get('job:partners/poll')).toMatchObject({ running: 3, limit: { concurrency: 9 } });
    expect(await limits.get('partner:z')).toMatchObject({ running: 0, waiting: { lanes: 0, runs: 0 } });
    expect(await limits.get('tenant:z')).toMatchObject({ by: 'nobody', limit: {}, running: undefined });
  });

  test('is set without a restart, and taken back; what is left out stays as the job file has it', async () => {
    const engine = await open();
    const { limits } = engine.client;
    await engine.client.enqueueMany(
      'partners/poll',
      Array.from({ length: 5 }, () => ({ partner: 'x' })),
    );
    await startRunning(engine, 2);
    expect(await limits.set('partner:x', { concurrency: 4 })).toMatchObject({
      by: 'operator',
      limit: { rate: { count: 100, periodMs: 60_000 }, concurrency: 4 },
    });
    await engine.hears('run.started', () => engine.said('run.started').length >= 4);
    expect(await limits.set('partner:x', { rate: '5/1s' })).toMatchObject({
      limit: { rate: { count: 5, periodMs: 1_000 }, concurrency: 2 },
      running: 4,
    });
    expect(await limits.set('partner:x', undefined)).toMatchObject({ by: 'job-file', limit: { concurrency: 2 } });
  });

  test('shows whose turn it is, where runs start one after the other', async () => {
    const engine = await open();
    const first = await engine.client.enqueue('ledger', { account: 7 });
    await engine.client.enqueue('ledger', { account: 7 });
    await startRunning(engine, 1);
    expect(await engine.client.limits.get('account:7')).toMatchObject({ turn: first, limit: { order: 'strict' } });
  });

  test('is held and reset on each shard', async () => {
    const engine = await open(4);
    const { limits } = engine.client;
    const until = (await limits.hold('partner:x', '10m')).heldUntil ?? 0;
    expect(until - Date.now()).toBeGreaterThan(590_000);
    for (const { limits: store } of engine.store.shards) {
      const [state] = await store.states([{ key: 'partner:x', field: `*${templateId('partner:{partner}')}` }]);
      expect(state?.heldUntil).toBeGreaterThan(Date.now());
    }
    expect((await limits.reset('partner:x')).heldUntil).toBeUndefined();
    await limits.set('queue:default', { concurrency: 3 });
    for (const shard of engine.store.shards) expect((await shard.limits.configured()).has('=queue:default')).toBe(true);
    await limits.set('job:plain', { concurrency: 3 });
    const having = await Promise.all(
      engine.store.shards.map(async (shard) => (await shard.limits.configured()).has('=job:plain')),
    );
    expect(having.filter(Boolean)).toHaveLength(1);
  });

  test.each([
    ['partner:{partner}', 'BAD_USAGE'],
    ['', 'BAD_USAGE'],
    ['queue:a b', 'BAD_USAGE'],
    ['job:partners/pol', 'NOT_FOUND'],
  ])('cannot be asked for as %j', async (key, code) => {
    const { client } = await open();
    await expect(client.limits.get(key)).rejects.toMatchObject({ code });
  });

  test.each([
    [{}, 'limit'],
    [{ rate: 'often' }, 'limit.rate'],
    [{ burst: 4 }, 'limit.burst'],
    [{ concurrency: 0 }, 'limit.concurrency'],
    [{ speed: 1 }, 'limit.speed'],
  ])('cannot be set to %j', async (wish, field) => {
    const { client } = await open();
    await expect(client.limits.set('partner:x', wish as LimitWish)).rejects.toMatchObject({ code: 'BAD_USAGE', field });
  });

  test.each([undefined, null, 7, ''])('cannot be asked for without its key (%j)', async (key) => {
    const { client } = await openEngine({ target: redis.target, jobs: [] });
    const wrong = key as unknown as string;
    const refusal = { code: 'BAD_USAGE', field: 'key' };
    await expect(client.limits.get(wrong)).rejects.toMatchObject(refusal);
    await expect(client.limits.set(wrong, { concurrency: 1 })).rejects.toMatchObject(refusal);
  });

  test('cannot be held for nothing or for ever', async () => {
    const { client } = await open();
    await expect(client.limits.hold('partner:x', '0s')).rejects.toMatchObject({ code: 'BAD_USAGE' });
    await expect(client.limits.hold('partner:x', '31d')).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });
});

test('keys are listed by prefix, with the templates they come from, a page at a time', async () => {
  const engine = await open(2);
  const { limits } = engine.client;
  await limits.set('tenant:a', { concurrency: 1 });
  await limits.hold('partner:x', '10m');
  await limits.hold('partner:y & z', '10m');
  const all = await limits.list();
  expect(all.templates.map(({ template, jobs }) => [template, jobs])).toEqual([
    ['account:{account}', ['ledger']],
    ['partner:{partner}', ['partners/poll']],
  ]);
  expect(all.keys.map(({ key }) => key)).toEqual(['job:partners/poll', 'partner:x', 'partner:y%20%26%20z', 'tenant:a']);
  expect(all.more).toBe(false);
  const some = await limits.list({ prefix: 'partner:', limit: 1 });
  expect(some.keys.map(({ key, template }) => [key, template])).toEqual([['partner:x', 'partner:{partner}']]);
  expect(some.more).toBe(true);
  await expect(limits.list({ limit: 0 })).rejects.toMatchObject({ code: 'BAD_USAGE' });
});

describe('a run is explained by its keys', () => {
  test('slots and who holds them, the order and whose turn it is', async () => {
    const engine = await open();
    await engine.client.enqueueMany('partners/poll', [{ partner: 'x' }, { partner: 'x' }]);
    const turn = await engine.client.enqueue('ledger', { account: 7 });
    const running = await startRunning(engine, 3);
    const waiting = await engine.client.enqueue('partners/poll', { partner: 'x' });
    const { reasons } = await engine.client.explain.run(waiting);
    expect(reasons[0]).toMatchObject({ kind: 'slots', key: 'partner:x', running: 2, allowed: 2 });
    const by = reasons[0]?.kind === 'slots' ? reasons[0].by : [];
    expect([...by].sort()).toEqual(running.filter((id) => id !== turn).sort());
    const next = await engine.client.enqueue('ledger', { account: 7 });
    expect((await engine.client.explain.run(next)).reasons[0]).toEqual({ kind: 'order', key: 'account:7', turn });
  });
});

describe('a key that several jobs name', () => {
  const limited = job('limited', { limits: [{ key: 'partner:{partner}', rate: '10/1m', concurrency: 1 }] });
  const fair = job('fair', { fairness: { key: 'partner:{partner}', weight: 2 } });
  const ordered = job('ordered', { ordered: 'partner:{partner}' });
  const all = { rate: { count: 10, periodMs: 60_000 }, burst: 1, concurrency: 1, weight: 2, order: 'strict' };

  test.each([
    ['one after the other', [limited, fair, ordered]],
    ['the other way round', [ordered, fair, limited]],
  ])('has what each of them says, deployed %s', async (_how, jobs) => {
    const engine = await openEngine({ target: redis.target, jobs: [] });
    for (let count = 1; count <= jobs.length; count += 1) await engine.client.apply(jobs.slice(0, count), []);
    expect((await engine.client.limits.get('partner:x')).limit).toEqual(all);
    await engine.client.apply(
      [
        ...jobs.filter((one) => one !== limited),
        job('limited', { limits: [{ key: 'partner:{partner}', rate: '20/1m' }] }),
      ],
      [],
    );
    expect((await engine.client.limits.get('partner:x')).limit).toMatchObject({
      rate: { count: 20 },
      weight: 2,
      order: 'strict',
    });
    expect((await engine.client.limits.list()).templates).toMatchObject([
      { limit: { rate: { count: 20 }, weight: 2, order: 'strict' } },
    ]);
  });
});
