import { describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL, LEASE_MS, openTestShard, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

describe('a claim', () => {
  test('gives each run a token of its own and a lease', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2']);
    const { attempts } = await shard.claim({ want: 2, worker: 'w7' });
    expect(attempts[0]?.token).not.toBe(attempts[1]?.token);
    const live = await shard.history.live('1');
    expect(live).toMatchObject({
      state: 'running',
      holder: { token: attempts[0]?.token, worker: 'w7', startedAt: START },
    });
    expect(await shard.connection.zscore(shard.shard.key('leases'), '2')).toBe(String(START + LEASE_MS));
  });

  test('never gives a run out twice', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2', '3']);
    const claims = await Promise.all(['w1', 'w2', 'w3', 'w4'].map((worker) => shard.claimIds({ worker, want: 2 })));
    expect(claims.flat().sort()).toEqual(['1', '2', '3']);
  });

  test('hands out tokens that only grow', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2', '3']);
    const tokens: number[] = [];
    for (let i = 0; i < 3; i += 1) tokens.push(Number((await shard.claimOne()).token));
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set(tokens).size).toBe(3);
  });

  test('says whether there may be more', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2', '3']);
    expect(await shard.claim({ want: 2 })).toMatchObject({ more: true });
    expect(await shard.claim({ want: 2 })).toMatchObject({ more: false });
    expect(await shard.claim({ want: 2 })).toMatchObject({ more: false, attempts: [] });
  });

  test('that was filled rings for the next idle worker, and one that came back short does not', async () => {
    const shard = await openTestShard(redis);
    const bell = shard.shard.key('wake:queue:default');
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2', '3']);
    await shard.connection.del(bell);
    await shard.claim({ want: 2 });
    expect(await shard.connection.del(bell)).toBe(1);
    await shard.claim({ want: 2 });
    expect(await shard.connection.del(bell)).toBe(0);
  });
});

describe('the order of a claim', () => {
  test('is by turns between the jobs of a priority, so that a long lane does not hold up a short one', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['long', 'short']);
    await shard.enqueue(
      'long',
      Array.from({ length: 100 }, (_, index) => `l${String(index)}`),
    );
    shard.clock.now += 1;
    await shard.enqueue('short', ['s1', 's2']);
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      shard.clock.now += 1;
      order.push(...(await shard.claimIds({ want: 1 })));
    }
    expect(order).toEqual(['l0', 's1', 'l1', 's2']);
  });

  test('puts priority before turns', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a', 'b']);
    await shard.enqueue('a', ['a1', 'a2']);
    shard.clock.now += 30_000;
    await shard.enqueue('b', ['b1', 'b2'], { priority: 6 });
    expect(await shard.claimIds({ want: 3 })).toEqual(['b1', 'b2', 'a1']);
  });

  test('lets a lane go first that has waited a minute longer for each level of priority', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a', 'b']);
    await shard.enqueue('a', ['a1', 'a2'], { priority: 2 });
    shard.clock.now += 180_001;
    await shard.enqueue('b', ['b1', 'b2'], { priority: 5 });
    expect(await shard.claimIds({ want: 3 })).toEqual(['a1', 'b1', 'b2']);
  });

  test('follows the order of the queues that the worker names', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['one'], { queue: 'one' });
    await shard.enqueue('a', ['two'], { queue: 'two' });
    expect(await shard.claimIds({ queues: ['two', 'one'], want: 2 })).toEqual(['two', 'one']);
  });

  test('leaves queues alone that the worker does not name', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1'], { queue: 'other' });
    expect(await shard.claimIds({ queues: ['default'] })).toEqual([]);
  });
});

describe('a claim by version', () => {
  test('takes only jobs that the worker has code for; the others stay and block nobody', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a'], 'old');
    await shard.knows(['a', 'b', 'c'], 'new');
    await shard.enqueue('b', ['b1'], { priority: 9 });
    await shard.enqueue('c', ['c1'], { priority: 7 });
    await shard.enqueue('a', ['a1', 'a2']);
    expect(await shard.claimIds({ code: 'old', want: 9 })).toEqual(['a1', 'a2']);
    expect(await shard.claimIds({ code: 'old', want: 9 })).toEqual([]);
    expect(await shard.history.live('b1')).toMatchObject({ state: 'ready' });
    expect(await shard.claimIds({ code: 'new', want: 9 })).toEqual(['b1', 'c1']);
  });

  test('gets nothing under a code that nobody has published', async () => {
    const shard = await openTestShard(redis);
    await shard.enqueue('a', ['1']);
    expect(await shard.claimIds({ code: 'unknown' })).toEqual([]);
  });

  test('finds the one lane it knows behind 500 that it does not', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['mine']);
    for (let job = 0; job < 500; job += 1)
      await shard.enqueue(`other${String(job)}`, [`o${String(job)}`], { priority: 9 });
    await shard.enqueue('mine', ['1']);
    expect(await shard.claimIds()).toEqual(['1']);
  });
});

describe('a ghost, an id in a lane whose run is gone or running,', () => {
  test('is dropped by the claim, which says that there may be more', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['gone', 'here']);
    await shard.connection.hdel(shard.shard.key('runs'), 'gone');
    const claim = await shard.claim({ want: 2 });
    expect(claim.attempts.map(({ run }) => run.id)).toEqual(['here']);
    expect(claim.more).toBe(true);
    expect(await shard.connection.hkeys(shard.shard.key('running'))).toEqual(['here']);
  });

  test('never makes a second attempt of a run that is running', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1']);
    const attempt = await shard.claimOne();
    await shard.connection.rpush(shard.shard.key('lane:default|5:a'), '1');
    await shard.connection.zadd(shard.shard.key('ready:default'), 0, '5:a');
    expect(await shard.claimIds({ worker: 'w2' })).toEqual([]);
    expect(await shard.renew([attempt])).toBe('1');
  });
});

describe('a settle that carries a claim', () => {
  test('ends one batch and answers with the next', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2', '3']);
    const { run, token } = await shard.claimOne();
    const entry = { id: run.id, token, settlement: succeeded() };
    const result = await shard.runs.settle([entry], KEEP_ALL, shard.request({ want: 5 }));
    expect(result.settled).toEqual([true]);
    expect(result.claim?.attempts.map((attempt) => attempt.run.id)).toEqual(['2', '3']);
    expect(result.claim?.more).toBe(false);
  });

  test('claims also when its settlement is refused', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1']);
    const entry = { id: 'nobody', token: '7', settlement: succeeded() };
    const result = await shard.runs.settle([entry], KEEP_ALL, shard.request());
    expect(result.settled).toEqual([false]);
    expect(result.claim?.attempts).toHaveLength(1);
  });

  test('may give back the very run that it retried', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1']);
    const first = await shard.claimOne();
    const entry = { id: '1', token: first.token, settlement: { outcome: 'released' as const } };
    const { claim } = await shard.runs.settle([entry], KEEP_ALL, shard.request());
    expect(claim?.attempts[0]?.run.id).toBe('1');
    expect(claim?.attempts[0]?.token).not.toBe(first.token);
  });
});
