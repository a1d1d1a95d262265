import { expect, test } from 'vitest';
import { createFeed, type FeedDeps } from '../../src/worker/feed.ts';
import { createSlots } from '../../src/worker/slots.ts';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL, openTestShard, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

/** A shard with one run, and a feed that is told to claim no more while its claim is under way, whose reply is lost. */
async function openWithoutReplies() {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['r1']);
  const deps: FeedDeps = {
    runs: {
      ...shard.runs,
      async claim(...words) {
        await shard.runs.claim(...words);
        feed.stopClaiming();
        throw new Error('Connection is closed.');
      },
    },
    slots: createSlots(10),
    clock: { monotonic: () => shard.clock.now },
    retention: KEEP_ALL,
    request: () => shard.request(),
    begin: () => undefined,
    onSettled: () => undefined,
    onExpired: () => undefined,
    onError: () => undefined,
    knows: () => false,
  };
  const feed = createFeed(deps);
  return { shard, feed };
}

const running = (shard: TestShard): Promise<string[]> => shard.connection.hkeys(shard.shard.key('running'));

test('a run whose claim lost its reply while the worker stopped is handed back, not left to its lease', async () => {
  const { shard, feed } = await openWithoutReplies();
  feed.ring();
  await feed.untilSettled(AbortSignal.timeout(10_000));
  expect(await running(shard)).toEqual([]);
  expect(await shard.claimIds()).toEqual(['r1']);
});
