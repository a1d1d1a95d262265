import { expect, test } from 'vitest';
import { createEventBus, type Events } from '../../src/core/events.ts';
import { packSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import { createCatalogue } from '../../src/scheduler/catalogue.ts';
import { createSweeper } from '../../src/scheduler/sweeper.ts';
import { createCalendarStore } from '../../src/store/calendars.ts';
import { startRedis } from '../support/redis.ts';
import { MINUTE, readSchedule, storedSchedule } from '../support/stored_schedules.ts';
import { KEEP_ALL, openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();

/** Schedules as they must never be found: without a due time. */
async function openUnindexed(...schedules: StoredSchedule[]) {
  const shard = await openTestShard(redis);
  const values = schedules.flatMap((schedule) => [schedule.id, packSchedule(schedule)]);
  if (values.length > 0) await shard.connection.hset(shard.shard.key('schedules'), ...(values as [string, string]));
  const events = createEventBus();
  const repaired: Events['schedule.repaired'][] = [];
  events.on('schedule.repaired', (event) => repaired.push(event));
  const catalogue = createCatalogue({ jobs: shard.jobs, calendars: createCalendarStore(shard.shard) });
  const time = { elapsed: 0 };
  const clock = { now: () => shard.clock.now, monotonic: () => (time.elapsed += 2) };
  const sweeper = createSweeper({ ...shard, catalogue, events, clock, retention: KEEP_ALL });
  const term = { shard: 0, epoch: '1', primary: 'same' as const };
  /** The delays until the sweep was done, the last one until the next sweep. */
  const sweep = async (): Promise<number[]> => {
    const delays = [await sweeper.sweep(term)];
    while ((delays.at(-1) ?? 0) < MINUTE) delays.push(await sweeper.sweep(term));
    return delays;
  };
  return { ...shard, sweep, repaired };
}

const PAST = { next: START - MINUTE };
const DELAY = '{"f":90000}';

test('what is to go on gets its due time back: a fire time with its jitter, a pause its end', async () => {
  const shard = await openUnindexed(
    storedSchedule('plain', PAST),
    storedSchedule('jittery', { next: START, ruleJson: '{"c":"0 * * * *","r":600000}' }),
    storedSchedule('ends', { ...PAST, state: 'paused' }),
    storedSchedule('damaged', { ...PAST, ruleJson: '{"c":' }),
  );
  const note = { at: START, by: 'me', note: '', until: START + 7 };
  await shard.connection.hset(shard.shard.key('paused'), 'ends', JSON.stringify(note));
  await shard.sweep();
  const [plain, jittery, ends, damaged] = await shard.schedules.dueTimes(['plain', 'jittery', 'ends', 'damaged']);
  expect([plain, ends, damaged]).toEqual([PAST.next, START + 7, PAST.next]);
  expect(jittery).toBeGreaterThan(START);
  expect(jittery).toBeLessThan(START + 600_000);
  expect(shard.repaired).toEqual([{ shard: 0, count: 4 }]);
  await shard.sweep();
  expect(shard.repaired).toHaveLength(1);
});

test('what is not to go on is left alone', async () => {
  const shard = await openUnindexed(
    storedSchedule('ended', { next: 0, last: START }),
    storedSchedule('paused', { ...PAST, state: 'paused' }),
    storedSchedule('quarantined', PAST),
    storedSchedule('spent', { next: 0, last: START, made: 3, ruleJson: '{"f":90000,"mr":3}' }),
    storedSchedule('over', { next: 0, last: START, ruleJson: `{"f":90000,"q":${String(START + MINUTE)}}` }),
    storedSchedule('delayed-and-paused', { next: 0, last: START, state: 'paused', ruleJson: DELAY }),
    storedSchedule('running', { next: 0, last: START, ruleJson: DELAY }),
  );
  await shard.connection.hset(shard.shard.key('paused'), 'paused', JSON.stringify({ at: START, by: 'me', note: '' }));
  await shard.connection.hset(shard.shard.key('quarantined'), 'quarantined', '{}');
  await shard.enqueue('running', [`running@${String(START)}`]);
  const before = await shard.dump();
  await shard.sweep();
  const after = await shard.dump();
  // A paused delay may begin: nothing is due by that.
  expect({ ...after, schedules: undefined }).toEqual({ ...before, schedules: undefined });
  expect((await readSchedule(shard, 'spent'))?.next).toBe(0);
  expect((await readSchedule(shard, 'over'))?.next).toBe(0);
  expect((await readSchedule(shard, 'running'))?.next).toBe(0);
});

test('a fixed delay whose run is gone begins, and a held run whose blocker is gone is let go', async () => {
  const shard = await openUnindexed(
    storedSchedule('delayed', { next: 0, last: START, ruleJson: DELAY }),
    storedSchedule('a'),
  );
  await shard.knows(['a']);
  await shard.enqueue('a', ['held']);
  await shard.connection.del(shard.shard.key('lane:default|5:a'), shard.shard.key('ready:default'));
  await shard.connection.hset(shard.shard.key('holds'), 'held', `${String(START)} gone`);
  await shard.connection.hset(shard.shard.key('followers'), 'gone', 'held -');
  await shard.sweep();
  expect(await readSchedule(shard, 'delayed')).toMatchObject({ next: START + 90_000 });
  expect(await shard.schedules.dueTimes(['delayed'])).toEqual([START + 90_000]);
  expect(await shard.claimIds({ want: 9 })).toEqual(['held']);
});

test('a backfill without a due time gets it back', async () => {
  const shard = await openUnindexed();
  await shard.connection.hset(shard.shard.key('backfills'), 'b1', '1 0 {"schedule":"a"}');
  await shard.sweep();
  expect(shard.repaired).toEqual([{ shard: 0, count: 1 }]);
  expect((await shard.backfills.due(9)).due).toHaveLength(1);
});

test('a sweep over many rests fifty times as long as it works, and all are looked at', async () => {
  const many = Array.from({ length: 3_000 }, (_, i) => storedSchedule(`s${String(i)}`, PAST));
  const shard = await openUnindexed(...many);
  const delays = await shard.sweep();
  expect(delays.length).toBeGreaterThan(5);
  expect(new Set(delays.slice(0, -1))).toEqual(new Set([100])); // the clock of this test says 2 ms for each slice
  expect(shard.repaired).toEqual([{ shard: 0, count: 3_000 }]);
});
