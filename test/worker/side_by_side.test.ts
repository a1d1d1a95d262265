import { expect, test } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (namespace: string): Promise<Engine> => openEngine({ target: redis.target, namespace });

const attemptsOf = (engine: Engine, run: string): number =>
  engine.said('run.started').filter((event) => event.run === run).length;

/** A job that fails as often as it is tried. */
const failing = (attempts: number, more: Partial<JobSpec> = {}) =>
  job('both', {
    retry: { attempts, backoff: { type: 'fixed', initial: '1ms', jitter: 'none' } },
    run: () => {
      throw new Error('no');
    },
    ...more,
  });

test('workers of two versions take the runs that they have code for, and those of a job of both go to either', async () => {
  const [old, next] = await Promise.all([open('sets'), open('sets')]);
  const jobs = { old: [job('both'), job('gone')], next: [job('both'), job('new')] };
  await old.client.apply([...jobs.old, job('new')]);
  const scheduler = await old.startScheduler();
  await eventually(() => expect(scheduler.leads()).toHaveLength(1));
  await Promise.all([old.startWorker({ jobs: jobs.old }), next.startWorker({ jobs: jobs.next })]);
  const [gone, fresh] = await Promise.all([
    old.client.enqueueMany('gone', [1, 2, 3]),
    old.client.enqueueMany('new', [1, 2, 3]),
  ]);
  const both = await old.client.enqueueMany(
    'both',
    Array.from({ length: 50 }, (_, i) => i),
  );
  const done = (engine: Engine): Set<string> => new Set(engine.said('run.finished').map(({ run }) => run));
  await eventually(() => expect(done(old).size + done(next).size).toBe(56));
  expect(gone.every((run) => done(old).has(run))).toBe(true);
  expect(fresh.every((run) => done(next).has(run))).toBe(true);
  expect(both.every((run) => done(old).has(run) !== done(next).has(run))).toBe(true);
});

test('runs of a job that the new version does not know wait for a worker of the old one, and nobody discards them', async () => {
  const [old, next] = await Promise.all([open('gone'), open('gone')]);
  await old.client.apply([job('gone'), job('kept')]);
  const run = await old.client.enqueue('gone', 1);
  await next.client.apply([job('kept')]);
  await next.startWorker({ jobs: [job('kept')] });
  const other = await next.client.enqueue('kept');
  await next.hears('run.finished', (event) => event.run === other);
  expect(await next.client.runs.get(run)).toMatchObject({ state: 'ready' });
  // A roll back brings the code again.
  await old.startWorker({ jobs: [job('gone'), job('kept')] });
  await old.hears('run.finished', (event) => event.run === run && event.outcome === 'succeeded');
});

test('a worker of the new version judges a run by the policy that it was made under', async () => {
  const [old, engine] = await Promise.all([open('new-judges'), open('new-judges')]);
  await old.client.apply([failing(1)]);
  const before = await old.client.enqueue('both');
  await engine.client.apply([failing(3)]);
  const after = await engine.client.enqueue('both');
  const [one, other] = await Promise.all([engine.client.runs.get(before), engine.client.runs.get(after)]);
  expect(one.run.policy).not.toBe(other.run.policy);
  await engine.startScheduler();
  await engine.startWorker({ jobs: [failing(3)] });
  for (const run of [before, after]) {
    await engine.hears('run.finished', (event) => event.run === run && event.outcome === 'dead');
  }
  expect([attemptsOf(engine, before), attemptsOf(engine, after)]).toEqual([1, 3]);
});

test('a worker of the old version judges a run of the new one by the new policy, which it does not have itself', async () => {
  const engine = await open('old-judges');
  await engine.client.apply([failing(3)]);
  const run = await engine.client.enqueue('both');
  await engine.startScheduler();
  await engine.startWorker({ jobs: [failing(1)] });
  await engine.hears('run.finished', (event) => event.run === run && event.outcome === 'dead');
  expect(attemptsOf(engine, run)).toBe(3);
});

test('attempts of one run by workers of two versions count together, whoever makes them', async () => {
  const [old, next] = await Promise.all([open('mixed'), open('mixed')]);
  const slow = { backoff: { type: 'fixed', initial: '50ms', jitter: 'none' } } as const;
  const spec = (attempts: number): Partial<JobSpec> => ({ retry: { attempts, ...slow } });
  await old.client.apply([failing(4, spec(4))]);
  const run = await old.client.enqueue('both');
  await old.startScheduler();
  const worker = await old.startWorker({ jobs: [failing(4, spec(4))] });
  await old.hears('run.retrying', (event) => event.run === run);
  await worker.stop();
  await next.client.apply([failing(9, spec(9))]);
  await next.startWorker({ jobs: [failing(9, spec(9))] });
  await next.hears('run.finished', (event) => event.run === run && event.outcome === 'dead');
  expect(attemptsOf(old, run) + attemptsOf(next, run)).toBe(4);
});

test('the policies of runs in flight outlive a deploy that changes them, and go when no run names them', async () => {
  const engine = await open('outlive');
  await engine.client.apply([failing(1)]);
  const run = await engine.client.enqueue('both', null, { delay: '1h' });
  const revision = (await engine.client.runs.get(run)).run.policy;
  for (const attempts of [2, 3, 4]) await engine.client.apply([failing(attempts)]);
  expect(await engine.store.of('both').jobs.policy(revision)).toMatchObject({ attempts: 1 });
});
