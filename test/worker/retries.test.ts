import { describe, expect, test } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { jobText } from '../support/isolated_job.ts';
import { makeJobsFolder } from '../support/jobs_folder.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function open(spec: Partial<JobSpec>, { file, runLogs }: { file?: string; runLogs?: 'stdout' | 'both' } = {}) {
  const config = runLogs === undefined ? {} : { runLogs };
  const engine = await openEngine({ target: redis.target, jobs: [job('work', spec, file)], config });
  await engine.startScheduler();
  await engine.startWorker();
  return engine;
}

async function runOnce(engine: Engine) {
  const id = await engine.client.enqueue('work');
  await engine.hears('run.finished', ({ run }) => run === id);
  const view = await engine.client.runs.get(id);
  if (view.kind !== 'finished') throw new Error('it was said to have finished');
  return view;
}

class NotFound extends Error {}

describe('a failed attempt', () => {
  test('waits out the delays of its policy, one after the other', async () => {
    const engine = await open({
      retry: { attempts: 4, backoff: { delays: [20, 40] } },
      run: () => Promise.reject(new Error('no')),
    });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', run: { failures: 3 } });
    expect(engine.said('run.retrying').map(({ delayMs }) => delayMs)).toEqual([20, 40, 40]);
  });

  test('is the last where its job says so of the error', async () => {
    const retry = { attempts: 9, backoff: { initial: 1, max: 1 } };
    const run = ({ attempt }: { attempt: number }): never => {
      throw attempt < 3 ? new Error('busy') : new NotFound('gone');
    };
    const byName = await open({ retry: { ...retry, never: ['NotFound'] }, run });
    expect(await runOnce(byName)).toMatchObject({ state: 'dead', error: { message: 'gone' }, run: { attempts: 2 } });
    const byCode = await open({ retry: { ...retry, when: (error) => !(error instanceof NotFound) }, run });
    expect(await runOnce(byCode)).toMatchObject({ state: 'dead', error: { message: 'gone' }, run: { attempts: 2 } });
  });

  test('waits for as long as its job says', async () => {
    const engine = await open({
      retry: { attempts: 3, delay: ({ failures, error }) => failures * 10 + (error as { wait: number }).wait },
      run: () => Promise.reject(Object.assign(new Error('no'), { wait: 5 })),
    });
    await runOnce(engine);
    expect(engine.said('run.retrying').map(({ delayMs }) => delayMs)).toEqual([15, 25]);
  });

  test('is tried again though the code that decides fails, and the log tells', async () => {
    const retry: JobSpec['retry'] = {
      attempts: 2,
      backoff: { initial: 1, max: 1 },
      when: () => {
        throw new Error('slip');
      },
    };
    const engine = await open({ retry, run: () => Promise.reject(new Error('no')) });
    const view = await runOnce(engine);
    expect(view).toMatchObject({ state: 'dead', error: { message: 'no' }, run: { failures: 1 } });
    const { text } = await engine.client.runs.log(view.run.id, 0);
    expect(text.match(/retry\.when failed and was passed over: slip/g)).toHaveLength(2);
  });

  test.each(['thread', 'process'] as const)('in a %s is judged by the class of its error', async (isolation) => {
    const body = `class FieldError extends TypeError {} throw new FieldError('x');`;
    const file = makeJobsFolder({ 'work.ts': jobText(body) }).file('work.ts');
    const engine = await open({ isolation, retry: { attempts: 9, never: ['FieldError'] } }, { file });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', run: { attempts: 0 } });
  });

  test.each([
    ['memory', `const kept = []; for (;;) kept.push(new Array(10_000).fill(0));`, 'MEMORY_EXCEEDED'],
    ['output', `for (;;) { console.log('x'.repeat(999)); await new Promise(setImmediate); }`, 'OUTPUT_EXCEEDED'],
  ])('that took too much %s counts as a failure with that code', async (_what, body, code) => {
    const file = makeJobsFolder({ 'work.ts': jobText(body) }).file('work.ts');
    const isolation = { type: 'process', memory: '128MiB', output: '4KiB' } as const;
    const engine = await open({ isolation, retry: { attempts: 1 } }, { file });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', error: { code } });
  });
});

describe('what a run logs', () => {
  const run: JobSpec['run'] = ({ log, attempt }) => {
    for (let n = 0; n < 3; n += 1) log.info(`line ${String(n)}`, { n });
    if (attempt === 1) throw new Error('again');
  };
  const retry = { attempts: 2, backoff: { initial: 1, max: 1 } };

  test.each([
    ['stdout', '', false],
    ['both', 'line 2', true],
  ] as const)('is told with job, run and attempt where it goes to %s', async (runLogs, stored, isKept) => {
    const engine = await open({ retry, run }, { runLogs });
    const told: unknown[] = [];
    engine.events.on('run.log', (event) => told.push(event));
    const { run: made } = await runOnce(engine);
    expect(told).toHaveLength(6);
    expect(told[4]).toEqual({
      job: 'work',
      run: made.id,
      attempt: 2,
      at: expect.any(Number) as number,
      level: 'info',
      message: 'line 1',
      fields: { n: 1 },
    });
    const { text } = await engine.client.runs.log(made.id, 0);
    expect([text.includes('line 2'), text.includes(stored)]).toEqual([isKept, true]);
  });

  test('is capped on its way to stdout too', async () => {
    const noisy: JobSpec['run'] = ({ log }) => {
      for (let n = 0; n < 100; n += 1) log.info('x'.repeat(100));
    };
    const config = {
      runLogs: 'stdout',
      caps: { payloadBytes: 1_000, resultBytes: 1_000, runLogBytes: 2_000 },
    } as const;
    const engine = await openEngine({ target: redis.target, jobs: [job('work', { run: noisy })], config });
    await engine.startWorker();
    const told: string[] = [];
    engine.events.on('run.log', ({ message }) => told.push(message));
    await runOnce(engine);
    expect(told.length).toBeLessThan(20);
    expect(told.at(-1)).toBe('log capped at 2000 bytes');
  });
});
