import { expect, test } from 'vitest';
import type { Term } from '../../src/scheduler/elector.ts';
import { createEventBus } from '../../src/core/events.ts';
import { pruneShard } from '../../src/scheduler/pruner.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openWithRuns, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const DAY = 86_400_000;

test('the finished runs and dead letters of a job that was removed go with their age, as those of any other', async () => {
  const shard = await openWithRuns(redis, ['done', 'letter']);
  await shard.settle(await shard.claimOne(), succeeded(), KEEP_ALL);
  await shard.settle(await shard.claimOne(), dead(), KEEP_ALL);
  const { epoch } = await shard.leadership.take('one', '{}');
  const prune = () =>
    pruneShard(
      { ...shard, events: createEventBus(), keep: { ageMs: 7 * DAY, deadAgeMs: 30 * DAY, deadCount: 100 } },
      { epoch, shard: 0 } as Term,
      new AbortController().signal,
    );
  await prune();
  expect(await shard.history.ofJob('a', 0, 9)).toHaveLength(1);
  shard.clock.now += 31 * DAY;
  await prune();
  expect(await shard.history.ofJob('a', 0, 9)).toEqual([]);
  expect(await shard.history.jobs()).toEqual([]);
  expect(await shard.history.dead(0, 9)).toEqual([]);
});

test('a pruner that a newer leader has fenced is refused, and says so', async () => {
  const shard = await openWithRuns(redis, ['done']);
  await shard.settle(await shard.claimOne(), succeeded(), KEEP_ALL);
  const { epoch } = await shard.leadership.take('one', '{}');
  await shard.leadership.take('two', '{}');
  const events = createEventBus();
  const refused: string[] = [];
  events.on('leader.write_refused', ({ script }) => refused.push(script));
  const pruning = pruneShard(
    { ...shard, events, keep: { ageMs: DAY, deadAgeMs: DAY, deadCount: 100 } },
    { epoch, shard: 0 } as Term,
    new AbortController().signal,
  );
  await expect(pruning).rejects.toMatchObject({ code: 'NOT_LEADER' });
  expect(refused).toEqual(['prune_history']);
});
