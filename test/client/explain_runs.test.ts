import { describe, expect, test } from 'vitest';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

/** Runs until it is told to stop. */
const endless = { run: ({ signal }: { signal: AbortSignal }) => untilAborted(signal), timeout: '1m' };
const JOBS = [
  job('echo', { run: ({ payload }) => payload }),
  job('mail', { queue: 'mail' }),
  job('slow', endless),
  job('limited', { limits: [{ rate: '1/1h' }] }),
  job('failing', {
    retry: { attempts: 2, backoff: { initial: '5m', jitter: 'none' } },
    run: () => Promise.reject(new Error('no')),
  }),
  job('queued', { ...endless, schedule: { cron: '0 0 1 1 *', overlap: 'buffer-all' } }),
];

const open = (): Promise<Engine> => openEngine({ target: redis.target, jobs: JOBS });

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

describe('a run is explained by what holds it', () => {
  test('a delay, until when', async () => {
    const { client } = await open();
    const id = await client.enqueue('echo', 1, { delay: '1h' });
    const { run, reasons, now, queue } = await client.explain.run(id);
    expect(run).toMatchObject({ id, state: 'waiting', attempt: 0, startedAt: undefined });
    expect(queue).toBe('default');
    expect(reasons).toEqual([{ kind: 'delayed', until: expect.any(Number) as number }]);
    const until = reasons[0]?.kind === 'delayed' ? reasons[0].until : 0;
    expect(until - now).toBeGreaterThan(3_590_000);
    expect(until - now).toBeLessThanOrEqual(3_600_000);
  });

  test('no worker of its queue, or none that has code for it', async () => {
    const engine = await open();
    const { client } = engine;
    const id = await client.enqueue('mail');
    expect((await client.explain.run(id)).reasons).toEqual([{ kind: 'no-worker', queue: 'mail' }]);
    await engine.startWorker({ queues: ['mail'], jobs: JOBS.slice(0, 1) });
    // It is listed once it claims.
    await eventually(async () =>
      expect((await client.explain.run(id)).reasons).toMatchObject([
        { kind: 'no-code', queue: 'mail', workers: [{ pool: 'default', version: '0' }] },
      ]),
    );
  });

  test('slots that are all busy, with what comes before it', async () => {
    const engine = await open();
    const { client } = engine;
    await engine.startWorker({ concurrency: 1 });
    const first = await client.enqueue('slow');
    await engine.hears('run.started', ({ run }) => run === first);
    await client.enqueueMany('slow', [1, 2]);
    await client.enqueue('echo', 1, { priority: 9 });
    const id = await client.enqueue('slow');
    expect((await client.explain.run(id)).reasons).toMatchObject([{ kind: 'busy', slots: 1, ahead: 2, moreUrgent: 1 }]);
  });

  test('the rate limit of its job, until when', async () => {
    const engine = await open();
    const { client } = engine;
    await engine.startWorker();
    const [first = '', second = ''] = await client.enqueueMany('limited', [1, 2]);
    await engine.hears('run.finished', ({ run }) => run === first);
    const { reasons, now } = await client.explain.run(second);
    expect(reasons[0]).toMatchObject({ kind: 'rate-limited', rate: { count: 1, periodMs: 3_600_000 } });
    const until = reasons[0]?.kind === 'rate-limited' ? reasons[0].until : 0;
    expect(until - now).toBeGreaterThan(3_500_000);
    expect(until - now).toBeLessThanOrEqual(3_600_000);
  });

  test('the worker that it runs on, with its lease, and that it was asked to stop', async () => {
    const engine = await open();
    const { client } = engine;
    await engine.startWorker();
    const id = await client.enqueue('slow');
    await engine.hears('run.started', ({ run }) => run === id);
    const { reasons, run, now } = await client.explain.run(id);
    expect(reasons).toMatchObject([{ kind: 'running', worker: run.worker, since: run.startedAt, stop: 'not-asked' }]);
    const until = reasons[0]?.kind === 'running' ? (reasons[0].leaseUntil ?? 0) : 0;
    expect(until).toBeGreaterThan(now);
    await client.runs.cancel(id);
    await engine.hears('run.finished', (event) => event.run === id);
    const ended = await client.explain.run(id);
    expect(ended.reasons).toMatchObject([{ kind: 'finished', outcome: 'cancelled' }]);
    expect(ended.run.attempt).toBe(1);
  });

  test('the error of the last attempt, and when the next one is', async () => {
    const engine = await open();
    const { client } = engine;
    await engine.startWorker();
    const id = await client.enqueue('failing');
    await engine.hears('run.retrying', ({ run }) => run === id);
    const { reasons, now } = await client.explain.run(id);
    expect(reasons).toMatchObject([{ kind: 'retry', failures: 1, error: { message: 'no' } }]);
    const at = reasons[0]?.kind === 'retry' ? reasons[0].at : 0;
    expect(at - now).toBeGreaterThan(280_000);
    expect(at - now).toBeLessThanOrEqual(300_000);
  });

  test('the run that it is held behind, and since when', async () => {
    const engine = await open();
    const { client } = engine;
    const first = await client.jobs.trigger('queued');
    const second = await client.jobs.trigger('queued');
    const [blocker, held] = [first, second].map((answer) => (answer.answer === 'overlap' ? '' : answer.runId));
    const { reasons, run } = await client.explain.run(held ?? '');
    expect(run.state).toBe('waiting');
    expect(reasons).toMatchObject([
      { kind: 'held', since: expect.any(Number) as number, behind: [{ id: blocker, state: 'ready' }], gone: [] },
    ]);
  });

  test('nobody knows a run that is not there', async () => {
    const { client } = await open();
    await expect(client.explain.run('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
