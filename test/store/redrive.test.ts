import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openTestShard, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

async function openWithFinished(settlement: Parameters<TestShard['settle']>[1]): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['old'], { payload: { text: 'a b "ü"' }, priority: 8, queue: 'q' });
  await shard.settle(await shard.claimOne({ queues: ['q'] }), settlement);
  return shard;
}

test('a dead letter that is redriven makes a new run with the same payload and goes to the history', async () => {
  const shard = await openWithFinished(dead('why'));
  shard.clock.now = START + 500;
  expect(await shard.runs.redrive('old', 'new', KEEP_ALL)).toBe('redriven');
  const { run } = await shard.claimOne({ queues: ['q'] });
  expect(run).toEqual({
    id: 'new',
    job: 'a',
    queue: 'q',
    priority: 8,
    policy: 'p1',
    fireTime: START + 500,
    attempts: 0,
    failures: 0,
    crashes: 0,
    payloadJson: '{"text":"a b \\"ü\\""}',
  });
  expect(await shard.history.dead(0, 9)).toEqual([]);
  expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([
    { run: { id: 'old' }, state: 'dead', error: { message: 'why' } },
  ]);
});

test('a run that succeeded can be run again, and its record stays', async () => {
  const shard = await openWithFinished(succeeded(1));
  expect(await shard.runs.redrive('old', 'new', KEEP_ALL)).toBe('redriven');
  expect(await shard.runs.redrive('old', 'newer', KEEP_ALL)).toBe('redriven');
  expect(await shard.claimIds({ queues: ['q'], want: 9 })).toEqual(['new', 'newer']);
  expect(await shard.history.ofJob('a', 0, 9)).toHaveLength(1);
});

test('a run that is not kept any more is gone, and nothing changes', async () => {
  const shard = await openWithFinished(succeeded());
  const before = await shard.dump();
  expect(await shard.runs.redrive('never', 'new', KEEP_ALL)).toBe('gone');
  expect(await shard.dump()).toEqual(before);
});

test('a redriven dead letter may fall out of the history at once, with its bytes', async () => {
  const shard = await openWithFinished(dead());
  await shard.runs.redrive('old', 'new', { count: 0, bytes: 0 });
  expect(await shard.history.finished(['old'])).toEqual([]);
  expect(await shard.connection.hget(shard.shard.key('history_bytes'), 'a')).toBe('0');
});
