import { AssertionError } from 'node:assert';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient, defineJob } from 'belfry';
import { createTestBelfry, type TestBelfry, type TestBelfryOptions } from 'belfry/testing';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { identify } from '../../src/runtime/processes.ts';
import { eventually } from '../support/eventually.ts';
import { jobAnswering, makeJobsFolder } from '../support/jobs_folder.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

/** On the server of this file, which is faster than one for each test. */
async function open(options: TestBelfryOptions): Promise<TestBelfry> {
  const belfry = await createTestBelfry({ redis: redis.url, ...options });
  onTestFinished(() => belfry.close());
  return belfry;
}

const mail = defineJob<{ to: string }>({ run: ({ payload, log }) => (log.info('sent'), { sentTo: payload.to }) });
const START = '2026-01-01T00:00:00Z';

describe('drain', () => {
  test('runs what is ready and what that enqueues, and answers each attempt in order', async () => {
    const welcome = defineJob<{ to: string }>({
      run: async ({ payload, enqueue }) => void (await enqueue('mail', { to: payload.to })),
    });
    const belfry = await open({ jobs: { welcome, mail } });
    const id = await belfry.client.enqueue('welcome', { to: 'ada' });
    const ran = await belfry.drain();
    expect(ran).toMatchObject([
      { id, job: 'welcome', attempt: 1, outcome: 'succeeded', payload: { to: 'ada' }, schedule: undefined },
      { job: 'mail', outcome: 'succeeded', result: { sentTo: 'ada' }, logs: [{ level: 'info', message: 'sent' }] },
    ]);
    expect(await belfry.client.runs.get(id)).toMatchObject({ kind: 'finished', state: 'succeeded' });
    expect(await belfry.drain()).toEqual([]);
  });

  test('runs one queue and leaves the others, and refuses one that there is not', async () => {
    const belfry = await open({ jobs: { mail, slow: defineJob({ queue: 'slow', run: () => 1 }) } });
    await belfry.client.enqueue('mail', { to: 'ada' });
    await belfry.client.enqueue('slow');
    expect((await belfry.drain('slow')).map(({ job }) => job)).toEqual(['slow']);
    expect((await belfry.drain()).map(({ job }) => job)).toEqual(['mail']);
    await expect(belfry.drain('post')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('tells failures as a worker settles them', async () => {
    const flaky = defineJob({
      retry: { attempts: 2, backoff: { type: 'fixed', initial: '10s' } },
      run: () => Promise.reject(new Error('no')),
    });
    const belfry = await open({ jobs: { flaky }, now: START });
    await belfry.client.enqueue('flaky');
    expect(await belfry.drain()).toMatchObject([{ outcome: 'retrying', delayMs: 10_000, error: { message: 'no' } }]);
    expect(await belfry.drain()).toEqual([]);
    await belfry.advance('9s');
    expect(await belfry.drain()).toEqual([]);
    await belfry.advance('1s');
    expect(await belfry.drain()).toMatchObject([{ outcome: 'dead', attempt: 2 }]);
    expect((await belfry.client.deadLetters.list({})).letters).toHaveLength(1);
  });

  test('lets children and their gather follow each other', async () => {
    const jobs = {
      all: defineJob<string[]>({
        run: async ({ payload, spawnMany }) => void (await spawnMany('part', payload)),
        gather: ({ results }) => results.map(({ result }) => result ?? null),
      }),
      part: defineJob<string>({ run: ({ payload }) => payload.length }),
    };
    const belfry = await open({ jobs });
    await belfry.client.enqueue('all', ['a', 'bb']);
    const ran = await belfry.drain();
    expect(ran.map(({ job, outcome }) => `${job} ${outcome}`)).toEqual([
      'all spawned',
      'part succeeded',
      'part succeeded',
      'all succeeded',
    ]);
    expect(ran.at(-1)?.result).toEqual([1, 2]);
  });

  test('ends with a word when a job enqueues itself for ever', async () => {
    const again = defineJob({ run: async ({ enqueue }) => void (await enqueue('again')) });
    const belfry = await open({ jobs: { again }, most: 5 });
    await belfry.client.enqueue('again');
    await expect(belfry.drain()).rejects.toThrow(/5 attempts were made and a run of again is ready/);
  });
});

describe('expectEnqueued', () => {
  test('answers the first run that was enqueued with such a payload, over or not', async () => {
    const belfry = await open({ jobs: { mail } });
    const [, second] = await belfry.client.enqueueMany('mail', [{ to: 'ada' }, { to: 'bob' }]);
    expect(await belfry.expectEnqueued('mail', { to: /^b/ })).toMatchObject({ id: second, state: 'ready' });
    await belfry.drain();
    expect(await belfry.expectEnqueued('mail', { to: 'bob' })).toMatchObject({ id: second, state: 'succeeded' });
    expect((await belfry.enqueued('mail')).map(({ payload }) => payload)).toEqual([{ to: 'ada' }, { to: 'bob' }]);
  });

  test('fails in words that say what there is instead', async () => {
    const belfry = await open({ jobs: { mail, other: defineJob({ run: () => 1 }) } });
    await expect(belfry.expectEnqueued('mail')).rejects.toThrow('nothing was enqueued at all');
    await belfry.client.enqueue('other');
    await expect(belfry.expectEnqueued('mail')).rejects.toThrow('runs of other jobs: other (1)');
    await belfry.client.enqueue('mail', { to: 'ada' });
    const failure: unknown = await belfry.expectEnqueued('mail', { to: 'bob' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AssertionError);
    expect((failure as AssertionError).message).toBe(
      [
        "no run of mail with a payload like { to: 'bob' } was enqueued",
        'runs of mail:',
        "  { to: 'ada' } (ready): payload.to is 'ada', not 'bob'",
      ].join('\n'),
    );
  });
});

describe('the Redis of a test', () => {
  test('is a private one where none is given, which is gone after close', async () => {
    const belfry = await createTestBelfry({ jobs: { mail } });
    const socket = belfry.connection.redis.replace('unix://', '');
    expect(existsSync(socket)).toBe(true);
    await belfry.client.enqueue('mail', { to: 'ada' });
    expect(await belfry.drain()).toHaveLength(1);
    await belfry.close();
    expect(existsSync(socket)).toBe(false);
  });

  test('does not outlive a process that ends without a close', async () => {
    const script = fileURLToPath(new URL('./forgets_to_close.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const { socket, pid } = JSON.parse(stdout) as { socket: string; pid: number };
    expect(existsSync(socket)).toBe(false);
    await eventually(() => expect(identify(pid)).toBeUndefined());
  });

  test('is left as it was where one is given, and application code can connect to it', async () => {
    const belfry = await createTestBelfry({ jobs: { mail }, redis: redis.url });
    const app = await createClient(belfry.connection);
    await app.enqueue('mail', { to: 'ada' });
    app.close();
    await belfry.expectEnqueued('mail', { to: 'ada' });
    await belfry.close();
    const raw = new Redis({ path: redis.path });
    expect(await raw.keys(`*${belfry.connection.namespace}*`)).toEqual([]);
    raw.disconnect();
  });

  test('is not made of options that there are not, or without jobs', async () => {
    const misspelt = createTestBelfry({ jbos: {} } as never);
    await expect(misspelt).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'options.jbos' });
    await expect(createTestBelfry(undefined as never)).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'options' });
    await expect(createTestBelfry({} as never)).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'jobs' });
  });

  test('is ended when a job turns out to be wrong, and a folder is loaded as a worker loads it', async () => {
    await expect(createTestBelfry({ jobs: { bad: { run: () => 1, queue: 'a b' } } })).rejects.toMatchObject({
      code: 'BAD_JOB',
    });
    const folder = makeJobsFolder({ 'a/one.ts': jobAnswering(1) });
    const belfry = await open({ jobsFolder: folder.directory });
    await belfry.client.enqueue('a/one');
    expect(await belfry.drain()).toMatchObject([{ job: 'a/one', result: 1 }]);
    folder.write('b.ts', 'export default 1;');
    await expect(createTestBelfry({ jobsFolder: folder.directory })).rejects.toMatchObject({ code: 'BAD_JOB' });
  });
});
