import { describe, expect, test } from 'vitest';
import type { RunFilter } from '../../src/client/runs.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const echo = job('echo', { run: ({ payload }) => payload });
const failing = job('failing', {
  retry: { attempts: 1 },
  run: () => {
    throw new Error('boom');
  },
});
const other = job('other', { retry: { attempts: 1 }, run: () => Promise.reject(new Error('bang')) });
const typed = job('typed', { payload: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } } });

const open = (config = {}): Promise<Engine> =>
  openEngine({ target: redis.target, jobs: [echo, failing, typed], config });

describe('enqueue', () => {
  test('answers ids in order, and the runs start in that order', async () => {
    const engine = await open();
    const ids = await engine.client.enqueueMany(
      'echo',
      Array.from({ length: 1_200 }, (_, index) => index),
    );
    expect(new Set(ids).size).toBe(1_200);
    await engine.startWorker({ concurrency: 1 });
    await eventually(() => expect(engine.said('run.finished').length).toBeGreaterThanOrEqual(50));
    expect(
      engine
        .said('run.started')
        .slice(0, 50)
        .map(({ run }) => run),
    ).toEqual(ids.slice(0, 50));
  });

  test('with an own id happens once', async () => {
    const engine = await open();
    expect(await engine.client.enqueue('echo', 1, { id: 'order-7' })).toBe('order-7');
    expect(await engine.client.enqueue('echo', 2, { id: 'order-7' })).toBe('order-7');
    expect(await engine.client.runs.list()).toMatchObject([{ run: { id: 'order-7', payloadJson: '1' } }]);
  });

  test.each([
    ['an unknown job', 'NOT_FOUND', (engine: Engine) => engine.client.enqueue('ecko')],
    [
      'a payload over the cap',
      'PAYLOAD_TOO_LARGE',
      (engine: Engine) => engine.client.enqueue('echo', 'ü'.repeat(40_000)),
    ],
    ['an id that cannot be used', 'BAD_USAGE', (engine: Engine) => engine.client.enqueue('echo', 1, { id: 'a b' })],
    ['one id for two', 'BAD_USAGE', (engine: Engine) => engine.client.enqueueMany('echo', [1, 2], { id: 'x' })],
    ['a priority that is none', 'BAD_JOB', (engine: Engine) => engine.client.enqueue('echo', 1, { priority: 10 })],
    ['a delay that is none', 'BAD_DURATION', (engine: Engine) => engine.client.enqueue('echo', 1, { delay: 'soon' })],
  ])('refuses %s with %s, and stores nothing', async (_, code, act) => {
    const engine = await open();
    await expect(act(engine)).rejects.toMatchObject({ code });
    expect(await engine.client.runs.list()).toEqual([]);
  });

  test('of an unknown job says which name is near', async () => {
    await expect((await open()).client.enqueue('ecko')).rejects.toMatchObject({ hint: 'did you mean echo?' });
  });

  test('checks the payload against the code of this process, where it has it', async () => {
    const engine = await open();
    await engine.client.enqueue('typed', { n: 'no code here to know better' });
    engine.setDefinitions(engine.jobs);
    await expect(engine.client.enqueue('typed', { n: 'x' })).rejects.toMatchObject({ code: 'BAD_PAYLOAD' });
    await engine.client.enqueue('typed', { n: 1 });
  });

  test('is sent again with the same ids when its answer is lost, and makes one run each', async () => {
    const own = await startRedis();
    const engine = await openEngine({ target: own.target, jobs: [echo] });
    await engine.client.enqueue('echo', 0);
    own.freeze();
    const sent = engine.client.enqueueMany('echo', [1, 2, 3]);
    await eventually(() => expect(engine.said('redis.lost').length + pending(engine)).toBeGreaterThan(0));
    setTimeout(() => own.thaw(), 1_800);
    const ids = await sent;
    const listed = (await engine.client.runs.list()).map(({ run }) => run.id);
    expect(listed).toHaveLength(4);
    expect(listed).toEqual(expect.arrayContaining(ids));
  });
});

/** Commands that this engine has sent and that Redis has not answered. */
const pending = (engine: Engine): number =>
  (engine.store.connection as unknown as { commandQueue: { length: number } }).commandQueue.length;

describe('runs', () => {
  test('are listed newest first, by job, by state and by age', async () => {
    const engine = await open();
    await engine.startWorker();
    const done = await engine.client.enqueue('echo', { x: 1 });
    const lost = await engine.client.enqueue('failing');
    await eventually(() => expect(engine.said('run.finished')).toHaveLength(2));
    const later = await engine.client.enqueue('echo', 2, { delay: '1h' });
    const ids = async (filter = {}) => (await engine.client.runs.list(filter)).map(({ run }) => run.id);
    expect((await ids()).sort()).toEqual([done, lost, later].sort());
    expect(await ids({ state: 'succeeded' })).toEqual([done]);
    expect(await ids({ state: 'dead' })).toEqual([lost]);
    expect(await ids({ state: 'waiting' })).toEqual([later]);
    expect(await ids({ job: 'failing' })).toEqual([lost]);
    expect(await ids({ since: Date.now() + 60_000 })).toEqual([later]);
    expect(await ids({ limit: 1 })).toEqual([later]);
  });

  test('of a state or of a job are found behind thousands of others', async () => {
    const engine = await open();
    const list = async (filter: RunFilter) => (await engine.client.runs.list(filter)).map(({ run }) => run.id);
    const rare = await engine.client.enqueue('typed', { n: 1 });
    const later = await engine.client.enqueue('echo', 0, { delay: '1h' });
    for (let part = 0; part < 30; part += 1)
      await engine.client.enqueueMany('echo', new Array<number>(1_000).fill(part));
    const last = await engine.client.enqueue('typed', { n: 2 }, { delay: '1h' });
    expect(await list({ state: 'waiting', job: 'echo', limit: 5 })).toEqual([later]);
    expect(await list({ job: 'typed', limit: 5 })).toEqual([last, rare]);
    expect(await list({ job: 'typed', state: 'ready', limit: 5 })).toEqual([rare]);
  });

  test('that are new are listed before others that have not finished either', async () => {
    const engine = await open();
    await engine.client.enqueueMany('echo', new Array<number>(500).fill(1));
    const enqueuedBy = Date.now();
    await eventually(() => expect(Date.now()).toBeGreaterThan(enqueuedBy));
    const newest = await engine.client.enqueue('typed', { n: 1 });
    expect((await engine.client.runs.list({ limit: 1 })).map(({ run }) => run.id)).toEqual([newest]);
  });

  test('that are dead letters are found behind more than a thousand of another job', async () => {
    const engine = await openEngine({ target: redis.target, jobs: [failing, other] });
    await engine.startWorker({ concurrency: 200 });
    const lost = await engine.client.enqueue('other');
    await eventually(() => expect(engine.said('run.finished')).toHaveLength(1));
    await engine.client.enqueueMany('failing', new Array<number>(1_100).fill(1));
    await eventually(() => expect(engine.said('run.finished')).toHaveLength(1_101));
    expect((await engine.client.runs.list({ state: 'dead', job: 'other' })).map(({ run }) => run.id)).toEqual([lost]);
  });

  test('are shown with their result or their error', async () => {
    const engine = await open();
    await engine.startWorker();
    const done = await engine.client.enqueue('echo', { x: 1 });
    const lost = await engine.client.enqueue('failing');
    await eventually(() => expect(engine.said('run.finished')).toHaveLength(2));
    expect(await engine.client.runs.get(done)).toMatchObject({
      kind: 'finished',
      state: 'succeeded',
      result: { x: 1 },
    });
    expect(await engine.client.runs.get(lost)).toMatchObject({
      state: 'dead',
      error: { message: 'boom', name: 'Error' },
    });
    await expect(engine.client.runs.get('never')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('that are finished can be run again, and others cannot', async () => {
    const engine = await open();
    const worker = await engine.startWorker();
    const lost = await engine.client.enqueue('failing');
    await engine.hears('run.finished');
    await worker.stop();
    const again = await engine.client.runs.retry(lost);
    expect(again).not.toBe(lost);
    expect(await engine.client.runs.get(again)).toMatchObject({ state: 'ready', run: { job: 'failing' } });
    await expect(engine.client.runs.retry(again)).rejects.toMatchObject({ code: 'BAD_USAGE' });
    await expect(engine.client.runs.retry('never')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('that wait are cancelled at once; a finished one refuses', async () => {
    const engine = await open();
    const id = await engine.client.enqueue('echo', 1, { delay: '1h' });
    expect(await engine.client.runs.cancel(id)).toBe('cancelled');
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'cancelled' });
    await expect(engine.client.runs.cancel(id)).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test('of several shards are found wherever they are', async () => {
    const engine = await openEngine({
      target: redis.target,
      config: { shards: 5 },
      jobs: Array.from({ length: 12 }, (_, index) => job(`spread${String(index)}`)),
    });
    const ids = await Promise.all(engine.jobs.map(({ name }) => engine.client.enqueue(name, name)));
    for (const [i, id] of ids.entries()) expect((await engine.client.runs.get(id)).run.job).toBe(`spread${String(i)}`);
    const overview = await engine.client.overview();
    expect(overview.queues).toMatchObject([{ queue: 'default', ready: 12 }]);
    expect(overview.leaders).toHaveLength(5);
  });
});

test('a listing refuses a filter and a state that there are not: it would answer all runs, or none', async () => {
  const { runs } = (await open()).client;
  await expect(runs.list({ stat: 'dead' } as object)).rejects.toMatchObject({
    code: 'BAD_USAGE',
    hint: 'did you mean state?',
  });
  await expect(runs.list({ state: 'failed' as never })).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'state' });
  await expect(runs.list({ limit: -1 })).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'limit' });
});
