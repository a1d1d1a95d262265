import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Client } from '../client/client.ts';
import { BelfryError } from '../core/errors.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import { quote } from '../core/quote.ts';
import { parseDuration } from '../core/time/duration.ts';
import { readIso } from '../core/time/instant.ts';
import type { Duration, DurationMs, EpochMs } from '../core/time/units.ts';
import { readJobs, type JobsOption } from '../library.ts';
import { systemClock } from '../runtime/clock.ts';
import { ageKeys } from './aging.ts';
import { createTestClock } from './clock.ts';
import { createTestWorker, type TestAttempt } from './drain.ts';
import { findEnqueued, listEnqueued, type EnqueuedRun } from './enqueued.ts';
import { openTestEngine, type TestEngine } from './engine.ts';
import { createTestLeader } from './leader.ts';
import type { PayloadMatcher } from './match.ts';
import { startOwnRedis } from './own_redis.ts';
import { replanFrom } from './replan.ts';
import { compileInline } from './run_job.ts';

export type TestBelfryOptions = (
  | {
      /** Jobs by name. */
      jobs: Exclude<JobsOption['jobs'], string>;
      jobsFolder?: undefined;
    }
  | {
      /** Absolute path of the folder that holds their files. */
      jobsFolder: string;
      jobs?: undefined;
    }
) & {
  /** URL of a Redis for tests; what is stored there has a namespace of its own and is removed by `close`. Default: a private one. */
  redis?: string;
  /** The instant to begin at, as for `freeze`. Default: the real time, until `freeze` or `advance` is called. */
  now?: string;
  /** Attempts that one `drain` or `play` may make. Default 10,000. */
  most?: number;
};

/** Belfry within a test: the real scripts, planner and executor, without loops and on a clock that the test moves. */
export type TestBelfry = {
  /** As `createClient` answers it. */
  client: Omit<Client, 'apply'>;
  /** What `createClient` takes, for application code that connects by itself; its calls are made at the real time. */
  connection: { redis: string; namespace: string };
  /** Epoch ms on the clock of the test. */
  now(): EpochMs;
  /**
   * Stops the clock at an instant with its offset, such as `2026-03-01T09:00:00Z`. Nothing happens for what lies between:
   * schedules choose their next fire time anew. Runs that wait for an instant go on waiting for it.
   */
  freeze(instant: string): Promise<void>;
  /** Moves the clock on, fires what the schedules name on the way, and makes delayed runs and retries ready. Runs nothing. */
  advance(by: Duration): Promise<void>;
  /**
   * Runs what is ready, of one queue or of all, and what that makes ready, one after the other, in this process. The clock
   * stands still meanwhile once it is frozen, so a retry with a delay waits for `advance` or `play`.
   */
  drain(queue?: string): Promise<TestAttempt[]>;
  /** As `advance`, and runs everything at the instant at which it gets ready. */
  play(by: Duration): Promise<TestAttempt[]>;
  /** Runs that were enqueued or spawned, over or not, oldest first; those of schedules are not among them. */
  enqueued(job?: string): Promise<EnqueuedRun[]>;
  /**
   * The first run of the job that was enqueued, with a payload as expected where that is given. Throws AssertionError, which
   * every test runner knows.
   */
  expectEnqueued(job: string, ...payload: [] | [PayloadMatcher]): Promise<EnqueuedRun>;
  /** Ends its Redis, or removes what it has stored in one that was given. */
  close(): Promise<void>;
};

const MOST_ATTEMPTS = 10_000;
const OPTIONS = ['jobs', 'jobsFolder', 'redis', 'now', 'most'] as const satisfies readonly (keyof TestBelfryOptions)[];

/** Throws what is wrong with a job, REDIS_UNAVAILABLE, and BAD_USAGE for an instant that is none. */
export async function createTestBelfry(options: TestBelfryOptions): Promise<TestBelfry> {
  assertKnownKeys(options, OPTIONS, { code: 'BAD_USAGE', field: 'options' });
  const clock = createTestClock(systemClock);
  if (options.now !== undefined) clock.freeze(readInstant(options.now, 'now'));
  const { definitions, calendars } = await compileJobs(options);
  const server = options.redis === undefined ? await startOwnRedis() : { url: options.redis, stop: undefined };
  const connection = { redis: server.url, namespace: `test-${randomUUID().slice(0, 8)}` };
  let engine: TestEngine | undefined;
  const close = async (): Promise<void> => {
    if (server.stop === undefined && engine !== undefined) await forgetNamespace(engine);
    engine?.connection.disconnect();
    await server.stop?.();
  };
  try {
    engine = await openTestEngine({ ...connection, clock, definitions });
    await engine.client.apply([...definitions.values()], [], calendars);
    return { connection, ...(await createFaces(engine, options.most ?? MOST_ATTEMPTS)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function compileJobs({ jobs, jobsFolder }: TestBelfryOptions) {
  if (jobs === undefined && jobsFolder === undefined) {
    const hint = 'jobs by name, { greet: defineJob({ … }) }, or jobsFolder, the folder that holds their files';
    throw new BelfryError('BAD_USAGE', 'there are no jobs', { field: 'jobs', hint });
  }
  const set =
    jobsFolder === undefined
      ? { jobs: Object.entries(jobs).map(([name, job]) => compileInline(name, job)), calendars: new Map() }
      : await readJobs({ jobs: jobsFolder });
  const definitions = new Map(set.jobs.map((job) => [job.name, { ...job, isolation: 'inline' as const }]));
  return { definitions, calendars: set.calendars };
}

async function createFaces(engine: TestEngine, most: number): Promise<Omit<TestBelfry, 'connection' | 'close'>> {
  const { client, clock, shard } = engine;
  const leader = await createTestLeader(engine);
  const worker = await createTestWorker(engine, leader);

  const drain = async (queues: readonly string[], left = most): Promise<TestAttempt[]> => worker.drain(queues, left);

  /** Goes from instant to instant at which there is something to do. */
  const travel = async (by: Duration, atEach: (passedMs: DurationMs) => Promise<void>): Promise<void> => {
    clock.freeze(clock.now());
    const until = clock.now() + parseDuration(by, 'by');
    for (let passedMs = 0; ;) {
      await leader.pass();
      await atEach(passedMs);
      const now = clock.now();
      if (now >= until) return;
      clock.freeze(Math.min(await leader.nextWork(), until));
      passedMs = clock.now() - now;
    }
  };

  return {
    client,
    now: clock.now,
    async freeze(instant) {
      clock.freeze(readInstant(instant, 'freeze'));
      await replanFrom(shard, clock.now());
    },
    async advance(by) {
      await travel(by, () => Promise.resolve());
      await ageKeys(shard.shard, parseDuration(by));
    },
    async drain(queue) {
      const queues = await queuesOf(engine);
      if (queue !== undefined && !queues.includes(queue)) throw unknownQueue(queue, queues);
      return drain(queue === undefined ? queues : [queue]);
    },
    async play(by) {
      const ran: TestAttempt[] = [];
      await travel(by, async (passedMs) => {
        await ageKeys(shard.shard, passedMs);
        ran.push(...(await drain(await queuesOf(engine), most - ran.length)));
      });
      return ran;
    },
    enqueued: (job) => listEnqueued(client.runs, job),
    expectEnqueued: async (job, ...payload) => findEnqueued(await listEnqueued(client.runs), job, payload),
  };
}

async function queuesOf({ shard: { shard }, definitions }: TestEngine): Promise<string[]> {
  const stored = await shard.connection.smembers(shard.key('queues'));
  return [...new Set([...stored, ...[...definitions.values()].map(({ queue }) => queue)])].sort();
}

function unknownQueue(queue: string, queues: readonly string[]): BelfryError {
  return new BelfryError('NOT_FOUND', `no job has the queue ${queue}`, {
    field: 'queue',
    hint: `one of ${queues.join(', ')}`,
  });
}

function readInstant(text: string, field: string): EpochMs {
  const { localMs, offsetMs } = readIso(text) ?? { localMs: 0, offsetMs: undefined };
  if (offsetMs !== undefined) return localMs - offsetMs;
  throw new BelfryError('BAD_USAGE', `${field} is ${quote(text)}`, {
    field,
    hint: 'an instant with its offset, such as 2026-03-01T09:00:00Z',
  });
}

async function forgetNamespace({ connection, shard: { shard } }: TestEngine): Promise<void> {
  let cursor = '0';
  do {
    const [following, keys] = await (connection as Redis).scan(cursor, 'MATCH', `${shard.prefix}*`, 'COUNT', 1_000);
    cursor = following;
    if (keys.length > 0) await connection.unlink(...keys);
  } while (cursor !== '0');
}
