import { describe, expect, test } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { jobText } from '../support/isolated_job.ts';
import { makeJobsFolder } from '../support/jobs_folder.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const untilAborted: JobSpec['run'] = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

async function open(
  spec: Partial<JobSpec>,
  { file, config = {} }: { file?: string; config?: object } = {},
): Promise<Engine> {
  return openEngine({ target: redis.target, jobs: [job('work', spec, file)], config });
}

/** Starts a worker and a run that has begun. */
async function begin(engine: Engine) {
  const worker = await engine.startWorker({ concurrency: 1 });
  const id = await engine.client.enqueue('work');
  await engine.hears('run.started');
  return { worker, id };
}

describe('cancelling', () => {
  test('a run under way aborts its signal and ends it as cancelled, without another attempt', async () => {
    const engine = await open({ run: untilAborted });
    const { id } = await begin(engine);
    expect(await engine.client.runs.cancel(id)).toBe('stopping');
    await engine.hears('run.finished', ({ outcome }) => outcome === 'cancelled');
    expect(await engine.client.runs.get(id)).toMatchObject({ kind: 'finished', state: 'cancelled' });
    expect(engine.said('run.retrying')).toEqual([]);
  });

  test.each(['thread', 'process'] as const)(
    'a run in a %s of its own that computes without end kills it',
    async (isolation) => {
      const folder = makeJobsFolder({ 'work.ts': jobText(`log.info('on'); for (;;) {}`) });
      const engine = await open({ isolation }, { file: folder.file('work.ts') });
      const { id } = await begin(engine);
      await engine.client.runs.cancel(id);
      await engine.hears('run.finished', ({ outcome }) => outcome === 'cancelled');
      expect(await engine.client.runs.get(id)).toMatchObject({ state: 'cancelled' });
    },
  );

  test.each(['thread', 'process'] as const)(
    'a run in a %s that obeys its signal ends it at once',
    async (isolation) => {
      const body = `log.info('on'); return new Promise((resolve) => signal.addEventListener('abort', () => resolve(1)));`;
      const folder = makeJobsFolder({ 'work.ts': jobText(body) });
      const engine = await open({ isolation }, { file: folder.file('work.ts') });
      const { id } = await begin(engine);
      await eventually(async () => expect((await engine.client.runs.log(id, 0)).text).toContain('on'));
      await engine.client.runs.cancel(id);
      await engine.hears('run.finished');
    },
  );
});

describe('a worker that is stopped', () => {
  test('lets its runs finish, and claims no more', async () => {
    let finish = (): void => undefined;
    const engine = await open({ run: () => new Promise<void>((resolve) => (finish = resolve)) });
    const { worker, id } = await begin(engine);
    const stopped = worker.stop();
    const late = await engine.client.enqueue('work');
    finish();
    await stopped;
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'succeeded' });
    expect(await engine.client.runs.get(late)).toMatchObject({ state: 'ready' });
    expect(engine.said('worker.stopped')).toMatchObject([{ released: 0 }]);
    expect((await engine.client.overview()).workers).toEqual([]);
  });

  test('hands back, uncounted, what did not finish in time, and another takes it at once', async () => {
    const engine = await open({ run: untilAborted }, { config: { drainMs: 50 } });
    const { worker, id } = await begin(engine);
    await worker.stop();
    expect(engine.said('run.released')).toMatchObject([{ run: id }]);
    expect(engine.said('worker.stopped')).toMatchObject([{ released: 1 }]);
    expect(await engine.client.runs.get(id)).toMatchObject({
      state: 'ready',
      run: { attempts: 0, failures: 0, crashes: 0 },
    });
    await engine.startWorker();
    await engine.hears('run.started', ({ run, attempt }) => run === id && attempt === 1);
  });

  test('hands back a handler that ignores its signal too', async () => {
    const engine = await open({ run: () => new Promise(() => undefined) }, { config: { drainMs: 50 } });
    const { worker, id } = await begin(engine);
    await worker.stop();
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'ready', run: { attempts: 0 } });
  });

  test('can be stopped twice, and before it has claimed', async () => {
    const engine = await open({});
    const worker = await engine.startWorker();
    await Promise.all([worker.stop(), worker.stop()]);
    expect(engine.said('worker.stopped')).toHaveLength(1);
  });
});

describe('a lease', () => {
  test('is kept through a handler that blocks the event loop for longer', async () => {
    const run: JobSpec['run'] = () => {
      const until = performance.now() + 2_500;
      while (performance.now() < until);
      return 'done';
    };
    const engine = await open({ run }, { config: { runLeaseMs: 1_000 } });
    const judge = await openEngine({ target: redis.target, namespace: engine.store.namespace });
    await judge.startScheduler(); // it reaps what is not renewed, as soon as this thread can
    const id = await engine.client.enqueue('work');
    await engine.startWorker();
    await engine.hears('run.finished');
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'succeeded', result: 'done', run: { crashes: 0 } });
    expect(judge.said('run.crashed')).toEqual([]);
  });

  test('that is lost aborts the attempt, and what it returns then changes nothing', async () => {
    const engine = await open({ run: untilAborted }, { config: { runLeaseMs: 900 } });
    const { id } = await begin(engine);
    const { runs } = engine.store.of('work');
    const live = await engine.client.runs.get(id);
    if (live.kind !== 'live' || !live.holder) throw new Error('it runs');
    // Somebody else takes it, as after a reaping that this worker slept through.
    await runs.settle([{ id, token: live.holder.token, settlement: { outcome: 'released' } }], {
      count: 9,
      bytes: 1e6,
    });
    await runs.claim(
      { worker: 'other', leaseMs: 60_000, want: 1, code: await codeOf(engine), queues: ['default'] },
      { count: 9, bytes: 1e6 },
    );
    await engine.hears('attempt.stopping', ({ reason }) => reason === 'lease-lost');
    await engine.hears('attempt.fenced');
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'running', holder: { worker: 'other' } });
  });
});

const codeOf = (engine: Engine): Promise<string> =>
  eventually(async () => {
    const [worker] = (await engine.client.overview()).workers;
    if (!worker) throw new Error('the worker has not said yet that it lives');
    return worker.code;
  });
