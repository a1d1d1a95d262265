import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { laneOf, packRunHead, type Attempt, type Settlement } from '../../src/core/run.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createBackfillStore } from '../../src/store/backfills.ts';
import { createBulkStore } from '../../src/store/bulks.ts';
import { createCalendarStore } from '../../src/store/calendars.ts';
import { createFreezeStore } from '../../src/store/freezes.ts';
import { createHistoryStore } from '../../src/store/history.ts';
import { createJobStore } from '../../src/store/jobs.ts';
import { createLeadershipStore } from '../../src/store/leadership.ts';
import { createLetterStore } from '../../src/store/letters.ts';
import { createMarkStore } from '../../src/store/marks.ts';
import { createQueuePauseStore } from '../../src/store/queue_pauses.ts';
import { createRunStore, renewLeases, type Claim, type Retention } from '../../src/store/runs.ts';
import { createScheduleChanges } from '../../src/store/schedule_changes.ts';
import { createScheduleStore } from '../../src/store/schedules.ts';
import { createShard } from '../../src/store/shard.ts';
import { createUniqueStore } from '../../src/store/unique_runs.ts';
import type { TestRedis } from './redis.ts';

/** 2026-01-01T00:00:00Z: where the clock of a test shard starts. */
export const START = 1_767_225_600_000;
export const LEASE_MS = 30_000;
export const KEEP_ALL: Retention = { count: 1_000_000, bytes: 1e12 };

export type NewRuns = {
  queue?: string;
  priority?: number;
  delayMs?: number;
  mode?: 'fresh' | 'own';
  payload?: unknown;
  /** As packKeys makes them. */
  keys?: string;
  extras?: string;
};

export type ClaimWish = { worker?: string; want?: number; queues?: string[]; code?: string; leaseMs?: number };

export type TestShard = ReturnType<typeof createTestShard>;

let opened = 0;

/** One shard of a namespace of its own, whose scripts read the clock `clock.now` instead of Redis TIME. */
export async function openTestShard(redis: Pick<TestRedis, 'path'>): Promise<TestShard> {
  const shard = createTestShard(redis);
  await shard.connection.ping();
  return shard;
}

/** A shard with runs of the job `a` that wait. */
export async function openWithRuns(redis: TestRedis, ids: string[], options: NewRuns = {}): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ids, options);
  return shard;
}

function createTestShard(redis: Pick<TestRedis, 'path'>) {
  const connection = new Redis({ path: redis.path });
  onTestFinished(() => connection.disconnect());
  const clock = { now: START };
  opened += 1;
  const deps = { connection, clock: systemClock, events: createEventBus(), now: () => clock.now };
  const shard = createShard(`t${String(opened)}`, 0, deps);
  const runs = createRunStore(shard);

  const enqueue = (job: string, ids: string[], options: NewRuns = {}): Promise<string[]> => {
    const {
      queue = 'default',
      priority = 5,
      delayMs = 0,
      mode = 'own',
      payload = null,
      keys = '',
      extras = '',
    } = options;
    const group = {
      queue,
      lane: laneOf(job, priority, keys),
      delayMs,
      head: packRunHead({ job, queue, priority, policy: 'p1', keys, extras }),
    };
    const payloads = [JSON.stringify(payload)];
    return runs.enqueue(
      ids.map((firstId) => ({ ...group, firstId, payloads })),
      mode,
    );
  };
  const request = ({
    worker = 'w1',
    want = 1,
    queues = ['default'],
    code = 'all',
    leaseMs = LEASE_MS,
  }: ClaimWish = {}) => ({
    worker,
    want,
    queues,
    code,
    leaseMs,
  });
  const claim = (wish: ClaimWish = {}): Promise<Claim> => runs.claim(request(wish), KEEP_ALL);

  return {
    clock,
    connection,
    shard,
    runs,
    schedules: createScheduleStore(shard),
    changes: createScheduleChanges(shard),
    freezes: createFreezeStore(shard),
    calendars: createCalendarStore(shard),
    marks: createMarkStore(shard),
    unique: createUniqueStore(shard),
    bulks: createBulkStore(shard),
    letters: createLetterStore(shard),
    pauses: createQueuePauseStore(shard),
    backfills: createBackfillStore(shard),
    jobs: createJobStore(shard),
    history: createHistoryStore(shard),
    leadership: createLeadershipStore(shard),
    enqueue,
    request,
    claim,
    /** Says that the workers of `code` can run these jobs. */
    knows: (jobs: string[], code = 'all') => runs.publishCode(code, jobs, 600_000),
    /** Claims and answers with the ids only. */
    claimIds: async (wish: ClaimWish = {}) => (await claim(wish)).attempts.map(({ run }) => run.id),
    /** Claims one run, which must be there. */
    claimOne: async (wish: ClaimWish = {}): Promise<Attempt> => {
      const [attempt] = (await claim(wish)).attempts;
      if (attempt === undefined) throw new Error('there was nothing to claim');
      return attempt;
    },
    settle: async (attempt: Attempt, settlement: Settlement, keep: Retention = KEEP_ALL): Promise<boolean> => {
      const entry = { id: attempt.run.id, token: attempt.token, settlement };
      return (await runs.settle([entry], keep)).settled[0] as boolean;
    },
    renew: (attempts: Attempt[], leaseMs = LEASE_MS) =>
      renewLeases(
        shard,
        leaseMs,
        attempts.map(({ run, token }) => ({ id: run.id, token })),
      ),
    /** The whole shard as text, to see that something changed nothing. */
    dump: () => dumpShard(connection, shard.prefix),
  };
}

export const succeeded = (result: unknown = null): Settlement => ({
  outcome: 'succeeded',
  bodyJson: JSON.stringify({ result }),
  logged: false,
});

export const dead = (message = 'no'): Settlement => ({
  outcome: 'dead',
  bodyJson: JSON.stringify({ error: { name: 'Error', message } }),
  logged: false,
});

export const retrying = (
  delayMs: number,
  counts: Partial<Record<'attempts' | 'failures' | 'crashes', number>> = {},
): Settlement => ({
  outcome: 'retrying',
  delayMs,
  attempts: 1,
  failures: 1,
  crashes: 0,
  ...counts,
  bodyJson: '{"error":{"name":"Error","message":"again"}}',
});

/** Every key of the shard with its value, in order. The scratch key of a script is never there between two calls. */
async function dumpShard(connection: Redis, prefix: string): Promise<Record<string, unknown>> {
  const keys = (await connection.keys(`${prefix}*`)).sort();
  const entries = keys.map(async (key) => [key.slice(prefix.length), await readKey(connection, key)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function readKey(connection: Redis, key: string): Promise<unknown> {
  switch (await connection.type(key)) {
    case 'string':
      return connection.get(key);
    case 'list':
      return connection.lrange(key, 0, -1);
    case 'hash':
      return connection.hgetall(key);
    case 'set':
      return (await connection.smembers(key)).sort();
    default:
      return connection.zrange(key, '0', '-1', 'WITHSCORES');
  }
}
