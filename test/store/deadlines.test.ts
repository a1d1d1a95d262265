import { describe, expect, test } from 'vitest';
import { packExtras, type Extras } from '../../src/core/extras.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openTestShard, retrying, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

async function open(extras: Extras, delayMs = 0): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['1'], { extras: packExtras(extras), delayMs });
  return shard;
}

const watched = ({ connection, shard }: TestShard) =>
  connection.zrange(shard.key('deadlines'), '0', '-1', 'WITHSCORES');

async function expire(shard: TestShard, limit = 100) {
  const { epoch } = await shard.leadership.take('leader', '{}');
  return shard.unique.expire(epoch, limit, KEEP_ALL);
}

describe('a deadline', () => {
  test.each([
    ['an instant', { deadline: START + 1_000 }, 0, START + 1_000],
    ['so long after the run is due', { startWithinMs: 1_000 }, 0, START + 1_000],
    ['so long after the delay', { startWithinMs: 1_000 }, 5_000, START + 6_000],
  ])('is %s: the run starts until then, and no later', async (_, extras, delayMs, deadline) => {
    const late = await open(extras, delayMs);
    late.clock.now = deadline + 1;
    const claim = await late.claim({ want: 5 });
    expect(claim.attempts).toEqual([]);
    expect(claim.expired).toEqual([{ id: '1', job: 'a' }]);
    expect(await late.history.finished('1')).toMatchObject({
      state: 'cancelled',
      startedAt: 0,
      error: { name: 'Expired', message: 'its deadline passed before it could start' },
    });
    expect(await watched(late)).toEqual([]);
    const inTime = await open(extras, delayMs);
    inTime.clock.now = deadline;
    const claimed = await inTime.claim();
    expect(claimed.attempts).toHaveLength(1);
    expect(claimed.expired).toBeUndefined();
  });

  test('holds for each attempt', async () => {
    const shard = await open({ startWithinMs: 1_000 });
    await shard.settle(await shard.claimOne(), retrying(1_500));
    shard.clock.now = START + 1_500;
    expect((await shard.claim()).expired).toEqual([{ id: '1', job: 'a' }]);
  });

  test('ends a run that nobody claims, by the pass of the leader', async () => {
    const shard = await open({ startWithinMs: 1_000 });
    shard.clock.now = START + 1_000;
    expect(await expire(shard)).toEqual({ ended: [], looked: 0 });
    shard.clock.now += 1;
    expect(await expire(shard)).toEqual({ ended: [{ id: '1', job: 'a' }], looked: 1 });
    expect(await shard.history.finished('1')).toMatchObject({ state: 'cancelled', error: { name: 'Expired' } });
    expect(await shard.claimIds()).toEqual([]);
    expect(await watched(shard)).toEqual([]);
  });

  test('leaves a running attempt alone, and looks at its run again', async () => {
    const shard = await open({ startWithinMs: 1_000 });
    const attempt = await shard.claimOne();
    shard.clock.now = START + 2_000;
    expect(await expire(shard)).toEqual({ ended: [], looked: 1 });
    expect(await watched(shard)).toEqual(['1', String(START + 32_000)]);
    expect(await shard.settle(attempt, succeeded())).toBe(true);
    expect(await watched(shard)).toEqual([]);
  });

  test('is looked after in slices', async () => {
    const shard = await open({ startWithinMs: 1 });
    await shard.enqueue('a', ['2', '3'], { extras: packExtras({ startWithinMs: 1 }) });
    shard.clock.now = START + 2;
    expect(await expire(shard, 2)).toMatchObject({ looked: 2 });
    expect(await expire(shard, 2)).toMatchObject({ looked: 1, ended: [{ job: 'a' }] });
    expect(await shard.connection.hlen(shard.shard.key('runs'))).toBe(0);
  });

  test('that was an instant counts no more for a dead letter that is made again; a length begins anew', async () => {
    const shard = await open({ deadline: START + 1_000 });
    await shard.settle(await shard.claimOne(), dead());
    shard.clock.now = START + 5_000;
    const letter = await shard.history.finished('1');
    await shard.runs.redrive(letter as NonNullable<typeof letter>, 'again', KEEP_ALL);
    expect(await shard.claimIds()).toEqual(['again']);
  });

  test('refuses an older leader', async () => {
    const shard = await open({ startWithinMs: 1 });
    const { epoch } = await shard.leadership.take('old', '{}');
    await shard.leadership.take('new', '{}');
    expect(await shard.unique.expire(epoch, 10, KEEP_ALL)).toBe('fenced');
  });
});

describe('an expiry', () => {
  test('ends a run that waits to be tried again', async () => {
    const shard = await open({ expiryMs: 1_000 });
    await shard.settle(await shard.claimOne(), retrying(60_000));
    shard.clock.now = START + 1_001;
    expect(await expire(shard)).toMatchObject({ ended: [{ id: '1' }] });
    expect(await shard.history.finished('1')).toMatchObject({
      state: 'cancelled',
      error: { name: 'Expired', message: 'it was not over in the time that it had' },
    });
    expect(await shard.history.live('1')).toBeUndefined();
  });
});

describe('a run that its handler puts off', () => {
  test('comes again after that long, as the attempt that it was', async () => {
    const shard = await open({});
    expect(await shard.settle(await shard.claimOne(), { outcome: 'snoozed', delayMs: 1_000 })).toBe(true);
    expect(await shard.history.live('1')).toMatchObject({
      state: 'waiting',
      readyAt: START + 1_000,
      snoozed: { count: 1, until: START + 1_000 },
    });
    shard.clock.now = START + 1_000;
    const again = await shard.claimOne();
    expect(again.run).toMatchObject({ attempts: 0, failures: 0, crashes: 0, payloadJson: 'null' });
    await shard.settle(again, { outcome: 'snoozed', delayMs: 500 });
    expect(await shard.history.live('1')).toMatchObject({ snoozed: { count: 2, until: START + 1_500 } });
  });

  test('keeps its other extras, and a later failure is a retry as any', async () => {
    const shard = await open({ startWithinMs: 60_000, traceparent: '00-a-b-01' });
    await shard.settle(await shard.claimOne(), { outcome: 'snoozed', delayMs: 1 });
    shard.clock.now = START + 1;
    const again = await shard.claimOne();
    expect(again.run.extras).toBe(`w=60000;t=00-a-b-01;z=1.${String(START + 1)}`);
    await shard.settle(again, retrying(5_000));
    expect(await shard.history.live('1')).toMatchObject({ state: 'retrying', snoozed: undefined });
  });

  test('is cancelled where somebody has cancelled it meanwhile', async () => {
    const shard = await open({});
    const attempt = await shard.claimOne();
    await shard.runs.cancel('1', '', KEEP_ALL);
    await shard.settle(attempt, { outcome: 'snoozed', delayMs: 1_000 });
    expect(await shard.history.finished('1')).toMatchObject({ state: 'cancelled' });
  });
});
