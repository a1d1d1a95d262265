import { expect, test } from 'vitest';
import type { PauseNote } from '../../src/core/freeze.ts';
import { planPause } from '../../src/core/pause.ts';
import { packSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import type { ScheduleControl } from '../../src/store/schedule_changes.ts';
import { startRedis } from '../support/redis.ts';
import { firing, MINUTE, plant, readSchedule, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();
const NOTE: PauseNote = { at: START, by: 'ada', note: 'because; of this' };

function pausing(schedule: StoredSchedule, note: PauseNote = NOTE): ScheduleControl {
  const before = packSchedule(schedule);
  return { change: { ...planPause(schedule, before, note).change, before }, pause: note, verdicts: [] };
}

test('a pause takes the schedule out of the due times and keeps the note', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a'), storedSchedule('b'));
  const until = START + MINUTE;
  const controls = [pausing(storedSchedule('a')), pausing(storedSchedule('b'), { ...NOTE, until })];
  expect(await shard.changes.control(controls, 10)).toEqual([true, true]);
  expect(await readSchedule(shard, 'a')).toMatchObject({ state: 'paused', revision: 2, next: START });
  expect(await shard.changes.surroundings(['a', 'b'])).toEqual([
    { due: undefined, pause: NOTE, reasonJson: undefined },
    { due: until, pause: { ...NOTE, until }, reasonJson: undefined },
  ]);
});

test('a plan to fire that was made before the pause is stale, and so is a pause made before the fire', async () => {
  const shard = await openTestShard(redis);
  const [a, b] = [storedSchedule('a'), storedSchedule('b')];
  await plant(shard, a, b);
  const { epoch } = await shard.leadership.take('me', '{}');
  await shard.changes.control([pausing(a)], 10);
  expect(await shard.schedules.fire(termsOf(epoch), [firing(a), firing(b)])).toEqual([false, true]);
  const before = await shard.dump();
  expect(await shard.changes.control([pausing(b)], 10)).toEqual([false]);
  expect(await shard.dump()).toEqual(before);
});

test('a resume gives the due time back, forgets the note and the failures, and writes the verdicts to the ledger', async () => {
  const shard = await openTestShard(redis);
  const paused = storedSchedule('a:x', { state: 'paused' });
  await plant(shard, storedSchedule('a:x'));
  await shard.changes.control([{ ...pausing(storedSchedule('a:x')) }], 10);
  await shard.connection.hset(shard.shard.key('failing'), 'a:x', '3');
  const before = packSchedule({ ...paused, revision: 2 });
  const next = START + 3 * MINUTE;
  const after = packSchedule({ ...paused, revision: 3, state: 'active', next });
  const skipped = { word: 'skipped(paused)', from: START, to: START + 2 * MINUTE, count: 3 } as const;
  const resume: ScheduleControl = {
    change: { id: 'a:x', before, after, due: next },
    pause: 'forget',
    verdicts: [skipped, { word: 'marked', from: next, to: next, count: 1 }],
  };
  expect(await shard.changes.control([resume], 10)).toEqual([true]);
  expect(await shard.history.ledger('a', 9)).toEqual([
    { schedule: 'a:x', word: 'marked', from: next, to: next, count: 1 },
    { schedule: 'a:x', ...skipped },
  ]);
  expect(await shard.schedules.dueTimes(['a:x'])).toEqual([next]);
  expect(await shard.connection.exists(shard.shard.key('paused'), shard.shard.key('failing'))).toBe(0);
  expect(await shard.connection.llen(shard.shard.key('wake:leader'))).toBe(1);
});

test('the ledger keeps as many verdicts as it is told', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a'));
  const value = packSchedule(storedSchedule('a'));
  const verdicts = [1, 2, 3].map((minute) => {
    const at = START + minute * MINUTE;
    return { word: 'marked', from: at, to: at, count: 1 } as const;
  });
  const change = { id: 'a', before: value, after: value, due: START };
  await shard.changes.control([{ change, pause: undefined, verdicts }], 2);
  expect((await shard.history.ledger('a', 9)).map(({ from }) => from)).toEqual([
    START + 3 * MINUTE,
    START + 2 * MINUTE,
  ]);
});

test('a control without a value to come removes the schedule, and a schedule that is gone is stale', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a'));
  const before = packSchedule(storedSchedule('a'));
  const end: ScheduleControl = {
    change: { id: 'a', before, after: undefined, due: undefined },
    pause: 'forget',
    verdicts: [],
  };
  expect(await shard.changes.control([end], 10)).toEqual([true]);
  expect(await readSchedule(shard, 'a')).toBeUndefined();
  expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
  expect(await shard.changes.control([end], 10)).toEqual([false]);
});

test('a removal by saving takes the note and the failures along', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('a'));
  await shard.changes.control([pausing(storedSchedule('a'))], 10);
  await shard.connection.hset(shard.shard.key('failing'), 'a', '3');
  const before = packSchedule(storedSchedule('a', { revision: 2, state: 'paused' }));
  expect(await shard.schedules.save([{ id: 'a', before, after: undefined, due: undefined }])).toEqual([true]);
  expect(await shard.connection.exists(shard.shard.key('paused'), shard.shard.key('failing'))).toBe(0);
});
