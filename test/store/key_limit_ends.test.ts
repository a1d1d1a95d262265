import { describe, expect, test } from 'vitest';
import { afterCrash } from '../../src/core/attempt_end.ts';
import type { Attempt } from '../../src/core/run.ts';
import { NOTHING_LEFT, openLimited, type LimitedShard } from '../support/limited_shard.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, LEASE_MS, retrying, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const one = { limits: [{ key: 'partner:{partner}', concurrency: 1 }] };
const X = { partner: 'x' };

/** Ways in which an attempt ends that leave the slot of its key free. */
const ENDS: Record<string, (shard: LimitedShard, attempt: Attempt) => Promise<unknown>> = {
  'it succeeds': (shard, attempt) => shard.settle(attempt, succeeded()),
  'it is dead': (shard, attempt) => shard.settle(attempt, dead()),
  'it is to be tried again later': (shard, attempt) => shard.settle(attempt, retrying(60_000)),
  'it was cancelled while it ran': async (shard, attempt) => {
    await shard.runs.cancel(attempt.run.id, '', KEEP_ALL);
    await shard.settle(attempt, { outcome: 'released' });
  },
  'its worker is gone for the third time': async (shard, attempt) => {
    shard.clock.now += LEASE_MS + 1;
    const { epoch } = await shard.leadership.take('me', '{}');
    const settlement = afterCrash({ ...attempt.run, crashes: 2 }, 'w1');
    expect(await shard.runs.reap(epoch, [{ id: attempt.run.id, token: attempt.token, settlement }], KEEP_ALL)).toEqual([
      true,
    ]);
  },
};

describe('the slot of a key comes back', () => {
  test.each(Object.entries(ENDS))('when %s', async (_, end) => {
    const shard = await openLimited(redis, one);
    await shard.add(['x1', 'x2'], X);
    const attempt = await shard.claimOne();
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await end(shard, attempt);
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
    expect((await shard.leftovers()).active).toEqual({ 'partner:x': '1' });
  });

  test('when the run is handed back, and it starts again first', async () => {
    const shard = await openLimited(redis, one);
    await shard.add(['x1', 'x2'], X);
    await shard.settle(await shard.claimOne(), { outcome: 'released' });
    expect(await shard.claimIds({ want: 9 })).toEqual(['x1']);
  });

  test('when a run is too late or was cancelled in a long lane, for which the rate is not spent either', async () => {
    const shard = await openLimited(redis, {
      limits: [{ key: 'partner:{partner}', concurrency: 1, rate: '2/1h', burst: 2 }],
    });
    await shard.add(['late1', 'late2', 'late3'], X, { extras: `d=${String(shard.clock.now + 1)}` });
    await shard.add(['x1', 'x2'], X);
    shard.clock.now += 2;
    const started: string[] = [];
    for (let i = 0; i < 10; i += 1) {
      const { attempts } = await shard.claim({ want: 9 });
      for (const attempt of attempts) {
        started.push(attempt.run.id);
        await shard.settle(attempt, succeeded());
      }
    }
    expect(started).toEqual(['x1', 'x2']);
    expect(await shard.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('to another job that shares the key', async () => {
    const shard = await openLimited(redis, one, one);
    await shard.add(['a1'], X);
    await shard.add(['b1'], X, { job: 'b' });
    const attempt = await shard.claimOne();
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(attempt, succeeded());
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
  });

  test('past lanes of a paused queue, which nobody takes from', async () => {
    const shard = await openLimited(redis, one);
    await shard.add(['x1'], X);
    const attempt = await shard.claimOne();
    await shard.add(['held'], X, { queue: 'other' });
    await shard.add(['x2'], X);
    expect(await shard.claimIds({ want: 9, queues: ['other', 'default'] })).toEqual([]);
    await shard.connection.sadd(shard.shard.key('paused_queues'), 'other');
    await shard.settle(attempt, succeeded());
    expect(await shard.claimIds({ want: 9, queues: ['other', 'default'] })).toEqual(['x2']);
  });

  test('past lanes of a queue whose own limit lets nothing on', async () => {
    const shard = await openLimited(redis, one, {});
    await shard.limits.set({ key: 'queue:full', field: 'queue:full' }, { concurrency: 1 });
    await shard.add(['x1'], X);
    const attempt = await shard.claimOne();
    await shard.add(['waits'], X, { queue: 'full' });
    await shard.add(['x2'], X);
    expect(await shard.claimIds({ want: 9, queues: ['full', 'default'] })).toEqual([]);
    await shard.add(['b1'], null, { job: 'b', queue: 'full' });
    expect(await shard.claimIds({ want: 9, queues: ['full'] })).toEqual(['b1']);
    await shard.settle(attempt, succeeded());
    expect(await shard.claimIds({ want: 9, queues: ['full', 'default'] })).toEqual(['x2']);
  });
});

describe('a lane with two limited keys', () => {
  const both = { limits: [{ key: 'partner:{partner}', concurrency: 1 }, { concurrency: 2 }] };

  test('waits for both, and hands the slot that it cannot use to the next', async () => {
    const shard = await openLimited(redis, both);
    await shard.add(['x1', 'x2'], X);
    await shard.add(['y1'], { partner: 'y' });
    await shard.add(['z1'], { partner: 'z' });
    const { attempts } = await shard.claim({ want: 9 });
    expect(attempts.map(({ run }) => run.id)).toEqual(['x1', 'y1']);
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(attempts[1] as Attempt, succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual(['z1']);
    await shard.settle(attempts[0] as Attempt, succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
  });

  test('waits for its rate without keeping a slot from others', async () => {
    const shard = await openLimited(redis, {
      limits: [{ key: 'partner:{partner}', rate: '1/1m' }, { concurrency: 1 }],
    });
    await shard.add(['x1', 'x2'], X);
    await shard.add(['y1'], { partner: 'y' });
    await shard.settle(await shard.claimOne(), succeeded());
    const next = await shard.claimOne({ want: 9 });
    expect(next.run.id).toBe('y1');
    await shard.settle(next, succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    shard.clock.now += 60_000;
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
  });
});

describe('the limit of a queue', () => {
  test('holds its slots over all jobs, and rings when one is free', async () => {
    const shard = await openLimited(redis, {}, {});
    await shard.limits.set({ key: 'queue:default', field: 'queue:default' }, { concurrency: 2 });
    await shard.add(['a1', 'a2'], null);
    await shard.add(['b1', 'b2'], null, { job: 'b' });
    const { attempts } = await shard.claim({ want: 9 });
    expect(attempts).toHaveLength(2);
    await shard.connection.del(shard.shard.key('wake:queue:default'));
    await shard.settle(attempts[0] as Attempt, succeeded());
    expect(await shard.connection.llen(shard.shard.key('wake:queue:default'))).toBe(1);
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
  });

  test('lets runs start by its rate, and by no worker before', async () => {
    const shard = await openLimited(redis, {});
    await shard.limits.set({ key: 'queue:default', field: 'queue:default' }, { rate: { count: 1, periodMs: 1_000 } });
    await shard.add(['a1', 'a2'], null);
    expect(await shard.claimIds({ want: 9 })).toEqual(['a1']);
    shard.clock.now += 999;
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    expect((await shard.runs.promote(10)).nextDue).toBe(shard.clock.now + 1);
    shard.clock.now += 1;
    expect(await shard.claimIds({ want: 9 })).toEqual(['a2']);
  });
});
