import { expect, test } from 'vitest';
import { serveApi, type ServedApi } from '../support/api.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { workerInfo } from '../support/listed_workers.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function serve(options: { shards?: number } = {}): Promise<ServedApi & { engine: Engine }> {
  const jobs = [job('poll'), job('mail', { queue: 'post' }), job('other', { queue: 'elsewhere' })];
  const engine = await openEngine({ target: redis.target, jobs, config: options });
  return { ...(await serveApi(engine)), engine };
}
const beat = ({ store }: Engine, parts: Parameters<typeof workerInfo>[0]) =>
  store.workers.beat(workerInfo(parts), 60_000);

test('/api/v1/workers tells which queues each asks first', async () => {
  const { ask, engine } = await serve();
  await engine.startWorker({ queues: ['critical:6', 'default'] });
  await eventually(async () => {
    expect((await ask('GET', '/workers')).body).toMatchObject({
      workers: [{ queues: ['critical:6', 'default'], order: 'weighted', state: 'running' }],
    });
  });
});

test('/api/v1/workers/{id} shows one, and /drain tells it and those beside it to go', async () => {
  const { ask, engine } = await serve();
  await beat(engine, { id: 'a', process: 'p' });
  await beat(engine, { id: 'b', process: 'p', pool: 'mail' });
  expect((await ask('GET', '/workers/a')).body).toMatchObject({ worker: { id: 'a', beside: ['b'], told: null } });
  expect(await ask('POST', '/workers/a/drain', { by: 'ada', note: 'a new version' })).toEqual({
    status: 202,
    body: { worker: { id: 'a', answer: 'told', leaves: ['a', 'b'] } },
  });
  expect((await ask('GET', '/workers/a')).body).toMatchObject({
    worker: { told: { by: 'ada', note: 'a new version' } },
  });
  expect(await ask('GET', '/workers/none')).toMatchObject({ status: 404 });
  expect(await ask('POST', '/workers/none/drain', { by: 'ada' })).toMatchObject({ status: 404 });
});

test('a process with other roles is told only where that is meant', async () => {
  const { ask, engine } = await serve();
  await beat(engine, { id: 'all', roles: ['scheduler', 'worker', 'api'] });
  expect(await ask('POST', '/workers/all/drain', { by: 'ada' })).toMatchObject({ status: 400 });
  expect(await ask('POST', '/workers/all/drain', {})).toMatchObject({ status: 400 });
  expect(await ask('POST', '/workers/all/drain', { by: 'ada', roles: 'all' })).toMatchObject({ status: 202 });
});

test('/api/v1/workers/restart shows the last restart in waves', async () => {
  const { ask, engine } = await serve();
  expect((await ask('GET', '/workers/restart')).body).toEqual({ restart: null });
  await engine.client.workers.restart({ by: 'ada', terms: { olderThan: '1.0.0' } });
  expect((await ask('GET', '/workers/restart')).body).toMatchObject({
    restart: { by: 'ada', status: 'done', terms: { versionOlderThan: '1.0.0' }, counts: { targets: 0 } },
  });
});

test.each([1, 4])('/api/v1/queues/backlog adds up what waits for a pool, over %i shards', async (shards) => {
  const { ask, engine } = await serve({ shards });
  await engine.client.enqueueMany('poll', [1, 2, 3]);
  await engine.client.enqueueMany('mail', [1, 2], { delay: '1h' });
  await engine.client.enqueueMany('mail', [1]);
  await engine.client.enqueueMany('other', [1, 2, 3, 4]);
  await beat(engine, { id: 'a', pool: 'mine', queues: ['default:3', 'post'], busy: 2, slots: 5 });
  await beat(engine, { id: 'b', pool: 'mine', queues: ['default:3', 'post'], busy: 1, slots: 5, state: 'draining' });
  await beat(engine, { id: 'c', pool: 'other', queues: ['elsewhere'], busy: 9 });
  expect(await ask('GET', '/queues/backlog?pool=mine')).toEqual({
    status: 200,
    body: {
      pool: 'mine',
      queues: ['default:3', 'post'],
      ready: 4,
      delayed: 2,
      running: 3,
      oldestReadySeconds: 0,
      workers: 1,
      slots: 5,
      backlog: 7,
    },
  });
});

test('the backlog of a pool without workers is that of the queues that it asked for last, or that the question names', async () => {
  const { ask, engine } = await serve();
  await engine.client.enqueueMany('mail', [1, 2]);
  expect(await ask('GET', '/queues/backlog?pool=mine')).toMatchObject({ status: 404 });
  expect((await ask('GET', '/queues/backlog?pool=mine&queues=post,default')).body).toMatchObject({
    backlog: 2,
    workers: 0,
  });
  expect((await ask('GET', '/queues/backlog?pool=mine&queues=*')).body).toMatchObject({ backlog: 2 });
  await beat(engine, { id: 'a', pool: 'mine', queues: ['post'] });
  await engine.store.workers.remove('a');
  expect((await ask('GET', '/queues/backlog?pool=mine')).body).toMatchObject({
    queues: ['post'],
    ready: 2,
    running: 0,
    workers: 0,
    slots: 0,
    backlog: 2,
  });
});

test('runs of a paused queue want no workers', async () => {
  const { ask, engine } = await serve();
  await engine.client.enqueueMany('mail', [1, 2]);
  await engine.client.queues.pause('post', { by: 'ada', note: 'down' });
  expect((await ask('GET', '/queues/backlog?pool=mine&queues=*')).body).toMatchObject({
    ready: 0,
    backlog: 0,
    oldestReadySeconds: 0,
  });
});

test.each(['/queues/backlog', '/queues/backlog?pool=a&queues=b%20c', '/queues/backlog?pool=a&qeues=b'])(
  'GET %s is refused',
  async (path) => {
    const { ask } = await serve();
    expect(await ask('GET', path)).toMatchObject({ status: 400, body: { error: { code: 'BAD_USAGE' } } });
  },
);
