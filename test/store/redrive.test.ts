import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openTestShard, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

/** Makes a new run from the finished one of the id. */
async function redrive(shard: TestShard, newId: string, keep = KEEP_ALL): Promise<void> {
  const finished = await shard.history.finished('old');
  if (!finished) throw new Error('the run is not kept');
  await shard.runs.redrive(finished, newId, keep);
}

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
  await redrive(shard, 'new');
  const { run } = await shard.claimOne({ queues: ['q'] });
  expect(run).toEqual({
    id: 'new',
    job: 'a',
    keys: '',
    extras: 'o=old',
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
  await redrive(shard, 'new');
  await redrive(shard, 'newer');
  expect(await shard.claimIds({ queues: ['q'], want: 9 })).toEqual(['new', 'newer']);
  expect(await shard.history.ofJob('a', 0, 9)).toHaveLength(1);
});

test('a dead letter that went meanwhile is run again all the same, from what was read of it', async () => {
  const shard = await openWithFinished(dead());
  const letter = await shard.history.finished('old');
  if (!letter) throw new Error('the dead letter is not kept');
  await shard.runs.redrive(letter, 'new', KEEP_ALL);
  await shard.runs.redrive(letter, 'newer', KEEP_ALL);
  expect(await shard.claimIds({ queues: ['q'], want: 9 })).toEqual(['new', 'newer']);
  expect(await shard.history.ofJob('a', 0, 9)).toHaveLength(1);
});

test('a redriven dead letter may fall out of the history at once, with its bytes', async () => {
  const shard = await openWithFinished(dead());
  await redrive(shard, 'new', { count: 0, bytes: 0 });
  expect(await shard.history.finished('old')).toBeUndefined();
  expect(await shard.connection.hget(shard.shard.key('history_bytes'), 'a')).toBe('0');
});
