import { describe, expect, test } from 'vitest';
import type { BulkView } from '../../src/client/bulk_view.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const BY = { by: 'ada' };
const WORDS = { by: 'ada', note: 'the partner is down' };
const JOBS = [job('mail', { queue: 'post' }), job('sms', { queue: 'post' }), job('report', { queue: 'slow' })];

const open = (shards = 3): Promise<Engine> => openEngine({ target: redis.target, config: { shards }, jobs: JOBS });

const untilDone = ({ client }: Engine, id: string): Promise<BulkView> =>
  eventually(
    async () => {
      const view = await client.bulk.get(id);
      expect(view.state).not.toBe('running');
      return view;
    },
    { timeoutMs: 15_000 },
  );

const queueOf = async ({ client }: Engine, name: string) =>
  (await client.queues.list()).find(({ queue }) => queue === name);

describe('queues', () => {
  test('are listed with their runs by state over all shards, and who asks for them', async () => {
    const engine = await open();
    await engine.client.enqueueMany('mail', [1, 2, 3]);
    await engine.client.enqueueMany('sms', [1], { delay: '1h' });
    await engine.client.enqueueMany('report', [1, 2]);
    const before = Date.now();
    expect(await engine.client.queues.list()).toMatchObject([
      { queue: 'post', ready: 3, limited: 0, waiting: 1, retrying: 0, running: 0, workers: 0, pause: undefined },
      { queue: 'slow', ready: 2, waiting: 0, oldestReady: expect.any(Number) as number },
    ]);
    expect((await queueOf(engine, 'post'))?.oldestReady).toBeLessThan(before + 1_000);
    await engine.startWorker({ queues: ['slow:3'], concurrency: 4 });
    await eventually(async () => {
      expect(await queueOf(engine, 'slow')).toMatchObject({ ready: 0, workers: 1, slots: 4, endedLastMinute: 2 });
    });
    expect(await queueOf(engine, 'post')).toMatchObject({ workers: 0, endedLastMinute: 0 });
  });

  test('count runs that retry, run, wait for a slot or are held', async () => {
    const jobs = [
      job('fails', {
        retry: { attempts: 5, backoff: { type: 'fixed', initial: '1h' } },
        run: () => Promise.reject(new Error('x')),
      }),
      job('stays', {
        limits: [{ concurrency: 1 }],
        run: ({ signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              resolve(null);
            });
          }),
      }),
    ];
    const engine = await openEngine({ target: redis.target, jobs });
    await engine.client.enqueueMany('fails', [1, 2]);
    await engine.client.enqueueMany('stays', [1, 2, 3]);
    await engine.startWorker();
    await eventually(async () => {
      const found = await queueOf(engine, 'default');
      expect(found).toMatchObject({ ready: 2, limited: 2, waiting: 0, retrying: 2, running: 1 });
    });
  });

  test('that are paused start nothing on any shard until they are resumed, and say who paused them', async () => {
    const engine = await open();
    await engine.client.queues.pause('post', WORDS);
    await engine.client.enqueueMany('mail', [1]);
    await engine.client.enqueueMany('sms', [1]);
    await engine.client.enqueueMany('report', [1]);
    await engine.startWorker();
    await engine.hears('run.finished', ({ job: name }) => name === 'report');
    expect(await queueOf(engine, 'post')).toMatchObject({ ready: 2, pause: WORDS });
    const [waiting] = await engine.client.runs.list({ job: 'mail' });
    expect(await engine.client.explain.run(waiting?.run.id ?? '')).toMatchObject({
      reasons: [{ kind: 'queue-paused', queue: 'post', pause: WORDS }],
    });
    expect(engine.said('run.started').map(({ job: name }) => name)).toEqual(['report']);
    expect(await engine.client.queues.resume('post', BY)).toBe('resumed');
    await engine.hears('run.finished', ({ job: name }) => name === 'mail');
    await engine.hears('run.finished', ({ job: name }) => name === 'sms');
    expect(await engine.client.queues.resume('post', BY)).toBe('unchanged');
  });

  test('go on by themselves when a pause has an end', async () => {
    const engine = await open();
    await engine.client.queues.pause('post', { ...WORDS, until: Date.now() + 700 });
    await engine.client.enqueue('mail', 1);
    await engine.startScheduler();
    await engine.startWorker();
    const { waitMs } = await engine.hears('run.started', ({ job: name }) => name === 'mail');
    expect(waitMs).toBeGreaterThan(300);
  });

  test('are drained and moved in the background', async () => {
    const engine = await open();
    await engine.client.enqueueMany(
      'mail',
      Array.from({ length: 300 }, (_, i) => i),
    );
    const delayed = await engine.client.enqueueMany('sms', [1, 2], { delay: '1h' });
    await engine.client.enqueueMany('report', [1]);
    await engine.startScheduler();
    const move = await engine.client.queues.move('post', 'urgent', { ...BY, filter: { job: 'mail' } });
    expect(await untilDone(engine, move)).toMatchObject({
      state: 'done',
      done: 300,
      failed: 0,
      progress: 1,
      to: 'urgent',
    });
    expect(await engine.client.queues.list()).toMatchObject([
      { queue: 'post', ready: 0, waiting: 2 },
      { queue: 'slow', ready: 1 },
      { queue: 'urgent', ready: 300 },
    ]);
    const drain = await engine.client.queues.drain('post', { ...BY, note: 'sent twice' });
    expect(await untilDone(engine, drain)).toMatchObject({ state: 'done', done: 2, note: 'sent twice', by: 'ada' });
    await expect(engine.client.runs.get(delayed[0] as string)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await engine.client.bulk.list()).map(({ id }) => id)).toEqual([drain, move]);
  });

  test.each<[string, (engine: Engine) => Promise<unknown>, object]>([
    ['drain', ({ client }) => client.queues.drain('pots', BY), { code: 'NOT_FOUND', field: 'queue' }],
    ['move', ({ client }) => client.queues.move('pots', 'post', BY), { code: 'NOT_FOUND', field: 'queue' }],
    ['move to itself', ({ client }) => client.queues.move('post', 'post', BY), { code: 'BAD_USAGE', field: 'to' }],
    ['move to a name', ({ client }) => client.queues.move('post', 'a b', BY), { code: 'BAD_USAGE', field: 'to' }],
    ['pause', ({ client }) => client.queues.pause('a b', WORDS), { code: 'BAD_USAGE', field: 'queue' }],
    ['pause without why', ({ client }) => client.queues.pause('post', { by: 'ada', note: '' }), { field: 'note' }],
    [
      'pause that is over',
      ({ client }) => client.queues.pause('post', { ...WORDS, until: 5 }),
      { code: 'BAD_USAGE', field: 'until' },
    ],
  ])('refuse a %s that cannot be', async (_, act, error) => {
    const engine = await open(1);
    await engine.client.enqueue('mail', 1);
    await expect(act(engine)).rejects.toMatchObject(error);
    expect(await queueOf(engine, 'post')).toMatchObject({ ready: 1, pause: undefined });
  });
});

describe('a bulk operation', () => {
  test('acts on every shard, shares its rate among them, and ends when all are through', async () => {
    const engine = await open();
    await engine.client.enqueueMany('mail', [1, 2, 3], { delay: '1h' });
    await engine.client.enqueueMany('report', [1, 2, 3], { delay: '1h' });
    await engine.startScheduler();
    const id = await engine.client.bulk.start({ action: 'cancel', filter: { state: 'waiting' }, rate: '60/1s', ...BY });
    const view = await untilDone(engine, id);
    expect(view).toMatchObject({ action: 'cancel', state: 'done', done: 6, progress: 1, by: 'ada' });
    expect(Math.round(view.paceMs)).toBe(17);
    expect(await engine.client.bulk.cancel(id)).toMatchObject({ state: 'done', done: 6 });
  });

  test('is stopped on every shard at once', async () => {
    const engine = await open();
    await engine.client.enqueueMany('mail', [1]);
    const id = await engine.client.bulk.start({ action: 'delete', filter: { all: true }, ...BY });
    expect(await engine.client.bulk.cancel(id)).toMatchObject({ state: 'cancelled', done: 0 });
    await engine.startScheduler();
    expect(await engine.client.bulk.cancel(id)).toMatchObject({ state: 'cancelled', done: 0 });
    expect(await queueOf(engine, 'post')).toMatchObject({ ready: 1 });
  });

  test.each<[object, string]>([
    [{ action: 'cancel', filter: {} }, 'filter'],
    [{ action: 'cancel', filter: { all: true, job: 'mail' } }, 'filter'],
    [{ action: 'cancel', filter: { state: 'dead' } }, 'state'],
    [{ action: 'retry', filter: { state: 'ready' } }, 'state'],
    [{ action: 'move', filter: { job: 'mail' } }, 'to'],
    [{ action: 'cancel', filter: { job: 'mail' }, to: 'post' }, 'to'],
    [{ action: 'purge', filter: { job: 'mail' } }, 'action'],
    [{ action: 'cancel', filter: { job: 'mail' }, rate: 'fast' }, 'rate'],
    [{ action: 'cancel', filter: { job: 'mail' }, by: '' }, 'by'],
    [{ action: 'cancel', filter: { error: ' ' } }, 'error'],
    [{ action: 'cancel', filter: { ids: [] } }, 'ids'],
    [{ action: 'cancel', filter: { since: 'yesterday' } }, 'since'],
  ])('said as %j is refused', async (request, field) => {
    const { client } = await open(1);
    await expect(client.bulk.start({ ...BY, ...request } as never)).rejects.toMatchObject({ code: 'BAD_USAGE', field });
    expect(await client.bulk.list()).toEqual([]);
  });

  test('is not found by another id', async () => {
    const { client } = await open(1);
    await expect(client.bulk.get('x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.bulk.cancel('x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is forgotten when a hundred others have ended after it', async () => {
    const { client } = await open(1);
    const ids: string[] = [];
    for (let i = 0; i < 102; i += 1) {
      const id = await client.bulk.start({ action: 'cancel', filter: { job: 'mail' }, ...BY });
      await client.bulk.cancel(id);
      ids.push(id);
    }
    await client.bulk.start({ action: 'cancel', filter: { job: 'mail' }, ...BY });
    expect(await client.bulk.list()).toHaveLength(101);
    await expect(client.bulk.get(ids[0] as string)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a worker with weights gives each queue its part of the starts', async () => {
  const jobs = ['critical', 'usual', 'low'].map((queue) => job(queue, { queue }));
  const engine = await openEngine({ target: redis.target, jobs });
  for (const { name } of jobs)
    await engine.client.enqueueMany(
      name,
      Array.from({ length: 200 }, (_, i) => i),
    );
  await engine.startWorker({ queues: ['critical:6', 'usual:3', 'low:1'], concurrency: 1 });
  await eventually(() => expect(engine.said('run.started').length).toBeGreaterThan(100), { timeoutMs: 15_000 });
  const first = engine
    .said('run.started')
    .slice(0, 100)
    .map(({ queue }) => queue);
  const partOf = (name: string): number => first.filter((queue) => queue === name).length;
  expect(partOf('critical')).toBeGreaterThanOrEqual(55);
  expect(partOf('critical')).toBeLessThanOrEqual(65);
  expect(partOf('usual')).toBeGreaterThanOrEqual(25);
  expect(partOf('low')).toBeGreaterThanOrEqual(8);
});
