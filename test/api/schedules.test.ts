import { describe, expect, test } from 'vitest';
import { serveApi, serveClosedApi, TOKEN, type Ask } from '../support/api.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { entry } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function serve(access: 'open' | 'closed' = 'open'): Promise<{ ask: Ask; engine: Engine }> {
  const engine = await openEngine({ target: redis.target, jobs: [job('poll'), job('partners/mail')] });
  const { ask } = await (access === 'open' ? serveApi(engine) : serveClosedApi(engine));
  return { ask, engine };
}

describe('the API', () => {
  test('is closed where no token is set, and says how to open it', async () => {
    const { ask } = await serve('closed');
    for (const path of ['/schedules', '/freezes', '/calendars', '/schedules/poll:a']) {
      expect(await ask('GET', path)).toMatchObject({
        status: 403,
        body: { error: { code: 'FORBIDDEN', hint: expect.stringContaining('BELFRY_API_TOKEN') as string } },
      });
    }
  });

  test.each([
    [''],
    ['Bearer'],
    ['Bearer wrong'],
    [`Basic ${TOKEN}`],
    [`Bearer ${TOKEN}x`],
    [`Bearer ${TOKEN.slice(1)}`],
  ])('refuses the authorization %j', async (authorization) => {
    const { ask } = await serve();
    const answer = await ask('POST', '/schedules', { schedules: [entry('a')] }, authorization);
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } });
    expect((await ask('GET', '/schedules')).body).toEqual({ schedules: [], cursor: null });
  });
});

describe('/api/v1/schedules', () => {
  test.each([
    { method: 'POST', path: '/schedules', body: { schedules: 'x' }, field: 'schedules', says: 'must be array' },
    { method: 'POST', path: '/schedules', body: { schedules: [], mod: '' }, field: 'mod', says: 'properties: mod' },
    { method: 'POST', path: '/schedules/delete', body: { filter: { tga: 'x' } }, field: 'filter.tga', says: ': tga' },
    { method: 'POST', path: '/schedules/trigger', body: {}, field: 'id', says: "property 'id'" },
    { method: 'POST', path: '/schedules/trigger', body: { id: 5 }, field: 'id', says: 'must be string' },
    { method: 'PUT', path: '/limits/k', body: { rate: '5/1s', foo: 1 }, field: 'foo', says: 'properties: foo' },
    { method: 'GET', path: '/dead-letters?foo=1', field: 'foo', says: 'properties: foo' },
    { method: 'GET', path: '/schedules?limit=many', field: 'limit', says: 'must be integer' },
  ] as const)('$method $path is refused, naming $field', async ({ method, path, field, says, ...rest }) => {
    const { ask } = await serve();
    expect(await ask(method, path, 'body' in rest ? rest.body : undefined)).toMatchObject({
      status: 400,
      body: { error: { code: 'BAD_USAGE', field, message: expect.stringContaining(says) as string } },
    });
  });

  test('a word that is none of those that may be is told with them', async () => {
    const { ask } = await serve();
    expect(await ask('GET', '/schedules?state=pausd')).toMatchObject({
      status: 400,
      body: { error: { code: 'BAD_USAGE', field: 'state', hint: expect.stringMatching(/^one of .*paused/) as string } },
    });
  });

  test('saves thousands in one request, and answers for each', async () => {
    const { ask } = await serve();
    const payload = 'x'.repeat(2_000);
    const schedules = Array.from({ length: 4_000 }, (_, i) => entry(`k${String(i)}`, { payload }));
    const { status, body } = await ask('POST', '/schedules', { mode: 'create', schedules });
    expect([status, body['counts']]).toEqual([200, { created: 4_000 }]);
    const again = await ask('POST', '/schedules', { schedules: [entry('k0', { payload }), { job: 'poll' }, null] });
    expect(again.body).toMatchObject({
      counts: { unchanged: 1, invalid: 2 },
      answers: [{ id: 'poll:k0' }, { index: 1, error: { code: 'BAD_USAGE', field: 'key' } }, { index: 2 }],
    });
  });

  test('lists page by page, finds, and answers one by its id with slashes', async () => {
    const { ask } = await serve();
    const mail = entry('u/1', { job: 'partners/mail', tags: ['vip'], payload: { user: 1 }, schedule: { every: '1h' } });
    await ask('POST', '/schedules', { schedules: [entry('a'), entry('b'), mail] });
    const first = await ask('GET', '/schedules?limit=2');
    expect(first.body['schedules']).toHaveLength(2);
    const rest = await ask('GET', `/schedules?limit=2&cursor=${encodeURIComponent(String(first.body['cursor']))}`);
    expect(rest.body).toMatchObject({ schedules: [{}], cursor: null });
    expect((await ask('GET', '/schedules?tag=vip')).body).toMatchObject({ schedules: [{ id: 'partners/mail:u/1' }] });
    const { body } = await ask('GET', '/schedules/partners/mail:u%2F1');
    expect(body).toMatchObject({
      schedule: {
        job: 'partners/mail',
        key: 'u/1',
        state: 'active',
        words: 'Every 1h',
        schedule: { every: '1h' },
        tags: ['vip'],
        payload: { user: 1 },
        nextFireTime: expect.stringMatching(/T\d\d:00:00\.000Z$/) as string,
        pause: null,
      },
    });
    expect(await ask('GET', '/schedules/poll:none')).toMatchObject({ status: 404 });
  });

  test('pauses, resumes, triggers and deletes', async () => {
    const { ask } = await serve();
    await ask('POST', '/schedules', { schedules: [entry('a'), entry('b', { tags: ['x'] })] });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const paused = await ask('POST', '/schedules/pause', { filter: { tag: 'x' }, by: 'ada', note: 'why', until });
    expect(paused.body).toEqual({ counts: { done: 1 }, answers: [{ id: 'poll:b', answer: 'done' }] });
    expect((await ask('GET', '/schedules/poll:b')).body).toMatchObject({
      schedule: { state: 'paused', pause: { by: 'ada', note: 'why', until } },
    });
    expect((await ask('POST', '/schedules/resume', { ids: ['poll:a', 'poll:b'], by: 'ada' })).body['counts']).toEqual({
      done: 1,
      unchanged: 1,
    });
    expect((await ask('POST', '/schedules/trigger', { id: 'poll:a', payload: 5 })).body).toMatchObject({
      answer: 'triggered',
    });
    expect((await ask('POST', '/schedules/delete', { ids: ['poll:a', 'poll:z'] })).body['counts']).toEqual({
      done: 1,
      missing: 1,
    });
  });

  test.each<[string, unknown]>([
    ['/schedules', {}],
    ['/schedules', { schedules: [], mode: 'replace' }],
    ['/schedules', { schedules: [], dryRun: true }],
    ['/schedules/delete', {}],
    ['/schedules/delete', { filter: {} }],
    ['/schedules/delete', { filter: { jbo: 'poll' } }],
    ['/schedules/delete', { ids: [], filter: { job: 'poll' } }],
    ['/schedules/pause', { ids: ['poll:a'], by: 'ada' }],
    ['/schedules/pause', { ids: ['poll:a'], by: 'ada', note: 'x', until: 'tomorrow' }],
    ['/schedules/resume', { ids: ['poll:a'] }],
  ])('refuses %s with %j, and changes nothing', async (path, body) => {
    const { ask } = await serve();
    await ask('POST', '/schedules', { schedules: [entry('a')] });
    const before = await ask('GET', '/schedules');
    expect(await ask('POST', path, body)).toMatchObject({ status: 400, body: { error: { code: 'BAD_USAGE' } } });
    expect(await ask('GET', '/schedules')).toEqual(before);
  });
});

test('/api/v1/freezes says, lists and lifts', async () => {
  const { ask } = await serve();
  const made = await ask('POST', '/freezes', { by: 'ada', why: 'moving' });
  expect(made).toMatchObject({ status: 201, body: { freeze: { by: 'ada', why: 'moving', until: null } } });
  const { id } = made.body['freeze'] as { id: string };
  expect((await ask('GET', '/freezes')).body).toMatchObject({ freezes: [{ id }] });
  expect(await ask('DELETE', `/freezes/${id}`)).toMatchObject({ status: 400 });
  expect(await ask('DELETE', `/freezes/${id}?by=bob`)).toMatchObject({
    status: 200,
    body: { freeze: { id, liftedBy: 'bob' } },
  });
  expect(await ask('DELETE', `/freezes/${id}?by=bob`)).toMatchObject({ status: 404 });
  expect(await ask('POST', '/freezes', { by: 'ada' })).toMatchObject({ status: 400 });
});

test('/api/v1/calendars writes, lists, reads and forgets', async () => {
  const { ask } = await serve();
  const put = await ask('PUT', '/calendars/holidays', { dates: ['2026-12-26', '2026-12-25'], weekdays: 'SUN' });
  const calendar = { name: 'holidays', dates: ['2026-12-25', '2026-12-26'], yearly: [], weekdays: 'SUN', cron: null };
  expect(put).toEqual({ status: 200, body: { calendar, answer: 'saved', replanned: 0 } });
  expect((await ask('GET', '/calendars')).body).toEqual({ calendars: [calendar] });
  expect((await ask('GET', '/calendars/holidays')).body).toEqual({ calendar });
  expect(await ask('PUT', '/calendars/holidays', { dates: ['2026-02-30'] })).toMatchObject({
    status: 400,
    body: { error: { code: 'BAD_SCHEDULE' } },
  });
  expect((await ask('DELETE', '/calendars/holidays')).status).toBe(204);
  expect((await ask('GET', '/calendars/holidays')).status).toBe(404);
});
