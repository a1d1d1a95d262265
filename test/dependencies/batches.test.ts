import { describe, expect, test } from 'vitest';
import type { BatchRun } from '../../src/core/job.ts';
import type { Batch } from '../../src/client/batches.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const ONCE = { attempts: 1 };
const jobs = [
  job('good', { run: ({ payload }) => payload }),
  job('bad', {
    retry: ONCE,
    run: () => {
      throw new Error('no');
    },
  }),
  job('won'),
  job('lost'),
  job('over'),
  job('stuck', { queue: 'nobody' }),
  job('grows', {
    retry: { attempts: 2, backoff: { initial: '1ms', jitter: 'none' } },
    run: async ({ batch, attempt }) => {
      await batch?.add([{ job: 'good', payload: 1 }, { job: 'good' }]);
      if (attempt === 1) throw new Error('after it has added');
    },
  }),
];
const CALLBACKS = { success: { job: 'won' }, failed: { job: 'lost' }, complete: { job: 'over', payload: 'mine' } };

async function open(shards = 1): Promise<Engine> {
  const engine = await openEngine({ target: redis.target, jobs, config: { shards } });
  const scheduler = await engine.startScheduler();
  await eventually(() => expect(scheduler.leads()).toHaveLength(shards), { timeoutMs: 10_000 });
  await engine.startWorker({ queues: ['default'] });
  return engine;
}

const runsOf = (name: string, count: number): BatchRun[] =>
  Array.from({ length: count }, (_, payload) => ({ job: name, payload }));

const untilDone = ({ client }: Engine, id: string): Promise<Batch> =>
  eventually(
    async () => {
      const batch = await client.batches.get(id);
      expect(batch.state).toBe('done');
      return batch;
    },
    { timeoutMs: 10_000 },
  );

/** Waits for the callbacks that are due and answers which ran, and with what. */
async function called(engine: Engine, expected: string[]): Promise<Record<string, unknown>> {
  const payloads: Record<string, unknown> = {};
  for (const name of expected) {
    const { run } = await engine.hears('run.finished', ({ job: of }) => of === name);
    payloads[name] = JSON.parse((await engine.client.runs.get(run)).run.payloadJson);
  }
  const names = engine.said('run.finished').map(({ job: name }) => name);
  expect(names.filter((name) => ['won', 'lost', 'over'].includes(name)).sort()).toEqual([...expected].sort());
  return payloads;
}

describe.each([1, 6])('a batch over %i shards', (shards) => {
  test('counts its runs, and is followed by success and complete, each once', async () => {
    const engine = await open(shards);
    const request = {
      runs: [...runsOf('good', 600), ...runsOf('won', 0)],
      callbacks: CALLBACKS,
      description: 'all of it',
    };
    const { id, runs } = await engine.client.batches.create(request);
    expect(new Set(runs).size).toBe(600);
    const batch = await untilDone(engine, id);
    expect(batch).toMatchObject({ total: 600, succeeded: 600, dead: 0, cancelled: 0, failed: [] });
    const payloads = await called(engine, ['won', 'over']);
    expect(payloads).toEqual({
      won: { batch: id, description: 'all of it', total: 600, succeeded: 600, dead: 0, cancelled: 0 },
      over: 'mine',
    });
    expect((await engine.client.runs.get(batch.callbacks.success ?? '')).state).toBe('succeeded');
    expect(Object.keys(batch.callbacks)).toEqual(['success', 'complete']);
  });

  test('is followed by failed and complete when one run did not succeed, which it names', async () => {
    const engine = await open(shards);
    const { id, runs } = await engine.client.batches.create({
      runs: [...runsOf('good', 3), { job: 'bad' }],
      callbacks: CALLBACKS,
    });
    const before = await engine.client.batches.get(id);
    const batch = await untilDone(engine, id);
    expect(batch).toMatchObject({ total: 4, succeeded: 3, dead: 1, failed: [runs[3]] });
    expect(Object.keys(before.callbacks)).toContain('failed');
    expect(Object.keys(batch.callbacks)).toEqual(['failed', 'complete']);
    await called(engine, ['lost', 'over']);
  });

  test('with an own id is made once, however often it is asked for, also after it is done', async () => {
    const engine = await open(shards);
    const request = { id: 'june/1', runs: runsOf('good', 3), callbacks: CALLBACKS };
    const first = await engine.client.batches.create(request);
    expect(await engine.client.batches.create(request)).toEqual(first);
    expect(await untilDone(engine, 'june/1')).toMatchObject({ total: 3, succeeded: 3 });
    expect(await engine.client.batches.create(request)).toEqual(first);
    await called(engine, ['won', 'over']);
    expect(await engine.client.batches.list()).toMatchObject([{ id: 'june/1', state: 'done', total: 3 }]);
    await expect(engine.client.batches.create({ id: 'no id' })).rejects.toMatchObject({ code: 'BAD_USAGE' });
    for (const [odd, field] of [
      [{ callbacks: { sucess: { job: 'won' } } }, 'callbacks.sucess'],
      [{ callbacks: { success: { job: 'won', delay: '1h' } } }, 'callbacks.success.delay'],
      [{ callback: { success: { job: 'won' } } }, 'batch.callback'],
      [{ state: 'opne' }, 'state'],
      [{ runs: [{ job: 'good', options: { delay: '1h' } }] }, 'runs[0].options'],
    ] as const) {
      await expect(engine.client.batches.create(odd as object)).rejects.toMatchObject({ code: 'BAD_USAGE', field });
    }
  });

  test('is cancelled with all that is left of it', async () => {
    const engine = await open(shards);
    const { id } = await engine.client.batches.create({ runs: runsOf('stuck', 5), callbacks: CALLBACKS });
    await engine.client.batches.cancel(id);
    expect(await untilDone(engine, id)).toMatchObject({ total: 5, cancelled: 5 });
    await called(engine, ['lost', 'over']);
    await expect(engine.client.batches.cancel(id)).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test('grows from inside one of its runs, once however often that is tried, and when it is closed for others', async () => {
    const engine = await open(shards);
    const { id } = await engine.client.batches.create({ runs: [{ job: 'grows' }], callbacks: CALLBACKS });
    expect(await untilDone(engine, id)).toMatchObject({ total: 3, succeeded: 3 });
    await called(engine, ['won', 'over']);
  });
});

describe('a batch', () => {
  test('that is open takes more runs and waits to be closed', async () => {
    const engine = await open();
    const { batches } = engine.client;
    const { id } = await batches.create({ runs: runsOf('good', 2), callbacks: CALLBACKS, state: 'open' });
    await eventually(async () => expect(await batches.get(id)).toMatchObject({ state: 'open', succeeded: 2 }));
    expect(await batches.add(id, runsOf('good', 3))).toHaveLength(3);
    await batches.close(id);
    expect(await untilDone(engine, id)).toMatchObject({ total: 5, succeeded: 5 });
    await expect(batches.add(id, runsOf('good', 1))).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test('without runs is done at once', async () => {
    const engine = await open();
    const { id } = await engine.client.batches.create({ callbacks: CALLBACKS });
    expect(await engine.client.batches.get(id)).toMatchObject({ state: 'done', total: 0 });
    await called(engine, ['won', 'over']);
  });

  test('is made of nothing when one of its runs or callbacks cannot be', async () => {
    const { client } = await open();
    await expect(client.batches.create({ runs: [{ job: 'nobody' }] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const callbacks = { success: { job: 'nobody' } };
    await expect(client.batches.create({ runs: runsOf('good', 1), callbacks })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await client.batches.list()).toEqual([]);
    expect(await client.runs.list()).toEqual([]);
    await expect(client.batches.get('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.batches.add('nobody', [])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('counts a dead letter that is marked as succeeded while it goes on', async () => {
    const engine = await open();
    const { batches } = engine.client;
    const request = { runs: [{ job: 'bad' }, { job: 'stuck' }], callbacks: CALLBACKS };
    const { id, runs } = await batches.create(request);
    await eventually(async () => expect(await batches.get(id)).toMatchObject({ dead: 1 }));
    for (const run of runs) await engine.client.runs.markSucceeded(run);
    expect(await untilDone(engine, id)).toMatchObject({ succeeded: 2, dead: 0 });
    await called(engine, ['won', 'over']);
  });

  test('does not count a run that is run again', async () => {
    const engine = await open();
    const { id, runs } = await engine.client.batches.create({ runs: [{ job: 'bad' }, { job: 'stuck' }] });
    await eventually(async () => expect(await engine.client.batches.get(id)).toMatchObject({ dead: 1 }));
    const again = await engine.client.runs.retry(runs[0] as string);
    await engine.hears('run.finished', ({ run }) => run === again);
    await engine.client.runs.markSucceeded(runs[1] as string);
    expect(await untilDone(engine, id)).toMatchObject({ total: 2, succeeded: 1, dead: 1 });
  });

  test('is listed, newest first', async () => {
    const { client } = await open();
    const first = await client.batches.create({ description: 'first', state: 'open' });
    const second = await client.batches.create({ description: 'second', state: 'open' });
    expect((await client.batches.list()).map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(await client.batches.list({ limit: 1 })).toMatchObject([{ description: 'second' }]);
  });
});
