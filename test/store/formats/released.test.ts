import { describe, expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import type { JobSpec } from '../../../src/core/job.ts';
import { FORMAT } from '../../../src/store/formats.ts';
import { makePlace } from '../../support/belfry_process.ts';
import { ask, askJson } from '../../support/desk.ts';
import { createEngine, job, openEngine, type Engine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis } from '../../support/redis.ts';
import { restoreState } from '../../support/stored_state.ts';

const redis = await startRedis();

type Specs = Record<string, Partial<JobSpec>>;
const dumped = (await import(fileURLToPath(new URL('jobs.mjs', import.meta.url)))) as {
  OLD_JOBS: () => Specs;
  NEW_JOBS: () => Specs;
};

/** The jobs of the dump as a later release has them: what hung and failed succeeds now. */
function jobsOf(format: number) {
  const specs = format === 0 ? dumped.OLD_JOBS() : { ...dumped.OLD_JOBS(), ...dumped.NEW_JOBS() };
  return Object.entries(specs).map(([name, spec]) =>
    job(name, ['dies', 'retries', 'hangs', 'narrow', 'notes'].includes(name) ? { ...spec, run: () => 'done' } : spec),
  );
}

const statesOf = async ({ client }: Engine, name: string): Promise<string[]> =>
  (await client.runs.list({ job: name, limit: 100 })).map(({ state }) => state).sort();

async function restore(format: number) {
  const namespace = `restored${String(format)}-${Math.random().toString(36).slice(2, 8)}`;
  await restoreState(redis, format, namespace);
  const variables = { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace };
  const place = makePlace({});
  return {
    namespace,
    say: (...words: string[]) => ask(words, { place, variables }),
    sayJson: <T>(...words: string[]) => askJson<T>(words, { place, variables }),
  };
}

/** What is in both dumps, as it was left. */
async function assertEverythingIsThere(engine: Engine): Promise<void> {
  const { client } = engine;
  expect(await statesOf(engine, 'hangs')).toEqual(['running', 'running']);
  expect(await statesOf(engine, 'retries')).toEqual(['retrying']);
  expect(await statesOf(engine, 'dies')).toEqual(['dead']);
  expect(await statesOf(engine, 'unserved')).toEqual(expect.arrayContaining(['ready', 'ready']));
  expect(await statesOf(engine, 'quick')).toEqual(
    expect.arrayContaining(['succeeded', 'succeeded', 'succeeded', 'waiting']),
  );
  expect(await statesOf(engine, 'limited')).toEqual(['ready', 'ready', 'succeeded']);
  expect((await client.jobs.get('paused')).pause).toMatchObject({ by: 'ada', note: 'the partner moves' });
  expect((await client.jobs.ledger('tick', 10)).length).toBeGreaterThan(0);
  expect((await client.schedules.get(['quick:of-the-api']))[0]).toMatchObject({
    state: 'active',
    rule: { e: 7_200_000 },
  });
  expect([...(await client.calendars.list()).keys()]).toEqual(['holidays']);
  expect(await client.freezes.list()).toMatchObject([{ why: 'release', by: 'ada' }]);
  expect(await client.backfills.list()).toMatchObject([{ spec: { schedule: 'paused', by: 'ada' } }]);
  expect((await client.deadLetters.list()).letters).toMatchObject([{ run: { job: 'dies' } }]);
  expect(await client.limits.get('job:limited')).toMatchObject({ limit: { rate: { count: 1, periodMs: 72_000_000 } } });
}

/** Registers the jobs and works on them: every run in flight goes on, and what waits for its time waits on. */
async function workOn(engine: Engine, format: number): Promise<void> {
  const jobs = jobsOf(format);
  await engine.client.apply(jobs);
  await engine.startScheduler();
  await engine.startWorker({ jobs });
  await eventually(
    async () => {
      expect(await statesOf(engine, 'hangs')).toEqual(['succeeded', 'succeeded']);
    },
    { timeoutMs: 15_000 },
  );
  await engine.hears('schedule.verdict', ({ job: fired, word }) => fired === 'tick' && word === 'fired');
  expect(await statesOf(engine, 'limited')).toEqual(['ready', 'ready', 'succeeded']);
  expect(await statesOf(engine, 'retries')).toEqual(['retrying']);
  const [letter] = (await engine.client.deadLetters.list()).letters;
  const again = await engine.client.runs.retry(letter?.run.id ?? '');
  await engine.hears('run.finished', ({ run, outcome }) => run === again && outcome === 'succeeded');
}

describe('state of format 1, as 0.1.0 left it', () => {
  test('is read by this release', async () => {
    const { namespace } = await restore(1);
    const engine = await openEngine({ target: redis.target, namespace });
    await assertEverythingIsThere(engine);
    const { client } = engine;
    expect(await statesOf(engine, 'parent')).toEqual(['waiting']);
    expect(await statesOf(engine, 'narrow')).toEqual(['ready', 'running', 'running']);
    expect(await client.dependencies.get('load')).toMatchObject({ after: ['quick', 'unserved'], arrived: ['quick'] });
    const [batch] = await client.batches.list();
    expect(batch).toMatchObject({ description: 'of two', state: 'closed' });
    expect(await client.limits.get('partner:a')).toMatchObject({ by: 'operator', limit: { concurrency: 1 } });
    expect((await client.queues.list()).find(({ queue }) => queue === 'nobody')?.pause).toMatchObject({ by: 'ada' });
    const unique = await client.enqueueTold('quick', { invoice: 7 }, { unique: { key: 'invoice:{invoice}' } });
    expect(unique.outcome).toBe('duplicate');
  });

  test('is worked on by this release: nothing in flight is lost', async () => {
    const { namespace } = await restore(1);
    const engine = await openEngine({ target: redis.target, namespace });
    await workOn(engine, 1);
    await engine.client.queues.resume('nobody', { by: 'ada' });
    await eventually(async () => {
      expect(await statesOf(engine, 'parent')).toEqual(['succeeded']);
      expect(await statesOf(engine, 'load')).toEqual(['succeeded']);
      expect(await statesOf(engine, 'notes')).toEqual(['succeeded']);
    });
    // Somebody has held one of the two keys, and takes that back.
    await eventually(async () => expect(await statesOf(engine, 'narrow')).toEqual(['ready', 'succeeded', 'succeeded']));
    await engine.client.limits.reset('partner:b');
    await eventually(async () => expect(await statesOf(engine, 'narrow')).not.toContain('ready'));
  });

  test('needs no migration', async () => {
    const { say, sayJson } = await restore(1);
    expect(await say('migrate', '--dry-run')).toMatchObject({
      code: 0,
      out: `nothing to do: the state has format 1\n`,
    });
    expect(await sayJson('migrate')).toMatchObject({ shards: [{ shard: 0, format: 1, migrations: [] }] });
    expect(await sayJson('doctor')).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ check: 'format', level: 'ok' })]) as unknown,
    });
  });
});

describe('state of format 0, from before the first release', () => {
  test('is refused by commands, and brought up by belfry migrate, once', async () => {
    const { namespace, say, sayJson } = await restore(0);
    expect(await say('jobs', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('belfry migrate') as string,
    });
    expect(await sayJson('doctor')).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ check: 'format', level: 'warning' })]) as unknown,
    });
    const dry = await say('migrate', '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('to format 1: rates of jobs') as string });
    expect(await say('jobs', 'list')).toMatchObject({ code: 1 });

    const { shards } = await sayJson<{ shards: { done: { to: number; changed: number } }[] }>('migrate');

    expect(shards).toMatchObject([{ format: 0, done: { to: FORMAT } }]);
    // A record for each of nine jobs, a limit for one, its rate, and its state under another name.
    expect(shards[0]?.done.changed).toBe(9 + 1 + 1 + 2);
    expect(await say('migrate')).toMatchObject({
      code: 0,
      out: `nothing to do: the state has format ${String(FORMAT)}\n`,
    });
    await assertEverythingIsThere(await openEngine({ target: redis.target, namespace }));
  });

  test('is brought up by the first of several processes that start, and worked on: nothing in flight is lost', async () => {
    const { namespace } = await restore(0);
    const engines = await Promise.all(
      Array.from({ length: 4 }, () => createEngine({ target: redis.target, namespace })),
    );
    const migrated: number[] = [];
    for (const engine of engines) engine.events.on('state.migrated', ({ changed }) => void migrated.push(changed));
    await eventually(async () => {
      const answers = await Promise.all(engines.map((engine) => engine.connect('migrate')));
      expect(answers).toEqual(engines.map(() => 'connected'));
    });
    expect(migrated.filter((changed) => changed > 0)).toEqual([13]);
    await workOn(engines[0] as Engine, 0);
  });

  test('keeps a calendar that nobody had marked, and marks it once its file is registered', async () => {
    const { namespace } = await restore(0);
    const engine = await createEngine({ target: redis.target, namespace });
    expect(await engine.connect('migrate')).toBe('connected');
    await engine.client.apply(jobsOf(0));
    expect(await engine.client.calendars.get('holidays')).toEqual({ d: ['2026-12-25'] });
    const files = new Map([['holidays', { d: ['2026-12-25'] }]]);
    await engine.client.apply(jobsOf(0), [], files);
    expect(await engine.client.calendars.get('holidays')).toEqual({ d: ['2026-12-25'], f: true });
  });
});

test('state of a later release that this one cannot read is refused with clear words, by commands and by a start', async () => {
  const { namespace, say } = await restore(1);
  const engine = await createEngine({ target: redis.target, namespace });
  await engine.connect();
  await engine.store.connection.hset(`{${namespace}:0}:meta`, { format: '9', oldest: '8' });
  const words = 'the state in Redis has format 9, which needs code of format 8 at least; this Belfry knows 1';
  await expect(engine.connect('migrate')).rejects.toThrow(words);
  expect(await say('jobs', 'list')).toMatchObject({ code: 1, err: expect.stringContaining(words) as string });
  expect(await say('migrate')).toMatchObject({ code: 1, err: expect.stringContaining(words) as string });
});

test('state of a later release that this one can read is worked on: a downgrade goes on', async () => {
  const { namespace } = await restore(1);
  const first = await createEngine({ target: redis.target, namespace });
  await first.connect();
  await first.store.connection.hset(`{${namespace}:0}:meta`, { format: '9', oldest: '1' });
  expect(await (await createEngine({ target: redis.target, namespace })).connect('migrate')).toBe('connected');
});
