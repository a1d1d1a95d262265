import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import {
  BelfryError,
  compileCalendar,
  createClient,
  createScheduler,
  createWorker,
  defineJob,
  jobRef,
} from '../../src/index.ts';
import type {
  ConnectionOptions,
  Duration,
  EnqueueOptions,
  EventName,
  Events,
  JobSpec,
  JobView,
  Json,
  KeySpec,
  LibraryClient,
  RunFilter,
  RunView,
} from '../../src/index.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('an application enqueues a run, a worker of the same package runs it, and the client shows its result', async () => {
  const connection = { redis: redis.url, namespace: 'library' };
  const jobs = { double: defineJob<{ value: number }>({ run: ({ payload }) => payload.value * 2 }) };
  let finish: (run: string) => void = () => undefined;
  const finished = new Promise<string>((resolve) => (finish = resolve));
  const scheduler = await createScheduler({ ...connection, jobs });
  const worker = await createWorker({
    ...connection,
    jobs,
    concurrency: 2,
    onEvent: (name, event) => {
      if (name === 'run.finished') finish((event as { run: string }).run);
    },
  });
  const client = await createClient(connection);
  const id = await client.enqueue('double', { value: 21 });
  expect(await finished).toBe(id);
  expect(await client.runs.get(id)).toMatchObject({ kind: 'finished', state: 'succeeded', result: 42 });
  client.close();
  await worker.stop();
  await scheduler.stop();
});

test('an application keeps schedules of its users, and a worker runs what they fire', async () => {
  const connection = { redis: redis.url, namespace: 'users' };
  const jobs = { greet: { run: ({ payload }: { payload: unknown }) => payload } };
  const scheduler = await createScheduler({ ...connection, jobs });
  const client = await createClient(connection);
  await client.calendars.save('never', compileCalendar({ yearly: ['02-29'] }));
  const schedule = { every: '1s', overlap: 'allow', except: 'never' } as const;
  const entries = ['ada', 'bob'].map((user) => ({
    job: 'greet',
    key: user,
    schedule,
    payload: { user },
    tags: ['user'],
  }));
  expect((await client.schedules.save(entries, 'create')).map(({ answer }) => answer)).toEqual(['created', 'created']);
  let greet: () => void = () => undefined;
  const greeted = new Promise<void>((resolve) => (greet = resolve));
  const worker = await createWorker({
    ...connection,
    jobs,
    onEvent: (name, event) => {
      if (name === 'run.finished' && (event as { run: string }).run.startsWith('greet:bob@')) greet();
    },
  });
  await greeted;
  await client.schedules.delete({ tag: 'user' });
  expect(await client.schedules.get(['greet:ada', 'greet:bob'])).toEqual([undefined, undefined]);
  client.close();
  await worker.stop();
  await scheduler.stop();
});

test('an application encrypts and signs what it enqueues, and only a worker with the keys runs it', async () => {
  const keys = {
    payloadKeys: `p1:${randomBytes(32).toString('base64')}`,
    signingKeys: `s1:${randomBytes(32).toString('base64')}`,
    signatures: 'required',
  } as const;
  const connection = { redis: redis.url, namespace: 'sealed' };
  const jobs = { double: defineJob<{ value: number }>({ run: ({ payload }) => payload.value * 2 }) };
  const scheduler = await createScheduler({ ...connection, ...keys, jobs });
  let finish: (run: string) => void = () => undefined;
  const finished = new Promise<string>((resolve) => (finish = resolve));
  const client = await createClient({ ...connection, ...keys });
  const id = await client.enqueue(jobRef<typeof jobs.double>('double'), { value: 21 });
  const worker = await createWorker({
    ...connection,
    ...keys,
    jobs,
    onEvent: (name, event) => {
      if (name === 'run.finished') finish((event as { run: string }).run);
    },
  });
  expect(await finished).toBe(id);
  expect(await client.runs.get(id)).toMatchObject({ state: 'succeeded', result: 42 });
  client.close();
  await worker.stop();
  await scheduler.stop();
  await expect(createClient({ ...connection, payloadKeys: 'p1:short' })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
  await expect(createClient({ ...connection, signatures: 'required' })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
});

test('a client keeps as many verdicts as the application says, not the default', async () => {
  const connection = { redis: redis.url, namespace: 'ledger', ledgerCount: 3_000 };
  const jobs = { yearly: defineJob({ schedule: { cron: '@yearly' }, run: () => null }) };
  await (await createScheduler({ ...connection, jobs })).stop();
  const observer = new Redis({ path: redis.path });
  const line = `yearly fired ${String(Date.UTC(2020, 0, 1))}`;
  await observer.rpush('{ledger:0}:ledger:yearly', ...Array.from({ length: 2_500 }, () => line));
  const client = await createClient(connection);
  await client.schedules.markSucceeded('yearly', Date.UTC(new Date().getUTCFullYear() + 1, 0, 1));
  expect(await observer.llen('{ledger:0}:ledger:yearly')).toBe(2_501);
  client.close();
  observer.disconnect();
  await expect(createClient({ ...connection, ledgerCount: 5 })).rejects.toMatchObject({ field: 'ledgerCount' });
});

test.each(['secret', 'sec/secret', 'p@secret'])(
  'a Redis that is not there is a coded error that hides the password %s',
  async (password) => {
    await expect(createClient({ redis: `redis://:${password}@127.0.0.1:1/0` })).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
      message: expect.not.stringContaining('sec') as unknown,
    });
  },
);

test('a process that has stopped its scheduler and worker ends by itself at once', async () => {
  const script = fileURLToPath(new URL('./stops.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, redis.url]);
  expect(Number(stdout)).toBeLessThan(1_500); // ms from stopped to gone
});

test('a process whose Redis is gone ends too, once it has stopped: it does not send results for ever', async () => {
  const own = await startRedis();
  const script = fileURLToPath(new URL('./stops_without_redis.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, own.url], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await own.kill();
  child.stdin.write('go');
  expect(await ended).toEqual([0, null]);
});

test('Sentinels that are not there are a coded error too', async () => {
  await expect(createClient({ redis: 'redis+sentinel://127.0.0.1:1/primary' })).rejects.toMatchObject({
    code: 'REDIS_UNAVAILABLE',
  });
});

test('what fails to start leaves no connection behind', async () => {
  const connection = { redis: redis.url, namespace: 'failing' };
  const jobs = { idle: defineJob({ run: () => null }) };
  (await createClient(connection)).close();
  await expect(createClient({ ...connection, shards: 2 })).rejects.toMatchObject({ code: 'SHARD_MISMATCH' });
  await expect(createScheduler({ ...connection, jobs, shards: 2 })).rejects.toBeInstanceOf(BelfryError);
  await expect(createWorker({ ...connection, jobs, concurrency: 0 })).rejects.toBeInstanceOf(BelfryError);
  const observer = new Redis({ path: redis.path });
  await eventually(async () => expect(await observer.client('LIST')).not.toContain('name=belfry'));
  observer.disconnect();
});

test.each([{ host: 'localhost', port: 6379 }, new Redis({ lazyConnect: true }), null])(
  'Redis is told by its URL: options and connections of ioredis are refused in words (%#)',
  async (other) => {
    await expect(createClient({ redis: other as never })).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      field: 'redis',
      hint: expect.stringContaining('redis://host:6379') as unknown,
    });
  },
);

test('an application raises what a payload, a result and a log may hold', async () => {
  const connection = { redis: redis.url, namespace: 'sizes', payloadMax: '256KiB' };
  const jobs = { echo: defineJob({ run: ({ payload }) => payload }) };
  let finish: (run: string) => void = () => undefined;
  const finished = new Promise<string>((resolve) => (finish = resolve));
  const scheduler = await createScheduler({ ...connection, jobs });
  const worker = await createWorker({
    ...connection,
    jobs,
    resultMax: 262_144,
    runLogMax: '4MiB',
    onEvent: (name, event) => {
      if (name === 'run.finished') finish((event as { run: string }).run);
    },
  });
  const client = await createClient(connection);
  const large = 'x'.repeat(100_000);
  const id = await client.enqueue('echo', large);
  expect(await finished).toBe(id);
  expect(await client.runs.get(id)).toMatchObject({ state: 'succeeded', result: large });
  await expect(client.enqueue('echo', 'x'.repeat(300_000))).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    hint: expect.stringContaining('payloadMax') as unknown,
  });
  client.close();
  await worker.stop();
  await scheduler.stop();
  await expect(createClient({ ...connection, payloadMax: 'much' })).rejects.toMatchObject({
    code: 'BAD_CONFIG',
    field: 'payloadMax',
  });
});

test.each([
  ['createClient', () => createClient({ namespce: 'x' } as object), 'options.namespce'],
  ['createClient', () => createClient(null as never), 'options'],
  ['createWorker', () => createWorker({ jobs: {}, concurency: 1 } as never), 'options.concurency'],
  ['createWorker', () => createWorker({} as never), 'jobs'],
  ['createScheduler', () => createScheduler(undefined as never), 'options'],
  ['createScheduler', () => createScheduler({ jobs: 7 } as never), 'jobs'],
])('%s refuses what it does not know, and says which option (%#)', async (_name, create, field) => {
  await expect(create()).rejects.toMatchObject({ code: 'BAD_USAGE', field, hint: expect.any(String) as unknown });
});

test('what a client answers and an option takes has a name to write signatures with', () => {
  expectTypeOf<Awaited<ReturnType<LibraryClient['runs']['get']>>>().toEqualTypeOf<RunView>();
  expectTypeOf<Parameters<LibraryClient['runs']['list']>[0]>().toEqualTypeOf<RunFilter | undefined>();
  expectTypeOf<Awaited<ReturnType<LibraryClient['jobs']['get']>>>().toEqualTypeOf<JobView>();
  expectTypeOf<NonNullable<EnqueueOptions['delay']>>().toEqualTypeOf<Duration>();
  expectTypeOf<NonNullable<JobSpec['ordered']>>().toEqualTypeOf<KeySpec<Json>>();
  expectTypeOf<(name: EventName, event: Events[EventName]) => void>().toExtend<
    NonNullable<ConnectionOptions['onEvent']>
  >();
});
