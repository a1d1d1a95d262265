import { defineJob } from 'belfry';
import { runJob } from 'belfry/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

describe('runJob', () => {
  test('answers the result as JSON keeps it, and all that the handler did with its context', async () => {
    const job = defineJob<{ to: string }>({
      async run({ payload, log, progress, enqueue, enqueueMany, spawn, checkpoint, once }) {
        log.info('begins', { to: payload.to });
        progress(0.5);
        await checkpoint({ row: 1 });
        await checkpoint({ row: 2 });
        const receipt = await once('charge', (key) => ({ key }));
        const first = await enqueue('mail', { to: payload.to }, { delay: '5m' });
        const [, third] = await enqueueMany('mail', [{ n: 1 }, { n: 2 }]);
        const child = await spawn('part', null, { key: 'a' });
        return { receipt, first, third, child, at: new Date(0) };
      },
    });
    const done = await runJob(job, { payload: { to: 'ada' }, run: { id: 'r1' } });
    expect(done).toMatchObject({
      outcome: 'spawned',
      result: {
        receipt: { key: 'r1:charge' },
        first: 'mail-1',
        third: 'mail-3',
        child: 'part-4',
        at: '1970-01-01T00:00:00.000Z',
      },
      logs: [{ level: 'info', message: 'begins', fields: { to: 'ada' } }],
      progress: 0.5,
      checkpoints: [{ row: 1 }, { row: 2 }],
      effects: { charge: { key: 'r1:charge' } },
      enqueued: [
        { job: 'mail', payload: { to: 'ada' }, options: { delay: '5m' }, call: 1 },
        { job: 'mail', payload: { n: 1 }, options: {}, call: 2 },
        { job: 'mail', payload: { n: 2 }, options: {}, call: 2 },
      ],
      spawned: [{ id: 'part-4', job: 'part', payload: null, options: { key: 'a' } }],
    });
  });

  test('shows the handler the run and the attempt that it is told, and what earlier attempts have left', async () => {
    const job = defineJob({
      async run({ run, attempt, checkpointed, once, batch }) {
        const kept = await once('charge', () => 'charged again');
        return { run, attempt, checkpointed, kept, batch: batch?.id };
      },
    });
    const fireTime = Date.UTC(2026, 0, 2);
    const done = await runJob(job, {
      attempt: 3,
      run: { job: 'reports/daily', schedule: 'reports/daily', fireTime },
      checkpointed: 41,
      completed: { charge: 'charged before' },
      batch: 'b1',
    });
    expect(done.result).toEqual({
      run: {
        id: `reports/daily@${fireTime}`,
        job: 'reports/daily',
        queue: 'default',
        schedule: 'reports/daily',
        fireTime,
      },
      attempt: 3,
      checkpointed: 41,
      kept: 'charged before',
      batch: 'b1',
    });
    expect(done.effects).toEqual({});
  });

  test('hands over what the schema makes of the payload, and refuses what it refuses before the handler', async () => {
    let calls = 0;
    const payload = z.object({ to: z.string(), copies: z.number().default(1) });
    const job = defineJob({ payload, run: ({ payload: { copies } }) => ((calls += 1), copies) });
    expect((await runJob(job, { payload: { to: 'ada' } })).result).toBe(1);
    await expect(runJob(job, { payload: { to: 7 } })).rejects.toMatchObject({ code: 'BAD_PAYLOAD' });
    expect(calls).toBe(1);
  });

  test('rejects with the very error that the handler threw, or tells what becomes of the run', async () => {
    class Refused extends Error {}
    const job = defineJob({
      retry: { attempts: 2, backoff: { type: 'fixed', initial: '3s', jitter: 'none' } },
      run({ log }) {
        log.warn('it will fail');
        throw new Refused('no');
      },
    });
    await expect(runJob(job)).rejects.toBeInstanceOf(Refused);
    const first = await runJob(job, { failure: 'told' });
    expect(first).toMatchObject({ outcome: 'retrying', delayMs: 3_000, error: { message: 'no' } });
    expect(first.logs).toMatchObject([{ level: 'warn', message: 'it will fail' }]);
    expect(await runJob(job, { failure: 'told', attempt: 2 })).toMatchObject({ outcome: 'dead', delayMs: undefined });
  });

  test('tells apart an attempt that was put off, one whose partner takes no more, and one that was stopped', async () => {
    const off = defineJob({ run: ({ snooze }) => snooze('30s') });
    expect(await runJob(off)).toMatchObject({ outcome: 'snoozed', delayMs: 30_000, result: undefined });
    const limited = defineJob<{ partner: string }>({
      limits: [{ key: 'partner:{partner}', concurrency: 1 }],
      run: ({ rateLimited }) => rateLimited('1m'),
    });
    const payload = { partner: 'acme' };
    expect(await runJob(limited, { payload })).toMatchObject({ outcome: 'rate-limited', delayMs: 60_000 });
    const wrongKey = defineJob({ run: ({ rateLimited }) => rateLimited('partner:globex', '1m') });
    await expect(runJob(wrongKey)).rejects.toMatchObject({ code: 'BAD_USAGE' });
    const patient = defineJob({
      run: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    });
    expect(await runJob(patient, { signal: AbortSignal.timeout(1) })).toMatchObject({ outcome: 'released' });
  });

  test('ends an attempt at the timeout of its job', async () => {
    const job = defineJob({
      timeout: 20,
      run: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    await expect(runJob(job)).rejects.toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
  });

  test('runs gather with the children that it is given', async () => {
    const job = defineJob({
      run: () => 'not this',
      gather: ({ results, failures }) => ({ sum: results.map(({ result }) => result), failed: failures.length }),
    });
    const child = { job: 'part', inlined: true };
    const children = [
      { ...child, id: 'c1', state: 'succeeded' as const, result: 2 },
      { ...child, id: 'c2', state: 'dead' as const, error: { name: 'Error', message: 'no' } },
    ];
    expect((await runJob(job, { children })).result).toEqual({ sum: [2], failed: 1 });
    await expect(runJob(defineJob({ run: () => 1 }), { children })).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test('refuses an option that there is not', async () => {
    const refusal = { code: 'BAD_USAGE', field: 'options.paylod', hint: 'did you mean payload?' };
    await expect(runJob({ run: () => 1 }, { paylod: 1 } as object)).rejects.toMatchObject(refusal);
  });

  test('calls for gather also where nothing was spawned', async () => {
    const job = defineJob({ run: () => 'first', gather: ({ results }) => results.length });
    expect(await runJob(job)).toMatchObject({ outcome: 'spawned', result: 'first' });
    expect(await runJob(job, { children: [] })).toMatchObject({ outcome: 'succeeded', result: 0 });
  });

  test('refuses a job that no worker would take, and runs an isolated one inline', async () => {
    await expect(runJob({ run: () => 1, timeout: 'soon' })).rejects.toMatchObject({ code: 'BAD_DURATION' });
    let here = 0;
    await runJob(defineJob({ isolation: 'process', run: () => (here += 1) }));
    expect(here).toBe(1);
  });
});
