import { describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { plant, storedSchedule } from '../support/stored_schedules.ts';
import {
  dead,
  KEEP_ALL,
  openTestShard,
  retrying,
  START,
  type TestShard,
  openWithRuns,
  type NewRuns,
} from '../support/test_shard.ts';

const redis = await startRedis();

const openWithRun = (options: NewRuns = {}): Promise<TestShard> => openWithRuns(redis, ['1'], options);

const mark = (shard: TestShard, id = '1') => shard.marks.run(id, KEEP_ALL);
const statsOf = async (shard: TestShard) => (await shard.jobs.stats(['a'])).get('a');

async function expectSucceeded(shard: TestShard): Promise<void> {
  expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([{ run: { id: '1' }, state: 'succeeded', result: null }]);
  expect(await statsOf(shard)).toMatchObject({ lastSuccess: START, consecutiveFailures: 0 });
  const dump = await shard.dump();
  const left = Object.keys(dump).filter((key) => /^(runs|letters|dead|running|leases|delayed|errors|lane)/.test(key));
  expect(left).toEqual([]);
  shard.clock.now += 1e9;
  expect(await shard.claimIds({ want: 9 })).toEqual([]);
}

describe('marking a run as succeeded', () => {
  test.each([
    ['waits for its time', { delayMs: 5_000 }],
    ['is ready', {}],
  ])('that %s ends it without running', async (_, options) => {
    const shard = await openWithRun(options);
    expect(await mark(shard)).toBe('marked');
    await expectSucceeded(shard);
  });

  test('that waits for its next attempt ends it', async () => {
    const shard = await openWithRun();
    await shard.settle(await shard.claimOne(), retrying(5_000));
    expect(await mark(shard)).toBe('marked');
    await expectSucceeded(shard);
  });

  test('that is a dead letter moves it to the history, with the worker and payload it had', async () => {
    const shard = await openWithRun({ payload: { day: 'Þórsdagur' } });
    await shard.settle(await shard.claimOne({ worker: 'w7' }), dead());
    expect(await statsOf(shard)).toMatchObject({ consecutiveFailures: 1 });
    expect(await mark(shard)).toBe('marked');
    expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([
      { worker: 'w7', startedAt: START, error: undefined, run: { payloadJson: '{"day":"Þórsdagur"}' } },
    ]);
    expect(await shard.history.finished('1')).toMatchObject({ state: 'succeeded' });
    await expectSucceeded(shard);
  });

  test('that is a dead letter of a schedule forgets the failures that it counted', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.connection.hset(shard.shard.key('schedules'), 'a', '1 0 - - {}');
    await shard.enqueue('a', [`a@${String(START)}`]);
    await shard.settle(await shard.claimOne(), dead());
    expect(await shard.connection.hget(shard.shard.key('failing'), 'a')).toBe('1');
    await mark(shard, `a@${String(START)}`);
    expect(await shard.connection.exists(shard.shard.key('failing'))).toBe(0);
  });

  test('that runs changes nothing', async () => {
    const shard = await openWithRun();
    await shard.claimOne();
    const before = await shard.dump();
    expect(await mark(shard)).toBe('running');
    expect(await shard.dump()).toEqual(before);
  });

  test('that is not there, or has ended, changes nothing', async () => {
    const shard = await openWithRun();
    await mark(shard);
    const before = await shard.dump();
    expect(await mark(shard)).toBe('gone');
    expect(await mark(shard, 'none')).toBe('gone');
    expect(await shard.dump()).toEqual(before);
  });

  test('lets the run go that is held behind it', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await plant(shard, storedSchedule('a'));
    const trigger = (runId: string) =>
      shard.schedules.trigger({
        schedule: 'a',
        overlap: 'buffer-all',
        queue: 'default',
        lane: '5:a',
        runId,
        packed: 'a default 5 p1 0 0 0 null',
        retention: KEEP_ALL,
      });
    await trigger('first');
    expect(await trigger('second')).toEqual({ answer: 'held', behind: ['first'] });
    expect(await shard.changes.living(['first', 'second', 'third'])).toEqual([
      { id: 'first', startedAt: undefined, heldBy: undefined },
      { id: 'second', startedAt: undefined, heldBy: { runs: ['first'], since: START } },
    ]);
    await mark(shard, 'first');
    expect(await shard.claimIds({ want: 9 })).toEqual(['second']);
  });
});

test('marking a job notes a success now, and forgets its failures', async () => {
  const shard = await openWithRun();
  expect(await shard.marks.job('a')).toBe('gone');
  await shard.connection.hset(shard.shard.key('jobs'), 'a', '{}');
  await shard.connection.hset(shard.shard.key('job_stats'), 'a|streak', '4', 'a|failure', String(START - 5));
  await shard.connection.hset(shard.shard.key('failing'), 'a', '4', 'b', '2');
  expect(await shard.marks.job('a')).toBe('marked');
  expect(await statsOf(shard)).toMatchObject({
    lastSuccess: START,
    lastFailure: START - 5,
    consecutiveFailures: 0,
  });
  expect(await shard.connection.hgetall(shard.shard.key('failing'))).toEqual({ b: '2' });
});
