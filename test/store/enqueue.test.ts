import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packRunHead } from '../../src/core/run.ts';
import { firstIdOf, idsFrom } from '../../src/core/run_ids.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

describe('enqueue', () => {
  test('notes the job of an own id, also where its run has limit keys, so that the run is found when it is over', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['mine'], { payload: { partner: 'x' }, keys: '|abcde~partner:x' });
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await shard.history.finished('mine')).toMatchObject({ run: { id: 'mine' }, state: 'succeeded' });
  });

  test('makes ready runs in order, with the fire time of Redis', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    expect(await shard.enqueue('a', ['1', '2', '3'], { payload: { n: 'ä b' } })).toEqual([]);
    const { attempts, now } = await shard.claim({ want: 10 });
    expect(now).toBe(START);
    expect(attempts.map(({ run }) => run.id)).toEqual(['1', '2', '3']);
    expect(attempts[0]?.run).toEqual({
      id: '1',
      job: 'a',
      keys: '',
      extras: '',
      queue: 'default',
      priority: 5,
      policy: 'p1',
      fireTime: START,
      attempts: 0,
      failures: 0,
      crashes: 0,
      payloadJson: '{"n":"ä b"}',
    });
  });

  test('takes groups of several jobs and queues in one call', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a', 'b']);
    const group = (firstId: string, job: string, queue: string) => ({
      queue,
      lane: `5:${job}`,
      delayMs: 0,
      head: packRunHead({ job, queue, priority: 5, policy: 'p1' }),
      firstId,
      payloads: ['null'],
    });
    await shard.runs.enqueue(
      [group('1', 'a', 'one'), group('2', 'b', 'two'), { ...group('3', 'b', 'two'), delayMs: 1_000 }],
      'fresh',
    );
    expect(await shard.claimIds({ queues: ['two'], want: 9 })).toEqual(['2']);
    expect(await shard.claimIds({ queues: ['one'], want: 9 })).toEqual(['1']);
    expect(await shard.connection.smembers(shard.shard.key('queues'))).toHaveLength(2);
  });

  test('keeps a delayed run waiting until its time, not a millisecond less', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['later'], { delayMs: 5_000 });
    expect(await shard.history.live('later')).toMatchObject({ state: 'waiting', readyAt: START + 5_000 });
    shard.clock.now = START + 4_999;
    expect(await shard.claimIds()).toEqual([]);
    shard.clock.now = START + 5_000;
    const attempt = await shard.claimOne();
    expect(attempt.run).toMatchObject({ id: 'later', fireTime: START + 5_000 });
  });

  test('lets more urgent runs of the same job go first', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['low'], { priority: 0 });
    await shard.enqueue('a', ['normal']);
    await shard.enqueue('a', ['high'], { priority: 9 });
    expect(await shard.claimIds({ want: 3 })).toEqual(['high', 'normal', 'low']);
  });

  test('rings the bell of the queue once, however many runs come', async () => {
    const shard = await openTestShard(redis);
    await shard.enqueue('a', ['1', '2']);
    await shard.enqueue('b', ['3']);
    expect(await shard.connection.lrange(shard.shard.key('wake:queue:default'), 0, -1)).toEqual(['1']);
  });

  test('rings the leader for a delayed run only if it is the first to come due', async () => {
    const shard = await openTestShard(redis);
    const bell = shard.shard.key('wake:leader');
    await shard.enqueue('a', ['1'], { delayMs: 5_000 });
    expect(await shard.connection.del(bell)).toBe(1);
    await shard.enqueue('a', ['2'], { delayMs: 6_000 });
    expect(await shard.connection.del(bell)).toBe(0);
    await shard.enqueue('a', ['3'], { delayMs: 4_000 });
    expect(await shard.connection.del(bell)).toBe(1);
  });
});

describe('enqueue with check', () => {
  test('changes nothing for an id that is ready, running, waiting or finished', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['finished', 'running', 'ready'], { mode: 'own' });
    await shard.enqueue('a', ['waiting'], { mode: 'own', delayMs: 1_000 });
    await shard.settle(await shard.claimOne(), succeeded());
    await shard.claimOne();
    const before = await shard.dump();
    const known = await shard.enqueue('a', ['finished', 'running', 'ready', 'waiting'], {
      mode: 'own',
      payload: 'other',
    });
    expect(known).toEqual(['finished', 'running', 'ready', 'waiting']);
    expect(await shard.dump()).toEqual(before);
  });

  test('takes the new ones among known ones', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1'], { mode: 'own' });
    expect(await shard.enqueue('a', ['1', '2'], { mode: 'own' })).toEqual(['1']);
    expect(await shard.claimIds({ want: 9 })).toEqual(['1', '2']);
  });

  test('makes one run of an id that one call names twice', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '1'], { mode: 'own' });
    expect(await shard.claimIds({ want: 9 })).toEqual(['1']);
  });
});

describe('a batch', () => {
  const batch = (firstId: string, count: number) => ({
    queue: 'default',
    lane: '5:a',
    delayMs: 0,
    head: packRunHead({ job: 'a', queue: 'default', priority: 5, policy: 'p1' }),
    firstId,
    payloads: Array.from({ length: count }, (_, index) => String(index)),
  });

  test.each([1, 2, 500, 4_001, 9_000])(
    'of %i runs is one call, under the ids that the sender counted out',
    async (count) => {
      const shard = await openTestShard(redis);
      await shard.knows(['a']);
      const firstId = firstIdOf('019aa000-0000-7000-8000-0000ffffffff', 'a');
      const ids = idsFrom(firstId, count);
      expect(await shard.runs.enqueue([batch(firstId, count)], 'fresh')).toEqual([]);
      expect(await shard.runs.enqueue([batch(firstId, count)], 'fresh')).toEqual(ids);
      const { attempts } = await shard.claim({ want: count + 1 });
      expect(attempts.map(({ run }) => [run.id, run.payloadJson])).toEqual(ids.map((id, index) => [id, String(index)]));
    },
  );

  test('has ids that differ and sort in its order, for whatever random first one', () => {
    const property = fc.property(fc.uuid({ version: 7 }), fc.integer({ min: 1, max: 600 }), (uuid, count) => {
      const ids = idsFrom(firstIdOf(uuid, 'a'), count);
      expect(new Set(ids).size).toBe(count);
      expect([...ids].sort()).toEqual(ids);
      expect(ids.every((id) => id.length === uuid.length)).toBe(true);
    });
    fc.assert(property);
  });
});
