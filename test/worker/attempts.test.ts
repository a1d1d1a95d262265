import { describe, expect, test } from 'vitest';
import { NonRetryableError } from '../../src/core/errors.ts';
import type { Json, JobSpec, RunContext } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const AT_ONCE = { attempts: 3, backoff: { initial: 1, max: 1 } };

/** An engine with a worker, a leader (which ends the waiting of retries) and one job, `work`. */
async function open(spec: Partial<JobSpec>, config = {}, others: Parameters<typeof job>[] = []): Promise<Engine> {
  const jobs = [job('work', spec), ...others.map((args) => job(...args))];
  const engine = await openEngine({ target: redis.target, jobs, config });
  await engine.startScheduler();
  await engine.startWorker();
  return engine;
}

/** Enqueues one run and waits until it has ended for good. */
async function runOnce(engine: Engine, payload: Json = null) {
  const id = await engine.client.enqueue('work', payload);
  await engine.hears('run.finished', ({ run }) => run === id);
  const view = await engine.client.runs.get(id);
  if (view.kind !== 'finished') throw new Error('it was said to have finished');
  return view;
}

describe('an attempt', () => {
  test('gets its payload and its facts, and what it returns is the result', async () => {
    const engine = await open({
      run: ({ payload, run, attempt, signal }) => ({ payload, run, attempt, aborted: signal.aborted }),
    });
    const view = await runOnce(engine, { deep: [1, 'ü'] });
    expect(view.state).toBe('succeeded');
    expect(view.result).toEqual({
      payload: { deep: [1, 'ü'] },
      run: { id: view.run.id, job: 'work', queue: 'default', fireTime: view.run.fireTime },
      attempt: 1,
      aborted: false,
    });
    expect(view.startedAt).toBeGreaterThanOrEqual(view.run.fireTime);
    expect(view.finishedAt).toBeGreaterThanOrEqual(view.startedAt);
  });

  test('has no result when it returns nothing', async () => {
    expect((await runOnce(await open({ run: () => undefined }))).result).toBeUndefined();
  });

  test.each([
    ['at once', (): bigint => 10n],
    ['later', (): Promise<bigint> => Promise.resolve(10n)],
  ])('whose result is no JSON is a dead letter, answered %s', async (_when, answer) => {
    const view = await runOnce(await open({ retry: AT_ONCE, run: answer }));
    expect(view).toMatchObject({ state: 'dead', run: { attempts: 0 }, error: { code: 'NON_RETRYABLE' } });
    expect(view.error?.message).toContain('the result of the run is not JSON');
  });

  test('that throws what cannot be read fails as any other', async () => {
    const evil = new Proxy(new Error('evil'), {
      get() {
        throw new Error('nobody reads me');
      },
    });
    const view = await runOnce(await open({ retry: { attempts: 1 }, run: () => Promise.reject(evil) }));
    expect(view).toMatchObject({
      state: 'dead',
      error: { message: 'the handler threw something that cannot be read' },
    });
  });

  test('that fails is followed by another, counted from 1, until one succeeds', async () => {
    const attempts: number[] = [];
    const engine = await open({
      retry: AT_ONCE,
      run: ({ attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error(`no ${String(attempt)}`);
        return 'yes';
      },
    });
    expect(await runOnce(engine)).toMatchObject({
      state: 'succeeded',
      result: 'yes',
      run: { attempts: 2, failures: 2 },
    });
    expect(attempts).toEqual([1, 2, 3]);
    expect(engine.said('run.retrying')).toMatchObject([
      { attempt: 1, error: 'no 1' },
      { attempt: 2, error: 'no 2' },
    ]);
  });

  test('that fails each time makes a dead letter with the last error', async () => {
    const engine = await open({
      retry: AT_ONCE,
      run: ({ attempt }) => Promise.reject(new Error(`no ${String(attempt)}`)),
    });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', error: { message: 'no 3' }, run: { failures: 2 } });
    expect((await engine.client.overview()).deadLetters).toBe(1);
  });

  test('waits out the backoff of its policy', async () => {
    const retry = { attempts: 2, backoff: { type: 'fixed' as const, initial: '300ms', jitter: 'none' as const } };
    const starts: number[] = [];
    const engine = await open({
      retry,
      run: () => {
        starts.push(performance.now());
        throw new Error('no');
      },
    });
    await runOnce(engine);
    expect(engine.said('run.retrying')).toMatchObject([{ delayMs: 300 }]);
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(295);
  });

  test('that throws NonRetryableError is the last', async () => {
    const engine = await open({
      retry: AT_ONCE,
      run: () => {
        throw new NonRetryableError('never');
      },
    });
    expect(await runOnce(engine)).toMatchObject({
      state: 'dead',
      error: { code: 'NON_RETRYABLE', message: 'never' },
      run: { attempts: 0 },
    });
  });

  test('with a payload that the schema refuses is a dead letter at once, and the handler is not called', async () => {
    let called = 0;
    const engine = await open({
      retry: AT_ONCE,
      payload: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
      run: () => (called += 1),
    });
    const view = await runOnce(engine, { n: 'text' });
    expect(view).toMatchObject({ state: 'dead', error: { code: 'BAD_PAYLOAD' } });
    expect(view.error?.message).toContain('n');
    expect(called).toBe(0);
  });

  test('that takes longer than the timeout is aborted and counts as a failure', async () => {
    const engine = await open({
      timeout: '50ms',
      retry: { attempts: 1 },
      run: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', error: { code: 'ATTEMPT_TIMEOUT' } });
    expect(engine.said('attempt.stopping')).toMatchObject([{ reason: 'timeout' }]);
  });

  test('that ignores its abort is left behind, and its slot goes on', async () => {
    const engine = await open({ timeout: '50ms', retry: { attempts: 1 }, run: () => new Promise(() => undefined) });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', error: { code: 'ATTEMPT_TIMEOUT' } });
  });

  test('that returns more than the cap keeps no result, and says so in the log', async () => {
    const engine = await open(
      { run: () => 'x'.repeat(2_000) },
      { caps: { payloadBytes: 1_000, resultBytes: 1_000, runLogBytes: 10_000 } },
    );
    const view = await runOnce(engine);
    expect(view).toMatchObject({ state: 'succeeded', result: undefined });
    expect((await engine.client.runs.log(view.run.id, 0)).text).toContain('larger than 1000 bytes');
  });
});

describe('what an attempt says', () => {
  const lines = async (engine: Engine, id: string) => {
    const { text, done } = await engine.client.runs.log(id, 0);
    return {
      done,
      lines: text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  };

  test('is kept in its log, with level and fields, and can be read from an offset', async () => {
    const engine = await open({
      run: ({ log }) => {
        log.info('first', { n: 1 });
        log.error('second');
      },
    });
    const { run } = await runOnce(engine);
    expect(await lines(engine, run.id)).toMatchObject({
      done: true,
      lines: [
        { level: 'info', message: 'first', fields: { n: 1 } },
        { level: 'error', message: 'second' },
      ],
    });
    const { text, nextByte } = await engine.client.runs.log(run.id, 0);
    expect(await engine.client.runs.log(run.id, nextByte)).toEqual({ text: '', nextByte, done: true });
    const half = text.indexOf('\n') + 1;
    expect((await engine.client.runs.log(run.id, half)).text).toContain('second');
  });

  test('can be read while it runs, as can its progress', async () => {
    let finish = (): void => undefined;
    const engine = await open({
      run: ({ log, progress }) =>
        new Promise<void>((resolve) => {
          finish = resolve;
          log.info('under way');
          progress(0.25);
        }),
    });
    const id = await engine.client.enqueue('work');
    await eventually(async () => {
      expect(await lines(engine, id)).toMatchObject({ done: false, lines: [{ message: 'under way' }] });
      expect(await engine.client.runs.get(id)).toMatchObject({ state: 'running', progress: 0.25 });
    });
    finish();
    await engine.hears('run.finished');
  });

  test('keeps the last progress where the next is no number, as of nothing out of nothing', async () => {
    let finish = (): void => undefined;
    const engine = await open({
      run: ({ progress }) =>
        new Promise<void>((resolve) => {
          finish = resolve;
          progress(0.5);
          progress(0 / 0);
        }),
    });
    const id = await engine.client.enqueue('work');
    await eventually(async () => expect(await engine.client.runs.get(id)).toMatchObject({ progress: 0.5 }));
    finish();
    await engine.hears('run.finished');
  });

  test('is capped, and the log says so once', async () => {
    const caps = { payloadBytes: 1_000, resultBytes: 1_000, runLogBytes: 2_000 };
    const engine = await open(
      {
        run: ({ log }) => {
          for (let n = 0; n < 100; n += 1) log.info('x'.repeat(100));
        },
      },
      { caps },
    );
    const { run } = await runOnce(engine);
    const { text } = await engine.client.runs.log(run.id, 0);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_000);
    expect(text.match(/log capped at 2000 bytes/g)).toHaveLength(1);
    expect(text.trimEnd().endsWith('}')).toBe(true);
  });

  test('carries on over its retries in one log', async () => {
    const engine = await open({
      retry: AT_ONCE,
      run: ({ log, attempt }) => {
        log.info(`attempt ${String(attempt)}`);
        if (attempt === 1) throw new Error('no');
      },
    });
    const { run } = await runOnce(engine);
    expect((await lines(engine, run.id)).lines.map(({ message }) => message)).toEqual(['attempt 1', 'attempt 2']);
  });
});

describe('from its handler an attempt', () => {
  const other = (run: JobSpec['run']): Parameters<typeof job> => ['other', { run }];

  test('enqueues runs of other jobs, one and many', async () => {
    const got: string[] = [];
    const run = async ({ enqueue, enqueueMany }: RunContext) => [
      await enqueue('other', 'one', { id: 'own-id' }),
      ...(await enqueueMany('other', ['two', 'three'])),
    ];
    const engine = await open({ run }, {}, [other(({ payload }) => void got.push(payload as string))]);
    const { result } = await runOnce(engine);
    expect((result as string[])[0]).toBe('own-id');
    await eventually(() => expect([...got].sort()).toEqual(['one', 'three', 'two']));
  });

  test('is told when it may not', async () => {
    const engine = await open({ retry: { attempts: 1 }, run: ({ enqueue }) => enqueue('nobody') });
    expect(await runOnce(engine)).toMatchObject({ state: 'dead', error: { code: 'NOT_FOUND' } });
  });
});
