import { describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import {
  KEEP_ALL,
  openTestShard,
  retrying,
  START,
  succeeded,
  type TestShard,
  openWithRuns,
  type NewRuns,
} from '../support/test_shard.ts';

const redis = await startRedis();

const openWithRun = (options: NewRuns = {}): Promise<TestShard> => openWithRuns(redis, ['1'], options);

const cancel = (shard: TestShard) => shard.runs.cancel('1', '{"by":"me"}', KEEP_ALL);

async function expectCancelled(shard: TestShard): Promise<void> {
  expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([
    { run: { id: '1' }, state: 'cancelled', startedAt: 0, worker: '-' },
  ]);
  const dump = await shard.dump();
  expect(Object.keys(dump).filter((key) => /^(runs|running|leases|delayed|cancels|errors|lane)/.test(key))).toEqual([]);
  shard.clock.now += 1e9;
  expect(await shard.claimIds({ want: 9 })).toEqual([]);
}

describe('cancelling a run', () => {
  test('that waits for its time ends it', async () => {
    const shard = await openWithRun({ delayMs: 5_000 });
    expect(await cancel(shard)).toEqual({ answer: 'cancelled' });
    await expectCancelled(shard);
  });

  test('that is ready takes it out of its lane', async () => {
    const shard = await openWithRun();
    expect(await cancel(shard)).toEqual({ answer: 'cancelled' });
    await expectCancelled(shard);
  });

  test('that waits for its next attempt ends it, and its log goes with its record', async () => {
    const shard = await openWithRun();
    const attempt = await shard.claimOne();
    await shard.runs.appendLog({ id: '1', token: attempt.token }, 'x\n', { bytes: 100, ms: 60_000 });
    await shard.settle(attempt, retrying(5_000));
    expect(await shard.runs.cancel('1', '', { count: 0, bytes: 0 })).toEqual({ answer: 'cancelled' });
    expect(await shard.connection.exists(shard.shard.key('log:1'))).toBe(0);
    expect(await shard.history.live('1')).toBeUndefined();
  });

  test('that is running marks it and names the holder, and the next renewal tells the worker', async () => {
    const shard = await openWithRun();
    const attempt = await shard.claimOne({ worker: 'w5' });
    expect(await cancel(shard)).toEqual({ answer: 'running', worker: 'w5', token: attempt.token });
    expect(await shard.renew([attempt])).toBe('c');
    expect(await shard.settle(attempt, { outcome: 'cancelled', bodyJson: '', logged: false })).toBe(true);
    expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([{ state: 'cancelled', startedAt: START }]);
  });

  test('that is running and succeeds all the same leaves it succeeded', async () => {
    const shard = await openWithRun();
    const attempt = await shard.claimOne();
    await cancel(shard);
    await shard.settle(attempt, succeeded());
    expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([{ state: 'succeeded' }]);
  });

  test('that is finished or unknown changes nothing', async () => {
    const shard = await openWithRun();
    await shard.settle(await shard.claimOne(), succeeded());
    const before = await shard.dump();
    expect(await cancel(shard)).toEqual({ answer: 'gone' });
    expect(await shard.runs.cancel('never', '', KEEP_ALL)).toEqual({ answer: 'gone' });
    expect(await shard.dump()).toEqual(before);
  });

  test('in a lane of more than 10,000 leaves a ghost that the claim drops', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    const others = Array.from({ length: 10_001 }, (_, index) => `o${String(index)}`);
    await shard.enqueue('a', ['1', ...others]);
    expect(await cancel(shard)).toEqual({ answer: 'cancelled' });
    expect(await shard.claimIds({ want: 20_000 })).toEqual(others);
  });
});
