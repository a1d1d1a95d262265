import { describe, expect, test } from 'vitest';
import { afterCrash, MAX_CRASHES, SECOND_CRASH_DELAY_MS } from '../../src/core/attempt_end.ts';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL, LEASE_MS, START, succeeded, type TestShard, openWithRuns } from '../support/test_shard.ts';

const redis = await startRedis();

async function open(ids: string[]): Promise<TestShard & { epoch: string }> {
  const shard = await openWithRuns(redis, ids);
  const { epoch } = await shard.leadership.take('leader', '{}');
  return { ...shard, epoch };
}

/** Reads what has expired and reaps it, as a leader does. */
async function reap(shard: TestShard, epoch: string) {
  const { attempts } = await shard.runs.expired(100);
  return reapAll(shard, epoch, attempts);
}

async function reapAll(
  shard: TestShard,
  epoch: string,
  attempts: Awaited<ReturnType<TestShard['runs']['expired']>>['attempts'],
) {
  const entries = attempts.map(({ run, token, worker }) => ({
    id: run.id,
    token,
    settlement: afterCrash(run, worker),
  }));
  return shard.runs.reap(epoch, entries, KEEP_ALL);
}

describe('a renewal', () => {
  test('moves the expiry of each lease whose token holds', async () => {
    const shard = await open(['1', '2']);
    const { attempts } = await shard.claim({ want: 2 });
    shard.clock.now += 10_000;
    expect(await shard.renew(attempts)).toBe('11');
    expect(await shard.connection.zscore(shard.shard.key('leases'), '1')).toBe(String(START + 10_000 + LEASE_MS));
  });

  test('says for each attempt whether it is renewed, lost or to be cancelled', async () => {
    const shard = await open(['1', '2', '3']);
    const { attempts } = await shard.claim({ want: 3 });
    const [first, second, third] = attempts;
    if (!first || !second || !third) throw new Error('three runs were claimed');
    await shard.settle(second, succeeded());
    await shard.runs.cancel('3', '', KEEP_ALL);
    expect(await shard.renew([first, second, third, { ...first, token: '999' }])).toBe('10c0');
  });

  test('of 5,000 leases is one call', async () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => String(index));
    const shard = await open(ids);
    const { attempts } = await shard.claim({ want: 5_000 });
    expect(await shard.renew(attempts)).toBe('1'.repeat(5_000));
  });
});

describe('the attempts that have expired', () => {
  test('are those at or past their expiry, with holder and run, and the next expiry', async () => {
    const shard = await open(['1', '2']);
    await shard.claimOne({ worker: 'w1' });
    shard.clock.now += 5;
    await shard.claimOne({ worker: 'w2' });
    expect(await shard.runs.expired(10)).toEqual({ attempts: [], nextExpiry: START + LEASE_MS });
    shard.clock.now = START + LEASE_MS;
    const { attempts, nextExpiry } = await shard.runs.expired(10);
    expect(attempts).toMatchObject([{ run: { id: '1', job: 'a' }, worker: 'w1', startedAt: START }]);
    expect(nextExpiry).toBe(START + LEASE_MS + 5);
  });
});

describe('reaping', () => {
  test('gives a run whose lease ran out to the next worker, in front of its lane, and fences the old one', async () => {
    const shard = await open(['1', '2']);
    const lost = await shard.claimOne({ worker: 'w1' });
    shard.clock.now += LEASE_MS;
    expect(await reap(shard, shard.epoch)).toEqual([true]);
    const [again] = (await shard.claim({ worker: 'w2', want: 1 })).attempts;
    expect(again?.run).toMatchObject({ id: '1', attempts: 1, failures: 0, crashes: 1 });
    expect(await shard.settle(lost, succeeded())).toBe(false);
    expect(await shard.renew([lost])).toBe('0');
  });

  test('leaves an attempt alone that was renewed between the look and the reaping', async () => {
    const shard = await open(['1']);
    const attempt = await shard.claimOne();
    shard.clock.now += LEASE_MS;
    const { attempts } = await shard.runs.expired(10);
    await shard.renew([attempt]);
    expect(await reapAll(shard, shard.epoch, attempts)).toEqual([false]);
    expect(await shard.settle(attempt, succeeded())).toBe(true);
  });

  test('leaves an attempt alone that was settled and claimed again meanwhile', async () => {
    const shard = await open(['1']);
    const first = await shard.claimOne();
    shard.clock.now += LEASE_MS;
    const { attempts } = await shard.runs.expired(10);
    await shard.settle(first, { outcome: 'released' });
    const second = await shard.claimOne({ worker: 'w2', leaseMs: 0 });
    expect(await reapAll(shard, shard.epoch, attempts)).toEqual([false]);
    expect(await shard.settle(second, succeeded())).toBe(true);
  });

  test('makes a run that crashed three times a dead letter', async () => {
    const shard = await open(['poison']);
    for (let crash = 1; crash <= MAX_CRASHES; crash += 1) {
      expect(await shard.claimIds({ worker: `w${String(crash)}` })).toEqual(['poison']);
      shard.clock.now += LEASE_MS;
      expect(await reap(shard, shard.epoch)).toEqual([true]);
      shard.clock.now += SECOND_CRASH_DELAY_MS;
    }
    expect(await shard.claimIds()).toEqual([]);
    const [letter] = await shard.history.dead(0, 10);
    expect(letter).toMatchObject({ run: { id: 'poison' }, worker: 'w3', error: { code: 'ATTEMPT_CRASHED' } });
  });

  test('ends a crashed run as cancelled when that had been asked for', async () => {
    const shard = await open(['1']);
    await shard.claimOne();
    await shard.runs.cancel('1', '', KEEP_ALL);
    shard.clock.now += LEASE_MS;
    expect(await reap(shard, shard.epoch)).toEqual([true]);
    expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([{ run: { id: '1' }, state: 'cancelled' }]);
  });

  test('under an older epoch changes nothing', async () => {
    const shard = await open(['1']);
    const attempt = await shard.claimOne();
    await shard.leadership.take('successor', '{}');
    shard.clock.now += LEASE_MS;
    const before = await shard.dump();
    expect(await reap(shard, shard.epoch)).toBe('fenced');
    expect(await shard.dump()).toEqual(before);
    expect(await shard.settle(attempt, succeeded())).toBe(true);
  });
});

test('what a worker holds by Redis is told by its id', async () => {
  const shard = await open(['1', '2', '3']);
  const mine = await shard.claimOne({ worker: 'w1' });
  await shard.claimOne({ worker: 'w10' });
  expect(await shard.runs.heldBy('w1')).toEqual([{ id: '1', token: mine.token }]);
  expect(await shard.runs.heldBy('w')).toEqual([]);
});
