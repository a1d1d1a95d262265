import { afterEach, describe, expect, test } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { unpackExtras } from '../../src/core/extras.ts';
import { offerTracing } from '../../src/runtime/open_telemetry.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { jobText } from '../support/isolated_job.ts';
import { makeJobsFolder } from '../support/jobs_folder.ts';
import { startRedis } from '../support/redis.ts';
import { api, registerTracer, traceparent, type RecordedSpan } from '../support/tracer.ts';

const redis = await startRedis();
const GIVEN = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
const PRODUCER = 3;
const CONSUMER = 4;

let tracer: ReturnType<typeof registerTracer> | undefined;
const trace = () => (tracer = registerTracer());
afterEach(() => {
  tracer?.end();
  tracer = undefined;
});

async function open(spec: Partial<JobSpec> = {}): Promise<Engine> {
  const engine = await openEngine({ target: redis.target, jobs: [job('first', spec), job('second')] });
  return engine;
}

async function finished(engine: Engine, id: string): Promise<void> {
  await engine.hears('run.finished', ({ run }) => run === id);
}

const carried = async ({ client }: Engine, id: string): Promise<string | undefined> =>
  unpackExtras((await client.runs.get(id)).run.extras).traceparent;

const spanOf = (spans: RecordedSpan[], name: string): RecordedSpan => {
  const found = spans.filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0] as RecordedSpan;
};

describe('with OpenTelemetry', () => {
  test('an enqueue is a producer span of the active trace, and the attempt a consumer span that links to it', async () => {
    const { spans } = trace();
    let seen: string | undefined;
    const engine = await open({ run: (context) => (seen = context.traceparent) });
    await engine.startWorker();
    const request = api.trace.getTracer('app').startSpan('GET /', { kind: 1, attributes: {} });
    const id = await api.context.with(api.trace.setSpan(api.context.active(), request), () =>
      engine.client.enqueue('first', { n: 1 }),
    );
    await finished(engine, id);
    const send = spanOf(spans, 'send first');
    const process = spanOf(spans, 'process first');
    expect(send).toMatchObject({ kind: PRODUCER, parent: request.spanContext(), ended: true });
    expect(send.attributes).toMatchObject({ 'messaging.system': 'belfry', 'messaging.batch.message_count': 1 });
    expect(await carried(engine, id)).toBe(traceparent(send.context));
    expect(process).toMatchObject({ kind: CONSUMER, parent: undefined, status: undefined, ended: true });
    expect(process.links).toMatchObject([send.context]);
    expect(process.attributes).toMatchObject({
      'messaging.message.id': id,
      'messaging.destination.name': 'first',
      'belfry.attempt': 1,
      'belfry.outcome': 'succeeded',
    });
    expect(seen).toBe(traceparent(process.context));
  });

  test('what a handler enqueues belongs to its span, and a batch is one span', async () => {
    const { spans } = trace();
    const engine = await open({
      run: async ({ enqueue, enqueueMany }) => {
        await Promise.resolve();
        await enqueue('second', 1);
        await enqueueMany('second', [2, 3]);
      },
    });
    await engine.startWorker();
    await finished(engine, await engine.client.enqueue('first'));
    const process = spanOf(spans, 'process first');
    const sends = spans.filter(({ name }) => name === 'send second');
    expect(sends.map(({ attributes }) => attributes['messaging.batch.message_count'])).toEqual([1, 2]);
    expect(sends.map(({ parent }) => parent)).toEqual([process.context, process.context]);
  });

  test('a failed attempt has an error, and so has an enqueue that is refused', async () => {
    const { spans } = trace();
    const engine = await open({
      retry: { attempts: 1 },
      run: () => {
        throw new Error('no');
      },
    });
    await engine.startWorker();
    await finished(engine, await engine.client.enqueue('first'));
    expect(spanOf(spans, 'process first')).toMatchObject({
      status: { code: 2, message: 'no' },
      attributes: { 'belfry.outcome': 'dead' },
      ended: true,
    });
    await expect(engine.client.enqueue('missing')).rejects.toThrow(/no job named/);
    expect(spanOf(spans, 'send missing')).toMatchObject({ status: { code: 2 }, ended: true });
  });

  test('a bulk of several jobs is one span, and each run links to it', async () => {
    const { spans } = trace();
    const engine = await open();
    const ids = await engine.client.enqueueBulk([
      { job: 'first' },
      { job: 'second' },
      { job: 'first', options: { traceparent: GIVEN } },
    ]);
    const send = spanOf(spans, 'send 2 jobs');
    const expected = [traceparent(send.context), traceparent(send.context), GIVEN];
    expect(await Promise.all(ids.map((id) => carried(engine, id)))).toEqual(expected);
  });

  test.each(['thread', 'process'] as const)(
    'a handler in a %s of its own has the context of its span, and enqueues within it',
    async (isolation) => {
      const { spans } = trace();
      const body = `return enqueue('second').then(() => context.traceparent);`;
      const file = makeJobsFolder({ 'first.ts': jobText(body) }).file('first.ts');
      const jobs = [job('first', { isolation }, file), job('second')];
      const engine = await openEngine({ target: redis.target, jobs });
      await engine.startWorker();
      const id = await engine.client.enqueue('first');
      await finished(engine, id);
      const process = spanOf(spans, 'process first');
      expect(await engine.client.runs.get(id)).toMatchObject({ result: traceparent(process.context) });
      expect(spanOf(spans, 'send second').parent).toEqual(process.context);
    },
  );

  test('an attempt that runs out of time ends its span', async () => {
    const { spans } = trace();
    const engine = await open({ timeout: '20ms', retry: { attempts: 1 }, run: () => new Promise(() => undefined) });
    await engine.startWorker();
    await finished(engine, await engine.client.enqueue('first'));
    expect(spanOf(spans, 'process first')).toMatchObject({ ended: true, status: { code: 2 } });
  });

  test('a trace that is said makes no span of its own', async () => {
    const { spans } = trace();
    const engine = await open();
    expect(await carried(engine, await engine.client.enqueue('first', null, { traceparent: GIVEN }))).toBe(GIVEN);
    expect(spans).toEqual([]);
  });
});

describe('without OpenTelemetry', () => {
  test('a trace that is said reaches the handler and what it enqueues', async () => {
    let seen: string | undefined;
    let next = '';
    const engine = await open({
      run: async (context) => {
        seen = context.traceparent;
        next = await context.enqueue('second');
      },
    });
    await engine.startWorker();
    await finished(engine, await engine.client.enqueue('first', null, { traceparent: GIVEN }));
    await finished(engine, next);
    expect(seen).toBe(GIVEN);
    expect(await carried(engine, next)).toBe(GIVEN);
  });

  test('a run carries nothing, and nothing is loaded', async () => {
    const engine = await open();
    expect((await engine.client.runs.get(await engine.client.enqueue('first'))).run.extras).toBe('');
    expect(offerTracing()()).toBeUndefined();
  });

  test.each([
    '',
    'x',
    `01-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    `00-${'0'.repeat(32)}-${'2'.repeat(16)}-01`,
    `${GIVEN} `,
  ])('the traceparent %j is refused', async (given) => {
    const engine = await open();
    await expect(engine.client.enqueue('first', null, { traceparent: given })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      field: 'traceparent',
    });
  });
});
