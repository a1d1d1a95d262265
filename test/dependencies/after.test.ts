import { describe, expect, test } from 'vitest';
import type { AfterSpec } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const failing = {
  retry: { attempts: 1 },
  run: () => {
    throw new Error('no');
  },
};

/** Jobs a, b and bad, and one that comes after some of them, with a leader and a worker. */
async function open(after: AfterSpec, config = {}): Promise<Engine> {
  const jobs = [job('a'), job('b'), job('bad', failing), job('child', { after, schedulePayload: { by: 'parents' } })];
  const engine = await openEngine({ target: redis.target, jobs, config });
  await engine.startScheduler();
  await engine.startWorker();
  return engine;
}

const ended = (engine: Engine, name: string): number =>
  engine.said('run.finished').filter(({ job: of }) => of === name).length;

/** Runs jobs one after the other, each to its end. */
async function runInTurn(engine: Engine, names: string[]): Promise<void> {
  for (const name of names) {
    const id = await engine.client.enqueue(name);
    await engine.hears('run.finished', ({ run }) => run === id);
  }
}

/** Waits until every message has been delivered. */
async function untilDelivered({ store }: Engine): Promise<void> {
  await eventually(async () => {
    for (const { outbox } of store.shards) expect(await outbox.read({ messages: 1, bytes: 1 })).toEqual([]);
  });
}

describe('a job that comes after others', () => {
  test('fires when all of them have succeeded since it last did, with its own payload', async () => {
    const engine = await open(['a', 'b']);
    await runInTurn(engine, ['a', 'a']);
    await untilDelivered(engine);
    expect(await engine.client.dependencies.get('child')).toMatchObject({ after: ['a', 'b'], arrived: ['a'] });
    await runInTurn(engine, ['b']);
    const fired = await engine.hears('run.finished', ({ job: name }) => name === 'child');
    expect(await engine.client.runs.get(fired.run)).toMatchObject({
      state: 'succeeded',
      run: { job: 'child', payloadJson: '{"by":"parents"}' },
    });
    expect(await engine.client.dependencies.get('child')).toMatchObject({ arrived: [] });
    await runInTurn(engine, ['b']);
    await untilDelivered(engine);
    expect(ended(engine, 'child')).toBe(1);
    await runInTurn(engine, ['a']);
    await eventually(() => expect(ended(engine, 'child')).toBe(2));
  });

  test('fires after any of them where one is enough', async () => {
    const engine = await open({ jobs: ['a', 'b'], need: 'any' });
    await runInTurn(engine, ['a', 'b', 'a']);
    await eventually(() => expect(ended(engine, 'child')).toBe(3));
  });

  test('does not fire after a failure, unless every end counts', async () => {
    const strict = await open(['bad']);
    await runInTurn(strict, ['bad']);
    await untilDelivered(strict);
    expect(await strict.client.dependencies.get('child')).toMatchObject({ arrived: [] });
    const lenient = await open({ jobs: ['bad'], on: 'end' });
    await runInTurn(lenient, ['bad']);
    await eventually(() => expect(ended(lenient, 'child')).toBe(1));
    expect(ended(strict, 'child')).toBe(0);
  });

  test('fires after a dead letter that is marked as succeeded', async () => {
    const engine = await open(['bad']);
    const id = await engine.client.enqueue('bad');
    await engine.hears('run.finished', ({ run }) => run === id);
    await engine.client.runs.markSucceeded(id);
    await eventually(() => expect(ended(engine, 'child')).toBe(1));
  });

  test('is found wherever it lives: chains lead over shards', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `link${String(i)}`);
    const jobs = names.map((name, i) => job(name, i === 0 ? {} : { after: [names[i - 1] as string] }));
    const engine = await openEngine({ target: redis.target, jobs, config: { shards: 5 } });
    expect(new Set(names.map((name) => engine.store.of(name).shard.index)).size).toBeGreaterThan(2);
    const scheduler = await engine.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(5), { timeoutMs: 10_000 });
    await engine.startWorker();
    await engine.client.enqueue('link0');
    await engine.hears('run.finished', ({ job: name }) => name === 'link11');
    expect(names.map((name) => ended(engine, name))).toEqual(names.map(() => 1));
  });

  test('waits no more once a deploy has said so', async () => {
    const engine = await open(['a', 'b']);
    await runInTurn(engine, ['a']);
    await untilDelivered(engine);
    await engine.client.apply(engine.jobs.map((one) => (one.name === 'child' ? job('child') : one)));
    await runInTurn(engine, ['b']);
    await untilDelivered(engine);
    expect(ended(engine, 'child')).toBe(0);
    expect(await engine.client.dependencies.graph()).toEqual([]);
  });

  test('stays as it was while its own file is broken', async () => {
    const engine = await open(['a']);
    await engine.client.apply(
      engine.jobs.filter(({ name }) => name !== 'child'),
      ['child'],
    );
    await runInTurn(engine, ['a']);
    await eventually(() => expect(ended(engine, 'child')).toBe(1));
  });
});

describe('apply', () => {
  test.each([
    ['jobs that wait for each other', [job('x', { after: ['y'] }), job('y', { after: ['x'] })], /x → y → x/],
    ['a job that waits for one that is not there', [job('x', { after: ['nobody'] })], /"nobody"/],
  ])('refuses %s, and changes nothing', async (_, jobs, message) => {
    const engine = await openEngine({ target: redis.target, jobs: [job('good')] });
    const refused = engine.client.apply([job('better'), ...jobs]);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_JOB', message: expect.stringMatching(message) as string });
    expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual(['good']);
  });
});
