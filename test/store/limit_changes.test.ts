import { describe, expect, test } from 'vitest';
import { templateId } from '../../src/core/limit.ts';
import { readOverview } from '../../src/store/overview.ts';
import { openLimited } from '../support/limited_shard.ts';
import { startRedis } from '../support/redis.ts';
import { retrying, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const TEMPLATE = 'partner:{partner}';
const FIELD = `*${templateId(TEMPLATE)}`;
const KEY = { key: 'partner:x', field: FIELD };
const X = { partner: 'x' };
const ids = (count: number) => Array.from({ length: count }, (_, i) => `x${String(i + 1)}`);

describe('a limit that an operator sets', () => {
  test('counts what runs already, and wakes what waits', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, concurrency: 2 }] });
    await shard.add(ids(6), X);
    expect(await shard.claimIds({ want: 9 })).toHaveLength(2);
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    expect(await shard.limits.set(KEY, { concurrency: 3 })).toBe('set');
    expect(await shard.limits.set(KEY, { concurrency: 3 })).toBe('same');
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
    await shard.limits.set(KEY, { concurrency: 1 });
    expect((await shard.limits.states([KEY]))[0]).toMatchObject({ running: 3, by: 'operator' });
    await shard.limits.set(KEY, undefined);
    expect((await shard.limits.states([KEY]))[0]).toMatchObject({ running: 3, by: 'job-file' });
  });

  test('gives a key slots that had none, with those that are taken', async () => {
    const shard = await openLimited(redis, { fairness: TEMPLATE });
    await shard.add(ids(4), X);
    const first = await shard.claimOne();
    await shard.limits.set(KEY, { concurrency: 1 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.settle(first, succeeded());
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
  });

  test('does not wait for what was spent under a slower rate', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, rate: '1/1d' }] });
    await shard.add(ids(3), X);
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.limits.set(KEY, { rate: { count: 60, periodMs: 60_000 }, burst: 1 });
    shard.clock.now += 1_000;
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
  });

  test('leaves lanes of other keys parked where they are', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, rate: '1/1h' }] });
    await shard.add(['x1', 'x2'], X);
    await shard.add(['y1', 'y2'], { partner: 'y' });
    await shard.claimIds({ want: 9 });
    await shard.claimIds({ want: 9 });
    expect(await shard.connection.zcard(shard.shard.key('parked:default'))).toBe(2);
    await shard.limits.reset(KEY);
    expect(await shard.connection.zcard(shard.shard.key('parked:default'))).toBe(1);
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
  });
});

describe('a hold', () => {
  test('lets nothing of its key start until it is over, then goes on without a burst', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, rate: '40/1m', burst: 4 }] });
    await shard.add(ids(9), X);
    await shard.add(['y1'], { partner: 'y' });
    expect(await shard.limits.hold(KEY, 10_000)).toBe(shard.clock.now + 10_000);
    expect(await shard.claimIds({ want: 9 })).toEqual(['y1']);
    shard.clock.now += 9_999;
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    shard.clock.now += 1;
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
  });

  test('is not ended by a change of the rate, and is by a reset', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, rate: '40/1m' }] });
    await shard.add(ids(2), X);
    await shard.limits.hold(KEY, 10_000);
    await shard.limits.set(KEY, { rate: { count: 1_000, periodMs: 1_000 } });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    shard.clock.now += 9_000;
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.limits.reset(KEY);
    expect(await shard.claimIds({ want: 9 })).toHaveLength(2);
  });

  test('of a key without a limit holds it too, and does not keep a later deploy from limiting it', async () => {
    const shard = await openLimited(redis, {});
    const job = { key: 'job:a', field: 'job:a' };
    await shard.add(ids(3), null);
    await shard.limits.hold(job, 5_000);
    expect((await shard.limits.states([job]))[0]).toMatchObject({ by: 'nobody', heldUntil: shard.clock.now + 5_000 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.deploy('a', { limits: [{ concurrency: 2 }] });
    shard.clock.now += 5_000;
    expect(await shard.claimIds({ want: 9 })).toHaveLength(2);
  });

  test('of a queue holds all of it', async () => {
    const shard = await openLimited(redis, {});
    await shard.add(['x1'], null);
    await shard.limits.hold({ key: 'queue:default', field: 'queue:default' }, 1_000);
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    shard.clock.now += 1_000;
    expect(await shard.claimIds({ want: 9 })).toEqual(['x1']);
  });

  test('by a run that is sent back counts no attempt, notes how often, and keeps its place', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, concurrency: 1 }] });
    await shard.add(['x1', 'x2'], X);
    for (const refusals of [1, 2]) {
      const attempt = await shard.claimOne();
      expect(attempt.run).toMatchObject({ id: 'x1', attempts: 0, failures: 0 });
      await shard.settle(attempt, { outcome: 'released', hold: { ...KEY, ms: 5_000 } });
      expect(await shard.claimIds({ want: 9 })).toEqual([]);
      shard.clock.now += 5_000;
      expect((await shard.history.live('x1'))?.run.extras).toBe(`h=${String(refusals)}`);
    }
    expect(await shard.claimIds({ want: 9 })).toEqual(['x1']);
  });
});

describe('a deploy', () => {
  test('that takes a limit away lets what waits start', async () => {
    const shard = await openLimited(redis, { limits: [{ concurrency: 1 }] });
    await shard.add(ids(3), null);
    await shard.claimIds({ want: 9 });
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    await shard.deploy('a', {});
    expect(await shard.claimIds({ want: 9 })).toHaveLength(2);
  });

  test('that removes a job leaves no limit of the job behind', async () => {
    const shard = await openLimited(redis, { limits: [{ concurrency: 1, rate: '1/1h' }] });
    await shard.add(ids(2), null);
    const attempt = await shard.claimOne();
    await shard.jobs.save([], ['a']);
    expect([...(await shard.limits.configured()).keys()]).toEqual([]);
    await shard.settle(attempt, retrying(0));
    expect(await shard.claimIds({ want: 9 })).toHaveLength(2);
  });
});

test('the overview counts runs that wait for a slot, a turn or a rate, once each', async () => {
  const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, concurrency: 1 }] });
  await shard.add(ids(4), X);
  await shard.claimIds({ want: 9 });
  await shard.claimIds({ want: 9 });
  await shard.add(['x9'], X);
  expect((await readOverview(shard.shard)).queues).toMatchObject([{ queue: 'default', ready: 4 }]);
});

describe('the overview of limits', () => {
  test('tells by the name of the key how many lanes wait for a rate, and since when', async () => {
    const shard = await openLimited(redis, {
      limits: [
        { key: TEMPLATE, rate: '1/1h' },
        { key: 'account:{account}', rate: '100/1s' },
      ],
    });
    await shard.add(['x1', 'x2', 'x3'], { partner: 'x', account: 'a' });
    shard.clock.now += 1_000;
    await shard.add(['y1', 'y2'], { partner: 'y', account: 'a' });
    expect((await readOverview(shard.shard)).limits).toEqual([]);
    await shard.claimIds({ want: 9 });
    await shard.claimIds({ want: 9 });
    const before = shard.clock.now;
    expect((await readOverview(shard.shard)).limits).toEqual([{ limit: 'partner', lanes: 2, oldest: before - 1_000 }]);
  });

  test('tells of lanes that wait for a slot, and of a queue that waits for its own rate', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, concurrency: 1 }] });
    await shard.limits.set({ key: 'queue:default', field: 'queue:default' }, { rate: { count: 2, periodMs: 60_000 } });
    await shard.add(ids(2), X);
    await shard.add(['y1'], { partner: 'y' });
    await shard.claimIds({ want: 9 });
    await shard.claimIds({ want: 9 });
    await shard.claimIds({ want: 9 });
    const { limits } = await readOverview(shard.shard);
    expect(limits.map(({ limit }) => limit).sort()).toContain('queue');
  });

  test('tells of lanes that wait for the slot of another run', async () => {
    const shard = await openLimited(redis, { limits: [{ key: TEMPLATE, concurrency: 1 }] });
    await shard.add(ids(3), X);
    await shard.claimIds({ want: 9 });
    await shard.claimIds({ want: 9 });
    expect((await readOverview(shard.shard)).limits).toMatchObject([{ limit: 'partner', lanes: 1 }]);
  });
});
