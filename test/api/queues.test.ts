import { expect, test } from 'vitest';
import { NonRetryableError } from '../../src/core/errors.ts';
import { serveApi, type ServedApi } from '../support/api.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function serve(): Promise<ServedApi & { engine: Engine }> {
  const fail = (): Promise<null> => Promise.reject(new NonRetryableError('no partner'));
  const engine = await openEngine({
    target: redis.target,
    jobs: [job('poll'), job('eu/mail', { run: fail, queue: 'post' })],
  });
  return { ...(await serveApi(engine)), engine };
}

test('/api/v1/queues lists, pauses, resumes, moves and drains', async () => {
  const { ask, engine } = await serve();
  await engine.client.enqueueMany('poll', [1, 2]);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const paused = await ask('POST', '/queues/pause', { queue: 'default', by: 'ada', note: 'why', until });
  expect(paused).toMatchObject({ status: 200, body: { queue: 'default', answer: 'paused' } });
  expect((await ask('GET', '/queues')).body).toMatchObject({
    queues: [
      {
        queue: 'default',
        ready: 2,
        oldestReady: expect.stringMatching(/Z$/) as string,
        pause: { by: 'ada', note: 'why', until },
      },
    ],
  });
  expect((await ask('POST', '/queues/resume', { queue: 'default', by: 'ada' })).body).toMatchObject({
    answer: 'resumed',
  });
  await engine.startScheduler();
  const moved = await ask('POST', '/queues/move', { queue: 'default', to: 'new', by: 'ada', filter: { job: 'poll' } });
  expect(moved.status).toBe(202);
  const { id } = moved.body['bulk'] as { id: string };
  await eventually(async () => {
    expect((await ask('GET', `/bulk/${id}`)).body).toMatchObject({ bulk: { id, state: 'done', done: 2, to: 'new' } });
  });
  expect(await ask('POST', '/queues/drain', { queue: 'new', by: 'ada' })).toMatchObject({ status: 202 });
  await eventually(async () => {
    const { queues } = (await ask('GET', '/queues')).body as { queues: { queue: string; ready: number }[] };
    expect(queues.map(({ ready }) => ready)).toEqual([0, 0]);
  });
  expect(await ask('POST', '/queues/drain', { queue: 'none', by: 'ada' })).toMatchObject({ status: 404 });
});

test('/api/v1/bulk starts, lists, shows and cancels', async () => {
  const { ask, engine } = await serve();
  await engine.client.enqueueMany('poll', [1]);
  const started = await ask('POST', '/bulk', {
    action: 'cancel',
    filter: { state: ['ready', 'waiting'], job: 'poll', until: new Date(Date.now() + 60_000).toISOString() },
    rate: '500/1s',
    by: 'ada',
    note: 'wrong',
  });
  expect(started.status).toBe(202);
  const { id } = started.body['bulk'] as { id: string };
  expect((await ask('GET', '/bulk')).body).toMatchObject({
    bulk: [
      {
        id,
        action: 'cancel',
        state: 'running',
        progress: 0,
        by: 'ada',
        note: 'wrong',
        paceMs: 2,
        filter: { job: 'poll' },
      },
    ],
  });
  expect((await ask('POST', `/bulk/${id}/cancel`)).body).toMatchObject({ bulk: { state: 'cancelled' } });
  expect(await ask('POST', '/bulk/none/cancel')).toMatchObject({ status: 404 });
  expect(await ask('GET', '/bulk/none')).toMatchObject({ status: 404 });
});

test.each<[string, unknown]>([
  ['/bulk', { action: 'cancel', filter: {}, by: 'ada' }],
  ['/bulk', { action: 'cancel', filter: { jbo: 'x' }, by: 'ada' }],
  ['/bulk', { action: 'cancel', filter: { job: 'x' } }],
  ['/bulk', { action: 'erase', filter: { job: 'x' }, by: 'ada' }],
  ['/bulk', { action: 'cancel', filter: { job: 'x', until: 'tomorrow' }, by: 'ada' }],
  ['/queues/move', { queue: 'default', by: 'ada' }],
  ['/queues/pause', { queue: 'default', by: 'ada' }],
  ['/dead-letters/redrive', { filter: {}, by: 'ada' }],
  ['/dead-letters/delete', { by: 'ada' }],
])('POST %s with %j is refused', async (path, body) => {
  const { ask } = await serve();
  expect(await ask('POST', path, body)).toMatchObject({ status: 400, body: { error: { code: 'BAD_USAGE' } } });
  expect((await ask('GET', '/bulk')).body).toEqual({ bulk: [] });
});

test('/api/v1/dead-letters lists, shows, exports, redrives and deletes', async () => {
  const { ask, request, engine } = await serve();
  const [id] = await engine.client.enqueueMany('eu/mail', [{ to: 1 }, { to: 2 }]);
  await engine.startWorker();
  await eventually(async () => expect((await engine.client.overview()).deadLetters).toBe(2));
  expect((await ask('GET', '/dead-letters?job=eu%2Fmail&error=PARTNER&limit=1')).body).toMatchObject({
    deadLetters: [{ job: 'eu/mail', error: { message: 'no partner' } }],
    cursor: expect.any(String) as string,
  });
  expect((await ask('GET', `/dead-letters/run/${id ?? ''}`)).body).toMatchObject({
    deadLetter: { id, payload: { to: 1 } },
  });
  expect(await ask('GET', '/dead-letters/run/none')).toMatchObject({ status: 404 });
  const letters = await request('GET', '/dead-letters/export?queue=post');
  const text = await letters.text();
  expect(letters.headers.get('content-type')).toContain('application/x-ndjson');
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { job: string }).job),
  ).toEqual(['eu/mail', 'eu/mail']);
  await engine.startScheduler();
  for (const act of ['redrive', 'delete']) {
    expect(await ask('POST', `/dead-letters/${act}`, { filter: { ids: ['none'] }, by: 'ada' })).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND' } },
    });
  }
  expect(await ask('POST', '/dead-letters/redrive', { filter: { ids: [id] }, by: 'ada', rate: '10/1s' })).toMatchObject(
    { status: 202 },
  );
  await eventually(() => expect(engine.said('run.finished')).toHaveLength(3));
  expect(await ask('POST', '/dead-letters/delete', { filter: { all: true }, by: 'ada' })).toMatchObject({
    status: 202,
  });
  await eventually(async () => {
    expect((await ask('GET', '/dead-letters')).body).toEqual({ deadLetters: [], cursor: null });
  });
});
