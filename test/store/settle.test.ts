import { describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openTestShard, retrying, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

async function openWithAttempt() {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['1'], { payload: { x: 1 } });
  const attempt = await shard.claimOne({ worker: 'w9' });
  return { ...shard, attempt };
}

describe('a run that is settled', () => {
  test('as succeeded goes to the history with its result', async () => {
    const shard = await openWithAttempt();
    shard.clock.now += 250;
    expect(await shard.settle(shard.attempt, succeeded({ größe: 'ß' }))).toBe(true);
    expect(await shard.history.ofJob('a', 0, 10)).toEqual([
      {
        run: shard.attempt.run,
        state: 'succeeded',
        startedAt: START,
        finishedAt: START + 250,
        worker: 'w9',
        result: { größe: 'ß' },
        error: undefined,
      },
    ]);
    expect(await shard.history.live('1')).toBeUndefined();
    expect((await shard.jobs.stats(['a'])).get('a')).toMatchObject({
      lastStart: START,
      lastSuccess: START + 250,
      consecutiveFailures: 0,
    });
  });

  test('leaves nothing behind but its record', async () => {
    const shard = await openWithAttempt();
    await shard.runs.setProgress({ id: '1', token: shard.attempt.token }, 0.5);
    await shard.runs.cancel('1', '', KEEP_ALL);
    await shard.settle(shard.attempt, succeeded());
    const left = Object.keys(await shard.dump());
    expect(left.sort()).toEqual([
      'code:all',
      'history:a',
      'history_bytes',
      'job_stats',
      'own:1', // an id of the caller's stays taken
      'queues',
      'tokens',
      'wake:queue:default',
    ]);
  });

  test('without a body has no result', async () => {
    const shard = await openWithAttempt();
    await shard.settle(shard.attempt, { outcome: 'succeeded', bodyJson: '', logged: false });
    expect(await shard.history.finished('1')).toMatchObject({ result: undefined, error: undefined });
  });

  test('as dead goes to the dead letters, with its error, and counts as a start and a failure', async () => {
    const shard = await openWithAttempt();
    shard.clock.now += 10;
    await shard.settle(shard.attempt, dead('boom'));
    expect(await shard.history.dead(0, 10)).toMatchObject([
      { run: { id: '1' }, state: 'dead', error: { message: 'boom' } },
    ]);
    expect(await shard.history.ofJob('a', 0, 10)).toEqual([]);
    const stats = (await shard.jobs.stats(['a'])).get('a');
    expect(stats).toMatchObject({
      lastStart: START,
      lastFailure: START + 10,
      lastSuccess: undefined,
      consecutiveFailures: 1,
    });
  });

  test('as dead again and again grows the streak, and one success ends it', async () => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    await shard.enqueue('a', ['1', '2', '3']);
    const streak = async (): Promise<number | undefined> =>
      (await shard.jobs.stats(['a'])).get('a')?.consecutiveFailures;
    await shard.settle(await shard.claimOne(), dead());
    await shard.settle(await shard.claimOne(), dead());
    expect(await streak()).toBe(2);
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await streak()).toBe(0);
  });

  test('as cancelled goes to the history', async () => {
    const shard = await openWithAttempt();
    await shard.settle(shard.attempt, { outcome: 'cancelled', bodyJson: '', logged: false });
    expect(await shard.history.ofJob('a', 0, 10)).toMatchObject([{ state: 'cancelled', startedAt: START }]);
  });
});

describe('a run that is settled for another attempt', () => {
  test('waits out its delay and carries its counts', async () => {
    const shard = await openWithAttempt();
    await shard.settle(shard.attempt, retrying(2_000, { attempts: 1, failures: 1 }));
    expect(await shard.history.live('1')).toMatchObject({
      state: 'retrying',
      readyAt: START + 2_000,
      error: { message: 'again' },
      holder: undefined,
    });
    shard.clock.now = START + 1_999;
    expect(await shard.claimIds()).toEqual([]);
    shard.clock.now = START + 2_000;
    const again = await shard.claimOne();
    expect(again.run).toEqual({ ...shard.attempt.run, attempts: 1, failures: 1 });
    expect(Number(again.token)).toBeGreaterThan(Number(shard.attempt.token));
  });

  test('with no delay goes to the front of its lane', async () => {
    const shard = await openWithAttempt();
    await shard.enqueue('a', ['2']);
    await shard.settle(shard.attempt, retrying(0, { crashes: 1 }));
    expect(await shard.claimIds({ want: 2 })).toEqual(['1', '2']);
  });

  test('as released goes to the front of its lane, uncounted', async () => {
    const shard = await openWithAttempt();
    await shard.enqueue('a', ['2']);
    await shard.settle(shard.attempt, { outcome: 'released' });
    expect(await shard.history.live('1')).toMatchObject({
      state: 'ready',
      run: { attempts: 0, failures: 0, crashes: 0 },
    });
    expect(await shard.claimIds({ want: 2 })).toEqual(['1', '2']);
  });

  test.each([
    ['retrying', retrying(5_000)],
    ['released', { outcome: 'released' as const }],
  ])('ends as cancelled instead of %s when somebody has asked for that meanwhile', async (_, settlement) => {
    const shard = await openWithAttempt();
    await shard.runs.cancel('1', '', KEEP_ALL);
    expect(await shard.settle(shard.attempt, settlement)).toBe(true);
    expect(await shard.history.live('1')).toBeUndefined();
    expect(await shard.history.ofJob('a', 0, 10)).toMatchObject([{ run: { id: '1' }, state: 'cancelled' }]);
  });
});

describe('a stale token', () => {
  const settlements = [succeeded(), dead(), retrying(0), retrying(5), { outcome: 'released' as const }];

  test.each(settlements)('changes nothing by $outcome', async (settlement) => {
    const shard = await openWithAttempt();
    await shard.settle(shard.attempt, { outcome: 'released' });
    const current = await shard.claimOne({ worker: 'w2' });
    const before = await shard.dump();
    expect(await shard.settle(shard.attempt, settlement)).toBe(false);
    expect(await shard.dump()).toEqual(before);
    expect(await shard.settle(current, succeeded())).toBe(true);
  });

  test('that begins like the true one is refused too', async () => {
    const shard = await openWithAttempt();
    const current = shard.attempt;
    expect(await shard.settle({ ...current, token: current.token.slice(0, -1) }, succeeded())).toBe(false);
    expect(await shard.settle({ ...current, token: `${current.token}0` }, succeeded())).toBe(false);
    expect(await shard.settle(current, succeeded())).toBe(true);
  });

  test('is never handed out again, also when Redis has lost the last tokens', async () => {
    const shard = await openWithAttempt();
    await shard.settle(shard.attempt, { outcome: 'released' });
    await shard.connection.del(shard.shard.key('tokens'));
    shard.clock.now += 1;
    const again = await shard.claimOne();
    expect(Number(again.token)).toBeGreaterThan(Number(shard.attempt.token));
    expect(await shard.settle(shard.attempt, succeeded())).toBe(false);
  });

  test('writes no log and no progress', async () => {
    const shard = await openWithAttempt();
    const stale = { id: '1', token: '99' };
    const before = await shard.dump();
    expect(await shard.runs.appendLog(stale, 'x\n', { bytes: 1_000, ms: 1_000 })).toBe('fenced');
    expect(await shard.runs.setProgress(stale, 0.5)).toBe('fenced');
    expect(await shard.renew([{ ...shard.attempt, token: '99' }])).toBe('0');
    expect(await shard.dump()).toEqual(before);
  });
});

test('a batch answers for each entry, in order', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['1', '2', '3', '4']);
  const { attempts } = await shard.claim({ want: 4 });
  const settlements = [succeeded(), dead(), retrying(1_000), { outcome: 'released' as const }];
  const entries = attempts.map(({ run, token }, i) => ({
    id: run.id,
    token,
    settlement: settlements[i] ?? succeeded(),
  }));
  const stale = { id: '1', token: '777', settlement: succeeded() };
  const { settled } = await shard.runs.settle([...entries.slice(0, 2), stale, ...entries.slice(2)], KEEP_ALL);
  expect(settled).toEqual([true, true, false, true, true]);
});

test.each([4_100, 9_000])('a batch of %i runs is settled in one call', async (count) => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue(
    'a',
    Array.from({ length: count }, (_, index) => String(index)),
  );
  const { attempts } = await shard.claim({ want: count });
  const entries = attempts.map(({ run, token }) => ({ id: run.id, token, settlement: succeeded() }));
  const { settled } = await shard.runs.settle(entries, KEEP_ALL);
  expect(settled.filter(Boolean)).toHaveLength(count);
  expect(await shard.connection.hlen(shard.shard.key('running'))).toBe(0);
  expect(await shard.connection.llen(shard.shard.key('history:a'))).toBe(count);
});
