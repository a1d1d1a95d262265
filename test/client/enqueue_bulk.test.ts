import { expect, test } from 'vitest';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const open = (shards = 1): Promise<Engine> =>
  openEngine({ target: redis.target, jobs: NAMES.map((name) => job(name)), config: { shards } });

/** Calls of the enqueue script by what follows. */
async function callsOf(engine: Engine, act: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const off = engine.events.on('redis.called', ({ script }) => (calls += script === 'enqueue' ? 1 : 0));
  await act();
  off();
  return calls;
}

test('runs of many jobs go in one call for each shard, and their ids come in the order of the entries', async () => {
  for (const shards of [1, 4]) {
    const engine = await open(shards);
    const entries = Array.from({ length: 60 }, (_, n) => ({ job: NAMES[n % 6] as string, payload: { n } }));
    let ids: string[] = [];
    const calls = await callsOf(engine, async () => (ids = await engine.client.enqueueBulk(entries)));
    const used = new Set(NAMES.map((name) => engine.store.of(name).shard.index)).size;
    expect(calls).toBe(used);
    const views = await Promise.all(ids.map((id) => engine.client.runs.get(id)));
    expect(views.map(({ run }) => [run.job, run.payloadJson])).toEqual(
      entries.map((entry) => [entry.job, JSON.stringify(entry.payload)]),
    );
  }
});

test('options are of the entry, own ids change nothing twice, and 500 runs go in a call', async () => {
  const engine = await open();
  const entries = [
    { job: 'a', payload: 1, options: { priority: 9 } },
    { job: 'a', payload: 2, options: { delay: '1h' } },
    { job: 'a', payload: 3, options: { id: 'own-1' } },
    { job: 'b', payload: 4, options: { id: 'own-2' } },
  ];
  const first = await engine.client.enqueueBulk(entries);
  expect(first.slice(2)).toEqual(['own-1', 'own-2']);
  await engine.client.enqueueBulk(entries.slice(2));
  const runs = await engine.client.runs.list();
  expect(runs.map(({ run, state }) => `${run.payloadJson} ${run.priority} ${state}`).sort()).toEqual([
    '1 9 ready',
    '2 5 waiting',
    '3 5 ready',
    '4 5 ready',
  ]);
  const many = Array.from({ length: 1_200 }, (_, n) => ({ job: NAMES[n % 2] as string, payload: n }));
  expect(await callsOf(engine, () => engine.client.enqueueBulk(many))).toBeLessThanOrEqual(4);
});

test('all are checked before any is sent', async () => {
  const engine = await open();
  await expect(engine.client.enqueueBulk([{ job: 'a' }, { job: 'nobody' }])).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(engine.client.enqueueBulk([{ job: 'a' }, { job: '' }])).rejects.toMatchObject({
    code: 'BAD_USAGE',
    field: 'entries[1].job',
  });
  expect(await engine.client.runs.list()).toEqual([]);
  expect(await engine.client.enqueueBulk([])).toEqual([]);
});

test.each<[string, (client: Engine['client']) => Promise<unknown>, { field: string; hint?: string }]>([
  ['an option that there is not', (c) => c.enqueue('a', 1, { dealy: '5s' } as object), { field: 'options.dealy' }],
  ['options that are a text', (c) => c.enqueueMany('a', [1], '5s' as never), { field: 'options' }],
  [
    'an option beside the options',
    (c) => c.enqueueBulk([{ job: 'a', delay: '1h' } as never]),
    { field: 'entries[0].delay' },
  ],
  [
    'an unknown one of an entry',
    (c) => c.enqueueBulk([{ job: 'a', options: { prio: 1 } as object }]),
    { field: 'entries[0].options.prio' },
  ],
  ['entries that are no list', (c) => c.enqueueBulk(null as never), { field: 'entries' }],
  ['payloads that are no list', (c) => c.enqueueMany('a', {} as never), { field: 'payloads' }],
  ['no job', (c) => c.enqueueMany(undefined as never, []), { field: 'job' }],
])('%s is refused, and nothing is enqueued', async (_what, call, refusal) => {
  const { client } = await open();
  await expect(call(client)).rejects.toMatchObject({ code: 'BAD_USAGE', ...refusal });
  expect(await client.runs.list()).toEqual([]);
});

test('a payload that JSON cannot say is refused with a code', async () => {
  const { client } = await open();
  await expect(client.enqueue('a', 10n as never)).rejects.toMatchObject({ code: 'BAD_PAYLOAD', field: 'payload' });
});
