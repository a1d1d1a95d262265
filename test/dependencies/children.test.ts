import { describe, expect, test } from 'vitest';
import type { GatherContext, JobSpec, Json, RunContext } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const ONCE = { attempts: 1 };
const double = job('double', { run: ({ payload }) => Number(payload) * 2 });
const odd = job('odd', {
  retry: ONCE,
  run: ({ payload }) => {
    if (Number(payload) % 2 === 0) throw new Error(`${JSON.stringify(payload)} is even`);
    return payload;
  },
});
const stuck = job('stuck', { queue: 'nobody' });

const sum = ({ results, failures }: GatherContext): Json => ({
  sum: results.reduce((total, { result }) => total + Number(result), 0),
  failed: failures.map(({ error }) => error?.message ?? ''),
});

async function open(spec: Partial<JobSpec>, config = {}): Promise<Engine> {
  const jobs = [double, odd, stuck, job('parent', { retry: ONCE, ...spec })];
  const engine = await openEngine({ target: redis.target, jobs, config });
  const scheduler = await engine.startScheduler();
  await eventually(() => expect(scheduler.leads()).toHaveLength(engine.store.shards.length), { timeoutMs: 10_000 });
  await engine.startWorker({ queues: ['default'] });
  return engine;
}

const spawnAll = (name: string) => (context: RunContext) => context.spawnMany(name, context.payload as Json[]);

async function untilState(
  engine: Engine,
  id: string,
  state: string,
): Promise<Awaited<ReturnType<Engine['client']['runs']['get']>>> {
  return eventually(
    async () => {
      const view = await engine.client.runs.get(id);
      expect(view.state).toBe(state);
      return view;
    },
    { timeoutMs: 10_000 },
  );
}

describe('a run that spawns children', () => {
  test('waits for them, without holding a slot, and says so', async () => {
    const engine = await open({ run: (context) => context.spawn('stuck') });
    const id = await engine.client.enqueue('parent');
    await untilState(engine, id, 'waiting');
    expect((await engine.client.explain.run(id)).reasons).toMatchObject([
      { kind: 'children', pending: 1, failed: 0, total: 1, next: 'finish' },
    ]);
    expect(await engine.client.overview()).toMatchObject({ running: 0 });
    const [child] = await engine.client.runs.list({ job: 'stuck' });
    await engine.client.runs.markSucceeded(child?.run.id ?? '');
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({ result: child?.run.id });
    expect(await engine.hears('run.finished', ({ run }) => run === id)).toMatchObject({
      job: 'parent',
      attempt: 1,
      outcome: 'succeeded',
    });
  });

  test('hands their results to its gather, in the order in which they were spawned', async () => {
    const engine = await open({
      run: spawnAll('double'),
      gather: ({ results }) => results.map(({ result }) => result as Json),
    });
    const payloads = Array.from({ length: 700 }, (_, i) => i);
    const id = await engine.client.enqueue('parent', payloads);
    const view = await untilState(engine, id, 'succeeded');
    expect(view).toMatchObject({ result: payloads.map((n) => n * 2) });
    expect(await engine.store.shards[0]?.children.of(id)).toEqual([]);
  });

  test('calls its gather with nothing when it has spawned none, once', async () => {
    const engine = await open({ run: spawnAll('double'), gather: sum });
    const id = await engine.client.enqueue('parent', []);
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({
      result: { sum: 0, failed: [] },
      run: { attempts: 1 },
    });
    expect(engine.said('run.finished').filter(({ run }) => run === id)).toMatchObject([{ attempt: 2 }]);
  });

  test('cannot be spawned with an option that there is not', async () => {
    const engine = await open({ run: ({ spawn }) => spawn('double', 1, { dealy: '1h' } as object) });
    const view = await untilState(engine, await engine.client.enqueue('parent'), 'dead');
    expect(view.error).toMatchObject({ code: 'BAD_USAGE', message: 'options.dealy is not known' });
  });

  test('reads a large result of a child where it was kept', async () => {
    const large = job('large', { run: () => 'x'.repeat(20_000) });
    const parent = job('parent', {
      run: ({ spawn }) => spawn('large'),
      gather: async ({ results, resultOf }) => {
        const [only] = results;
        return only === undefined
          ? null
          : { inlined: only.inlined, length: JSON.stringify(await resultOf(only)).length };
      },
    });
    const engine = await openEngine({ target: redis.target, jobs: [large, parent] });
    await engine.startScheduler();
    await engine.startWorker();
    const id = await engine.client.enqueue('parent');
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({ result: { inlined: false, length: 20_002 } });
  });

  test('becomes a dead letter when one of them does not succeed, once all are over', async () => {
    const engine = await open({ run: spawnAll('odd'), gather: sum });
    const id = await engine.client.enqueue('parent', [1, 2, 3]);
    expect(await untilState(engine, id, 'dead')).toMatchObject({
      error: { name: 'ChildrenFailed', message: expect.stringMatching(/^1 of 3 children did not succeed: /) as string },
    });
  });

  test('goes on all the same where its children need only be settled', async () => {
    const engine = await open({ children: 'settled', run: spawnAll('odd'), gather: sum });
    const id = await engine.client.enqueue('parent', [1, 2, 3]);
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({ result: { sum: 4, failed: ['2 is even'] } });
    const plain = await open({ children: 'settled', run: spawnAll('odd') });
    expect(await untilState(plain, await plain.client.enqueue('parent', [2]), 'succeeded')).toBeDefined();
  });

  test('spawns nothing twice when it is tried again', async () => {
    const engine = await open({
      retry: { attempts: 2, backoff: { initial: '1ms', jitter: 'none' } },
      run: async ({ spawn, attempt }) => {
        await spawn('double', 1);
        await spawn('double', 2, { key: 'two' });
        if (attempt === 1) throw new Error('after the children');
      },
      gather: sum,
    });
    const id = await engine.client.enqueue('parent');
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({ result: { sum: 6 } });
    expect(await engine.client.runs.list({ job: 'double' })).toHaveLength(2);
  });

  test('waits for the children of an earlier attempt too', async () => {
    const engine = await open({
      retry: { attempts: 2, backoff: { initial: '1ms', jitter: 'none' } },
      run: async ({ spawn, attempt }) => {
        if (attempt === 2) return 'spawned nothing';
        await spawn('double', 4);
        throw new Error('after the child');
      },
      gather: sum,
    });
    expect(await untilState(engine, await engine.client.enqueue('parent'), 'succeeded')).toMatchObject({
      result: { sum: 8 },
    });
  });

  test('tries its gather again by its policy, counted anew', async () => {
    let gathers = 0;
    const engine = await open({
      retry: { attempts: 2, backoff: { initial: '1ms', jitter: 'none' } },
      run: async ({ spawn, attempt }) => {
        if (attempt === 1) throw new Error('once');
        await spawn('double', 1);
      },
      gather: ({ results, attempt }) => {
        gathers += 1;
        if (gathers === 1) throw new Error('once more');
        return { results: results.length, attempt };
      },
    });
    const id = await engine.client.enqueue('parent');
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({ result: { results: 1, attempt: 4 } });
  });

  test('that was cancelled while it waits takes its children along', async () => {
    const engine = await open({ run: (context) => context.spawnMany('stuck', [1, 2]) }, { shards: 4 });
    const id = await engine.client.enqueue('parent');
    await untilState(engine, id, 'waiting');
    await eventually(async () => expect(await engine.client.runs.list({ job: 'stuck' })).toHaveLength(2));
    expect(await engine.client.runs.cancel(id)).toBe('cancelled');
    await eventually(async () => {
      const states = (await engine.client.runs.list({ job: 'stuck' })).map(({ state }) => state);
      expect(states).toEqual(['cancelled', 'cancelled']);
    });
  });

  test('is no parent any more when it is run again', async () => {
    const engine = await open({ run: spawnAll('odd'), gather: sum });
    const id = await engine.client.enqueue('parent', [2]);
    await untilState(engine, id, 'dead');
    const again = await engine.client.runs.retry(id);
    await untilState(engine, again, 'dead');
    expect(await engine.client.runs.list({ job: 'odd' })).toHaveLength(2);
  });

  test('can have grandchildren, and children on other shards', async () => {
    const middle = job('middle', {
      run: ({ payload, spawnMany }) => spawnMany('double', [payload, payload]),
      gather: sum,
    });
    const parent = job('parent', {
      run: ({ spawnMany }) => spawnMany('middle', [1, 2, 3]),
      gather: ({ results }) => results.map(({ result }) => (result as { sum: number }).sum),
    });
    const engine = await openEngine({ target: redis.target, jobs: [double, middle, parent], config: { shards: 7 } });
    const scheduler = await engine.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(7), { timeoutMs: 10_000 });
    await engine.startWorker();
    const id = await engine.client.enqueue('parent');
    expect(await untilState(engine, id, 'succeeded')).toMatchObject({ result: [4, 8, 12] });
  });

  test('cannot spawn in its gather, nor more than ten thousand', async () => {
    const engine = await open({
      run: (context) =>
        context.payload === 'many'
          ? context.spawnMany('stuck', new Array(10_001).fill(0) as Json[])
          : context.spawn('double', 1),
      gather: (context) => (context as unknown as RunContext).spawn('double', 1),
    });
    const states = ['few', 'many'].map(async (payload) => {
      const view = await untilState(engine, await engine.client.enqueue('parent', payload), 'dead');
      return view.error;
    });
    expect(await Promise.all(states)).toMatchObject([
      { code: 'BAD_USAGE', message: expect.stringContaining('gather cannot spawn') as string },
      { code: 'BAD_USAGE', message: expect.stringContaining('10000 children') as string },
    ]);
  });

  test('refuses what it cannot spawn, and a stale attempt spawns nothing', async () => {
    const engine = await open({ run: (context) => context.spawn('nobody') });
    const view = await untilState(engine, await engine.client.enqueue('parent'), 'dead');
    expect(view.error).toMatchObject({ code: 'NOT_FOUND' });
    const [shard] = engine.store.shards;
    const child = { shard: 0, id: 'x', job: 'double', queue: 'q', lane: '5:double', delayMs: 0, head: '', payload: '' };
    expect(await shard?.children.spawn({ id: view.run.id, token: '1' }, [child], 10)).toBe('fenced');
  });
});
