import { describe, expect, test } from 'vitest';
import { templateId } from '../../src/core/limit.ts';
import type { Attempt } from '../../src/core/run.ts';
import { NOTHING_LEFT, openLimited, type LimitedShard } from '../support/limited_shard.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, retrying, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const ordered = { ordered: 'account:{account}' };
const SEVEN = { account: 7 };

const ENDS: Record<string, (shard: LimitedShard, attempt: Attempt) => Promise<unknown>> = {
  succeeds: (shard, attempt) => shard.settle(attempt, succeeded()),
  'is a dead letter': (shard, attempt) => shard.settle(attempt, dead()),
  'is cancelled between two attempts': async (shard, attempt) => {
    await shard.settle(attempt, retrying(60_000));
    await shard.runs.cancel(attempt.run.id, '', KEEP_ALL);
  },
  'is cancelled while it runs': async (shard, attempt) => {
    await shard.runs.cancel(attempt.run.id, '', KEEP_ALL);
    await shard.settle(attempt, retrying(60_000));
  },
};

describe('the turn of a run ends', () => {
  test.each(Object.entries(ENDS))('when it %s', async (_, end) => {
    const shard = await openLimited(redis, ordered);
    await shard.add(['x1', 'x2'], SEVEN);
    const attempt = await shard.claimOne({ want: 9 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await end(shard, attempt);
    const next = await shard.claimOne({ want: 9 });
    expect(next.run.id).toBe('x2');
    await shard.settle(next, succeeded());
    expect(await shard.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('when its deadline passes before its next attempt', async () => {
    const shard = await openLimited(redis, ordered);
    await shard.add(['x1'], SEVEN, { extras: `d=${String(shard.clock.now + 10)}` });
    await shard.add(['x2'], SEVEN);
    await shard.settle(await shard.claimOne(), retrying(100));
    shard.clock.now += 101;
    const ids = [...(await shard.claimIds({ want: 9 })), ...(await shard.claimIds({ want: 9 }))];
    expect(ids).toEqual(['x2']);
  });

  test('for a run that is made again of its dead letter: it queues up behind the others', async () => {
    const shard = await openLimited(redis, ordered);
    await shard.add(['x1', 'x2'], SEVEN);
    await shard.settle(await shard.claimOne(), dead());
    const letter = await shard.history.finished('x1');
    if (letter === undefined) throw new Error('the dead letter is not kept');
    await shard.runs.redrive(letter, 'again', KEEP_ALL);
    const order: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      const attempt = await shard.claimOne({ want: 9 });
      order.push(attempt.run.id);
      await shard.settle(attempt, succeeded());
    }
    expect(order).toEqual(['x2', 'again']);
    expect(await shard.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('in the next pass of the leader, should it have been left behind', async () => {
    const shard = await openLimited(redis, ordered);
    await shard.connection.hset(shard.shard.key('turns'), 'account:7', 'lost');
    await shard.add(['x1'], SEVEN);
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.runs.promote(10);
    expect(await shard.claimIds({ want: 9 })).toEqual(['x1']);
  });

  test('never before its run, which comes to the front again should it stand behind others', async () => {
    const shard = await openLimited(redis, ordered);
    await shard.add(['x1', 'x2'], SEVEN);
    await shard.settle(await shard.claimOne(), { outcome: 'released' });
    const [lane = ''] = await shard.connection.keys(`${shard.shard.key('lane:')}*`);
    await shard.connection.lmove(lane, lane, 'LEFT', 'RIGHT');
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.runs.promote(10);
    expect(await shard.claimIds({ want: 9 })).toEqual(['x1']);
  });
});

describe('a strict order', () => {
  test('holds over jobs and priorities that share the key', async () => {
    const shard = await openLimited(redis, ordered, ordered);
    await shard.add(['a1'], SEVEN);
    const first = await shard.claimOne();
    await shard.add(['b1'], SEVEN, { job: 'b', priority: 9 });
    await shard.add(['a2'], SEVEN, { priority: 0 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(first, succeeded());
    const second = await shard.claimOne({ want: 9 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(second, succeeded());
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
  });

  test("is kept under an operator's limit", async () => {
    const shard = await openLimited(redis, ordered);
    await shard.add(['x1', 'x2'], SEVEN);
    await shard.limits.set({ key: 'account:7', field: `*${templateId('account:{account}')}` }, { concurrency: 5 });
    const attempt = await shard.claimOne({ want: 9 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(attempt, succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
  });

  test('of a key that has slots too does not go round in circles', async () => {
    const shard = await openLimited(redis, { ...ordered, limits: [{ key: 'account:{account}', concurrency: 3 }] });
    await shard.add(['x1', 'x2', 'x3'], SEVEN);
    const attempt = await shard.claimOne({ want: 9 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(attempt, succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
  });

  test('of two keys is ended for both', async () => {
    const shard = await openLimited(redis, ordered, {
      ordered: 'owner:{owner}',
      fairness: 'account:{account}',
    });
    await shard.deploy('a', ordered); // so that `account` is ordered, whoever came last
    await shard.connection.hset(shard.shard.key('limits'), '=account:7', '0 0 0 1 o');
    await shard.add(['b1', 'b2'], { ...SEVEN, owner: 1 }, { job: 'b' });
    await shard.settle(await shard.claimOne(), succeeded());
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await shard.leftovers()).toEqual(NOTHING_LEFT);
  });
});
