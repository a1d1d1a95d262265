import { describe, expect, test } from 'vitest';
import { packSchedule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import { startRedis } from '../support/redis.ts';
import { firing, MINUTE, plant, readSchedule, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { dead, KEEP_ALL, openTestShard, retrying, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const DELAYED: Partial<StoredSchedule> = { ruleJson: '{"f":90000,"p":{"f":1}}' };
const RUN = `a@${String(START)}`;

/** A schedule with a fixed delay of 90 s whose run has been fired, five seconds ago. */
async function openFired(fields: Partial<StoredSchedule> = {}): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  const schedule = storedSchedule('a', { ...DELAYED, ...fields });
  await plant(shard, schedule);
  const { epoch } = await shard.leadership.take('me', '{}');
  const entry = firing(schedule, { due: undefined, afterRun: 'resume' });
  const newHead = entry.newHead.replace(` ${String(START + MINUTE)} `, ' 0 ');
  expect(await shard.schedules.fire(termsOf(epoch), [{ ...entry, newHead }])).toEqual([true]);
  shard.clock.now += 5_000;
  return shard;
}

/** Another process changes the schedule while the run lives. */
async function change(shard: TestShard, fields: Partial<StoredSchedule>): Promise<void> {
  const [before = ''] = await shard.schedules.read(['a']);
  const after = packSchedule({ ...unpackSchedule('a', before), ...fields });
  expect(await shard.schedules.save([{ id: 'a', before, after, due: undefined }])).toEqual([true]);
}

describe('a fixed delay', () => {
  test('has no fire time while its run lives, waiting for its next attempt too', async () => {
    const shard = await openFired();
    expect(await readSchedule(shard, 'a')).toMatchObject({ next: 0, last: START });
    await shard.settle(await shard.claimOne(), retrying(1_000));
    expect(await readSchedule(shard, 'a')).toMatchObject({ next: 0 });
    expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
  });

  test.each([
    ['succeeded', succeeded()],
    ['became a dead letter', dead()],
  ])('begins when its run has %s, and the leader is told', async (_, settlement) => {
    const shard = await openFired();
    const attempt = await shard.claimOne();
    await shard.connection.del(shard.shard.key('wake:leader'));
    await shard.settle(attempt, settlement);
    const next = shard.clock.now + 90_000;
    expect(await readSchedule(shard, 'a')).toMatchObject({
      revision: 1,
      state: 'active',
      next,
      last: START,
      ...DELAYED,
    });
    expect(await shard.schedules.dueTimes(['a'])).toEqual([next]);
    expect(await shard.connection.llen(shard.shard.key('wake:leader'))).toBe(1);
    expect(await shard.connection.exists(shard.shard.key('followers'))).toBe(0);
  });

  test('begins when its run was cancelled', async () => {
    const shard = await openFired();
    await shard.runs.cancel(RUN, '', KEEP_ALL);
    expect(await readSchedule(shard, 'a')).toMatchObject({ next: shard.clock.now + 90_000 });
  });

  test('does not begin when a run by hand ends', async () => {
    const shard = await openFired();
    await shard.enqueue('a', ['r1']);
    await shard.runs.cancel('r1', '', KEEP_ALL);
    expect(await readSchedule(shard, 'a')).toMatchObject({ next: 0 });
  });

  test('is as long as the rule says when the run ends', async () => {
    const shard = await openFired();
    await change(shard, { revision: 2, ruleJson: '{"f":7000}' });
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await readSchedule(shard, 'a')).toMatchObject({ revision: 2, next: shard.clock.now + 7_000 });
  });

  test('of a paused schedule begins too, but nothing is due', async () => {
    const shard = await openFired();
    await change(shard, { revision: 2, state: 'paused' });
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await readSchedule(shard, 'a')).toMatchObject({ state: 'paused', next: shard.clock.now + 90_000 });
    expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
  });

  test.each([
    ['has a fire time already', { next: START + 1 }],
    ['has got another kind of rule', { ruleJson: '{"c":"* * * * *","p":{"f":5}}' }],
  ])('changes nothing of a schedule that %s', async (_, fields) => {
    const shard = await openFired();
    await change(shard, fields);
    const before = await shard.schedules.read(['a']);
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await shard.schedules.read(['a'])).toEqual(before);
    expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
  });

  test('of a schedule that was deleted leaves nothing', async () => {
    const shard = await openFired();
    const [before] = await shard.schedules.read(['a']);
    await shard.schedules.save([{ id: 'a', before, after: undefined, due: undefined }]);
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await shard.schedules.read(['a'])).toEqual([undefined]);
    expect(Object.keys(await shard.dump()).filter((key) => /^(due|followers)/.test(key))).toEqual([]);
  });

  test('begins late where an end was settled without it, and never while the run lives', async () => {
    const shard = await openFired();
    expect(await shard.runs.followEnds([RUN], ['a'], KEEP_ALL)).toBe(0);
    await shard.connection.hdel(shard.shard.key('runs'), RUN);
    expect((await shard.runs.scanFollowed('0', 100)).gone).toEqual([RUN]);
    expect(await shard.runs.followEnds([RUN], [], KEEP_ALL)).toBe(1);
    expect(await readSchedule(shard, 'a')).toMatchObject({ next: shard.clock.now + 90_000 });
    expect(await shard.runs.followEnds([RUN], ['a'], KEEP_ALL)).toBe(0);
  });

  test('begins late where all trace of the run is gone', async () => {
    const shard = await openFired();
    await shard.connection.del(shard.shard.key('runs'), shard.shard.key('followers'));
    expect(await shard.runs.followEnds([], ['a'], KEEP_ALL)).toBe(1);
    expect(await readSchedule(shard, 'a')).toMatchObject({ next: shard.clock.now + 90_000 });
  });
});

test('a held run is let go where what held it is gone without that', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await plant(shard, storedSchedule('a'));
  const { epoch } = await shard.leadership.take('me', '{}');
  const first = storedSchedule('a');
  await shard.schedules.fire(termsOf(epoch), [firing(first)]);
  const second = { ...first, next: START + MINUTE, last: START };
  await shard.schedules.fire(termsOf(epoch), [firing(second, { fire: { fireTime: second.next, how: 'hold' } })]);
  await shard.connection.hdel(shard.shard.key('runs'), RUN);
  const { gone } = await shard.runs.scanFollowed('0', 100);
  expect(await shard.runs.followEnds(gone, [], KEEP_ALL)).toBe(1);
  expect(await shard.claimIds({ want: 9 })).toEqual([`a@${String(second.next)}`]);
});
