import { describe, expect, test } from 'vitest';
import type { JobSpec, Json } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (spec: Partial<JobSpec> = {}): Promise<Engine> =>
  openEngine({ target: redis.target, jobs: [job('bill', spec)] });

const byInvoice = { key: 'invoice:{invoice}' };

describe('enqueue with a unique key', () => {
  test('answers with the id of the run that has the key, and tells so where it is asked', async () => {
    const { client } = await open();
    const id = await client.enqueue('bill', { invoice: 1 }, { unique: byInvoice });
    expect(await client.enqueue('bill', { invoice: 1, again: true }, { unique: byInvoice })).toBe(id);
    expect(await client.enqueueTold('bill', { invoice: 1 }, { unique: byInvoice })).toEqual({
      id,
      outcome: 'duplicate',
    });
    expect(await client.enqueueTold('bill', { invoice: 2 }, { unique: byInvoice })).toMatchObject({
      outcome: 'enqueued',
    });
  });

  test('takes the whole payload for the key where none is named, whatever the order of its fields', async () => {
    const { client } = await open();
    const id = await client.enqueue('bill', { a: 1, b: 2 }, { unique: {} });
    expect(await client.enqueue('bill', { b: 2, a: 1 }, { unique: {} })).toBe(id);
    expect(await client.enqueue('bill', { b: 2, a: 2 }, { unique: {} })).not.toBe(id);
  });

  test('takes a function for a key, and a payload without the field has none', async () => {
    const { client } = await open();
    const unique = { key: (p: Json) => `invoice:${String((p as { invoice: number }).invoice)}` };
    const id = await client.enqueue('bill', { invoice: 1 }, { unique });
    expect(await client.enqueue('bill', { invoice: 1 }, { unique })).toBe(id);
    expect(await client.enqueue('bill', {}, { unique })).not.toBe(await client.enqueue('bill', {}, { unique }));
  });

  test('of many at once is told in their order', async () => {
    const { client } = await open();
    const [a, b, c, d] = await client.enqueueMany('bill', [{ invoice: 1 }, { invoice: 2 }, { invoice: 1 }, {}], {
      unique: byInvoice,
    });
    expect(c).toBe(a);
    expect(new Set([a, b, d]).size).toBe(3);
    const entries = [1, 2, 3].map((invoice) => ({ job: 'bill', payload: { invoice }, options: { unique: byInvoice } }));
    expect((await client.enqueueBulk(entries)).slice(0, 2)).toEqual([a, b]);
  });

  test('is the default where the job says so, and can be left out', async () => {
    const { client } = await open({ unique: byInvoice });
    const id = await client.enqueue('bill', { invoice: 1 });
    expect(await client.enqueue('bill', { invoice: 1 })).toBe(id);
    expect(await client.enqueue('bill', { invoice: 1 }, { unique: false })).not.toBe(id);
  });

  test('is refused where it makes no sense', async () => {
    const { client } = await open();
    const debounce = { mode: 'debounce' as const, for: '1s' };
    await expect(client.enqueue('bill', null, { unique: debounce, delay: '1s' })).rejects.toMatchObject({
      field: 'delay',
    });
    await expect(client.enqueue('bill', null, { unique: { key: '{' } })).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test('a run that has ended is not made again by hand while another one has its key', async () => {
    const engine = await open({ run: () => 'done' });
    await engine.startWorker();
    const id = await engine.client.enqueue('bill', { invoice: 1 }, { unique: byInvoice });
    await engine.hears('run.finished');
    const next = await engine.client.enqueue('bill', { invoice: 1 }, { unique: byInvoice, delay: '1h' });
    await expect(engine.client.runs.retry(id)).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(next) as unknown,
    });
    await engine.client.runs.cancel(next);
    const again = await engine.client.runs.retry(id);
    await engine.hears('run.finished', ({ run }) => run === again);
  });
});

describe('a job with a unique key and a schedule', () => {
  const schedule = { every: '1s', overlap: 'allow' } as const;

  test('has the fire times recorded as skipped while an enqueued run has the key', async () => {
    const engine = await open({ schedule, unique: {}, queue: 'nobody' });
    const id = await engine.client.enqueue('bill', null);
    await engine.startScheduler();
    const verdict = await engine.hears('schedule.verdict');
    expect(verdict).toMatchObject({ word: 'skipped(overlap)', schedule: 'bill' });
    await eventually(async () => {
      const [entry] = await engine.client.jobs.ledger('bill', 1);
      expect(entry).toMatchObject({ word: 'skipped(overlap)', detail: id });
    });
    expect((await engine.client.runs.list({ job: 'bill' })).map(({ run }) => run.id)).toEqual([id]);
  });

  test('fires the first one, which an enqueue and a trigger find', async () => {
    const engine = await open({ schedule, unique: {}, queue: 'nobody' });
    await engine.startScheduler();
    await engine.hears('schedule.verdict', ({ word }) => word === 'fired');
    await engine.hears('schedule.verdict', ({ word }) => word === 'skipped(overlap)');
    const runs = await engine.client.runs.list({ job: 'bill' });
    expect(runs).toHaveLength(1);
    const holder = runs[0]?.run.id as string;
    expect(await engine.client.enqueue('bill', null)).toBe(holder);
    expect(await engine.client.jobs.trigger('bill')).toEqual({ answer: 'overlap', liveRun: holder });
    expect(await engine.client.jobs.trigger('bill', { overlap: 'override' })).toMatchObject({ answer: 'triggered' });
  });
});

describe('a run that must start or be over in time', () => {
  test('is cancelled by the leader where nobody claims it, and is counted', async () => {
    const engine = await open({ queue: 'nobody', deadline: '1ms' });
    const expired: unknown[] = [];
    engine.events.on('run.expired', (event) => expired.push(event));
    await engine.startScheduler();
    const id = await engine.client.enqueue('bill', null);
    await eventually(() => expect(expired).toEqual([{ job: 'bill', run: id }]));
    const answer = await engine.client.explain.run(id);
    expect(answer.reasons).toMatchObject([{ kind: 'finished', outcome: 'cancelled', error: { name: 'Expired' } }]);
  });

  test('is told by its worker where a claim finds it too late', async () => {
    const engine = await open();
    const expired: unknown[] = [];
    engine.events.on('run.expired', (event) => expired.push(event));
    const id = await engine.client.enqueue('bill', null, { deadline: '2020-01-01T00:00:00Z' });
    await engine.startWorker();
    await eventually(() => expect(expired).toEqual([{ job: 'bill', run: id }]));
    expect(engine.said('run.started')).toEqual([]);
  });

  test('is stopped while it runs, at the end of its expiry', async () => {
    const engine = await open({
      expiry: '300ms',
      run: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    await engine.startWorker();
    const id = await engine.client.enqueue('bill', null);
    expect(await engine.hears('run.finished')).toMatchObject({ run: id, outcome: 'expired' });
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'cancelled', error: { name: 'Expired' } });
    expect(engine.said('run.retrying')).toEqual([]);
  });

  test('says so while it waits', async () => {
    const { client } = await open({ expiry: '1h' });
    const id = await client.enqueue('bill', null, { deadline: '10m' });
    const { run } = await client.runs.get(id);
    const { reasons } = await client.explain.run(id);
    expect(reasons).toContainEqual({ kind: 'deadline', of: 'start', before: run.fireTime + 600_000 });
    expect(reasons).toContainEqual({ kind: 'deadline', of: 'end', before: run.fireTime + 3_600_000 });
  });
});

describe('a handler that puts its run off', () => {
  test('is called again, as the same attempt', async () => {
    const calls: number[] = [];
    const engine = await open({
      run: ({ attempt, snooze }) => {
        calls.push(attempt);
        if (calls.length < 3) snooze('20ms');
        return 'done';
      },
    });
    await engine.startScheduler();
    await engine.startWorker();
    const id = await engine.client.enqueue('bill', null);
    expect(await engine.hears('run.finished')).toMatchObject({ run: id, outcome: 'succeeded', attempt: 1 });
    expect(calls).toEqual([1, 1, 1]);
  });

  test('says until when, and explain does', async () => {
    const engine = await open({ run: ({ snooze }) => snooze('1h') });
    await engine.startWorker();
    const id = await engine.client.enqueue('bill', null);
    await eventually(async () => {
      const { reasons } = await engine.client.explain.run(id);
      expect(reasons).toMatchObject([{ kind: 'snoozed', count: 1 }]);
    });
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'waiting', snoozed: { count: 1 } });
  });

  test('cannot do so for ever', async () => {
    const engine = await open({ maxSnoozes: 2, run: ({ snooze }) => snooze(1) });
    await engine.startScheduler();
    await engine.startWorker();
    const id = await engine.client.enqueue('bill', null);
    expect(await engine.hears('run.finished')).toMatchObject({ run: id, outcome: 'dead' });
    expect(await engine.client.runs.get(id)).toMatchObject({
      state: 'dead',
      error: { code: 'NON_RETRYABLE', message: 'the run was put off 2 times, which is as often as it may be' },
    });
  });
});
