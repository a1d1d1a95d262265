import { describe, expect, test } from 'vitest';
import type { Retention } from '../../src/store/runs.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, START, succeeded, type TestShard, openWithRuns } from '../support/test_shard.ts';

const redis = await startRedis();
const DAY = 86_400_000;
const LOG = { bytes: 1_000, ms: DAY };

async function open(ids: string[], payload: unknown = null): Promise<TestShard> {
  const shard = await openWithRuns(redis, ids, { payload });
  await shard.jobs.save([], []);
  return shard;
}

/** Runs the next run to its end, with a log line. */
async function finishNext(shard: TestShard, keep: Retention, settlement = succeeded()): Promise<void> {
  const attempt = await shard.claimOne();
  await shard.runs.appendLog({ id: attempt.run.id, token: attempt.token }, 'line\n', LOG);
  await shard.settle(attempt, { ...settlement, logged: true } as typeof settlement, keep);
}

const idsKept = async (shard: TestShard): Promise<string[]> =>
  (await shard.history.ofJob('a', 0, 1_000)).map(({ run }) => run.id);
const idsWithLog = async (shard: TestShard): Promise<string[]> =>
  (await shard.connection.keys(shard.shard.key('log:*')))
    .map((key) => key.slice(shard.shard.key('log:').length))
    .sort();

/** What is noted of the bytes must be what is there, or the cap would drift. */
async function expectBytesNoted(shard: TestShard): Promise<void> {
  const records = await shard.connection.lrange(shard.shard.key('history:a'), 0, -1);
  const bytes = records.reduce((sum, record) => sum + Buffer.byteLength(record), 0);
  expect(Number(await shard.connection.hget(shard.shard.key('history_bytes'), 'a'))).toBe(bytes);
}

describe('the history of a job', () => {
  test('is kept by count: the oldest record goes, and its log with it', async () => {
    const shard = await open(['1', '2', '3', '4']);
    for (let i = 0; i < 4; i += 1) await finishNext(shard, { count: 2, bytes: 1e9 });
    expect(await idsKept(shard)).toEqual(['4', '3']);
    expect(await shard.history.finished('1')).toBeUndefined();
    expect(await idsWithLog(shard)).toEqual(['3', '4']);
    await expectBytesNoted(shard);
  });

  test('is kept by bytes, counted over whole records', async () => {
    const shard = await open(['1', '2', '3', '4', '5'], 'ü'.repeat(400));
    for (let i = 0; i < 5; i += 1) await finishNext(shard, { count: 1_000, bytes: 2_000 });
    expect(await idsKept(shard)).toEqual(['5', '4']);
    expect(await idsWithLog(shard)).toEqual(['4', '5']);
    await expectBytesNoted(shard);
  });

  test('is empty where not even one record fits', async () => {
    const shard = await open(['1']);
    await finishNext(shard, { count: 10, bytes: 10 });
    expect(await idsKept(shard)).toEqual([]);
    expect(await idsWithLog(shard)).toEqual([]);
    await expectBytesNoted(shard);
  });

  test('shrinks by thousands at once when the cap was lowered', async () => {
    const ids = Array.from({ length: 9_001 }, (_, index) => String(index));
    const shard = await open(ids);
    const { attempts } = await shard.claim({ want: 9_000 });
    const entries = attempts.map(({ run, token }) => ({ id: run.id, token, settlement: succeeded() }));
    await shard.runs.settle(entries, KEEP_ALL);
    await finishNext(shard, { count: 3, bytes: 1e9 });
    expect(await idsKept(shard)).toHaveLength(3);
    await expectBytesNoted(shard);
  });

  test('of one job takes nothing from another', async () => {
    const shard = await open(['1']);
    await shard.knows(['b']);
    await shard.enqueue('b', ['b1']);
    await finishNext(shard, { count: 1, bytes: 1e9 });
    await finishNext(shard, { count: 1, bytes: 1e9 });
    expect(await idsKept(shard)).toEqual(['1']);
    expect((await shard.history.ofJob('b', 0, 9)).map(({ run }) => run.id)).toEqual(['b1']);
  });
});

describe('pruning', () => {
  const prune = (shard: TestShard, epoch: string, deadCount = 100) =>
    shard.history.prune(epoch, 'a', { ageMs: DAY, deadAgeMs: 3 * DAY, deadCount });

  test('forgets records past their age, with their logs, and keeps younger ones', async () => {
    const shard = await open(['1', '2', '3']);
    const { epoch } = await shard.leadership.take('me', '{}');
    await finishNext(shard, KEEP_ALL);
    await finishNext(shard, KEEP_ALL);
    shard.clock.now = START + 1;
    await finishNext(shard, KEEP_ALL);
    shard.clock.now = START + DAY;
    expect(await prune(shard, epoch)).toBe(2);
    expect(await idsKept(shard)).toEqual(['3']);
    expect(await idsWithLog(shard)).toEqual(['3']);
    await expectBytesNoted(shard);
    expect(await prune(shard, epoch)).toBe(0);
  });

  test('keeps a dead letter longer, and no more of them than the cap', async () => {
    const shard = await open(['1', '2', '3', '4']);
    const { epoch } = await shard.leadership.take('me', '{}');
    for (let i = 0; i < 4; i += 1) {
      shard.clock.now = START + i;
      await finishNext(shard, KEEP_ALL, dead());
    }
    shard.clock.now = START + 2 * DAY;
    expect(await prune(shard, epoch)).toBe(0);
    expect(await prune(shard, epoch, 3)).toBe(1);
    shard.clock.now = START + 3 * DAY + 2;
    expect(await prune(shard, epoch)).toBe(2);
    expect((await shard.history.dead(0, 9)).map(({ run }) => run.id)).toEqual(['4']);
    expect(await idsWithLog(shard)).toEqual(['4']);
  });

  test('forgets at most a thousand a call, so that it is called again', async () => {
    const shard = await open(Array.from({ length: 1_500 }, (_, index) => String(index)));
    const { epoch } = await shard.leadership.take('me', '{}');
    const { attempts } = await shard.claim({ want: 1_500 });
    await shard.runs.settle(
      attempts.map(({ run, token }) => ({ id: run.id, token, settlement: succeeded() })),
      KEEP_ALL,
    );
    shard.clock.now = START + DAY;
    expect(await prune(shard, epoch)).toBe(1_000);
    expect(await prune(shard, epoch)).toBe(500);
    expect(await prune(shard, epoch)).toBe(0);
    await expectBytesNoted(shard);
  });

  test('under an older epoch forgets nothing', async () => {
    const shard = await open(['1']);
    const { epoch } = await shard.leadership.take('me', '{}');
    await shard.leadership.take('other', '{}');
    await finishNext(shard, KEEP_ALL);
    shard.clock.now = START + DAY;
    expect(await prune(shard, epoch)).toBe('fenced');
    expect(await idsKept(shard)).toEqual(['1']);
  });
});

describe('the log of a run', () => {
  test('is appended by its attempt, up to the cap, and read from an offset', async () => {
    const shard = await open(['1']);
    const { token } = await shard.claimOne();
    const cap = { bytes: 10, ms: DAY };
    expect(await shard.runs.appendLog({ id: '1', token }, 'äb\n', cap)).toBe('appended');
    expect(await shard.runs.appendLog({ id: '1', token }, 'second\n', cap)).toBe('capped');
    expect(await shard.runs.appendLog({ id: '1', token }, '23456\n', cap)).toBe('appended');
    expect((await shard.history.log('1', 0)).toString()).toBe('äb\n23456\n');
    expect((await shard.history.log('1', 4)).toString()).toBe('23456\n');
    expect(await shard.connection.pttl(shard.shard.key('log:1'))).toBeGreaterThan(DAY - 60_000);
  });
});
