import { describe, expect, test } from 'vitest';
import { packBackfill, type Backfill, type BackfillSpec } from '../../src/core/backfill.ts';
import type { StoredSchedule } from '../../src/core/stored_schedule.ts';
import type { BackfillEntry, DueBackfill } from '../../src/store/backfills.ts';
import { startRedis } from '../support/redis.ts';
import { MINUTE, plant, readSchedule, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { openTestShard, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const FROM = START - 3 * MINUTE;

const backfillOf = (id: string, spec: Partial<BackfillSpec> = {}): Backfill => ({
  id,
  cursor: FROM,
  released: 0,
  spec: {
    kind: 'backfill',
    from: FROM,
    to: START,
    overlap: 'allow',
    rate: [60, 60_000],
    ruleJson: '{"c":"* * * * *"}',
    payload: { schedule: 'not this' },
    schedule: 'a',
    at: START,
    ...spec,
  },
});

async function openWith(backfill: Backfill, schedule: Partial<StoredSchedule> = {}) {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await plant(shard, storedSchedule('a', schedule));
  expect(await shard.backfills.create(backfill)).toBe(true);
  const { epoch } = await shard.leadership.take('me', '{}');
  return { ...shard, epoch };
}

async function dueOne(shard: TestShard): Promise<DueBackfill> {
  const [due, ...more] = (await shard.backfills.due(9)).due;
  if (!due || more.length > 0) throw new Error('there is not one backfill due');
  return due;
}

/** The commit that releases its next two fire times and looks again in a second. */
function releasing({ backfill, value, head }: DueBackfill, more: Partial<BackfillEntry> = {}): BackfillEntry {
  const fireTimes = [backfill.cursor, backfill.cursor + MINUTE];
  const after = { ...backfill, cursor: backfill.cursor + 2 * MINUTE, released: backfill.released + 2 };
  return {
    id: backfill.id,
    expectedValue: value,
    newValue: packBackfill(after),
    due: START + 1_000,
    schedule: 'a',
    expectedHead: head,
    place: { job: 'a', queue: 'default', lane: '0:a', head: 'a default 0 p1 0 0 0 ' },
    verdicts: fireTimes.map((at) => `backfilled ${String(at)}`).join(';'),
    fireTimes,
    runSuffix: `!${backfill.id}`,
    payloadJson: '7',
    runs: 'apart',
    ...more,
  };
}

const idsOf = (suffix: string): string[] => [`a@${String(FROM)}${suffix}`, `a@${String(FROM + MINUTE)}${suffix}`];

describe('a backfill', () => {
  test('is created once under one id, is due at once, and the leader is told', async () => {
    const shard = await openWith(backfillOf('b1'));
    expect(await shard.connection.llen(shard.shard.key('wake:leader'))).toBe(1);
    expect(await shard.backfills.create(backfillOf('b1', { from: 1 }))).toBe(false);
    expect(await shard.backfills.list()).toEqual([backfillOf('b1')]);
    expect(await shard.backfills.due(9)).toMatchObject({
      now: START,
      jobsRevision: '0',
      freezes: '',
      nextDue: undefined,
      due: [{ backfill: backfillOf('b1'), state: 'active', head: `1 ${String(START)} - - `, live: 0 }],
    });
  });

  test('says whether its schedule is paused or gone, and how many of its runs live', async () => {
    const shard = await openWith(backfillOf('b1'), { state: 'paused', others: 'r1,r2,r3' });
    await shard.enqueue('a', ['r1', 'r3']);
    expect(await dueOne(shard)).toMatchObject({ state: 'paused', live: 2 });
    const [before] = await shard.schedules.read(['a']);
    await shard.schedules.save([{ id: 'a', before, after: undefined, due: undefined }]);
    expect(await dueOne(shard)).toMatchObject({ state: 'gone', live: 0, head: '' });
  });

  test('releases runs with ids of their own, writes the verdicts and moves on, in one step', async () => {
    const shard = await openWith(backfillOf('b1'));
    expect(await shard.backfills.fire(termsOf(shard.epoch), [releasing(await dueOne(shard))])).toEqual([true]);
    expect((await shard.history.ledger('a', 9)).map(({ word, from }) => [word, from])).toEqual([
      ['backfilled', FROM + MINUTE],
      ['backfilled', FROM],
    ]);
    expect(await shard.backfills.list()).toMatchObject([{ cursor: FROM + 2 * MINUTE, released: 2 }]);
    expect(await shard.backfills.due(9)).toMatchObject({ due: [], nextDue: START + 1_000 });
    expect(await readSchedule(shard, 'a')).toEqual(storedSchedule('a'));
    const { attempts } = await shard.claim({ want: 9 });
    expect(attempts.map(({ run }) => run.id)).toEqual(idsOf('!b1'));
    expect(attempts[0]?.run).toMatchObject({ fireTime: FROM, priority: 0, payloadJson: '7' });
  });

  test('that is done is forgotten', async () => {
    const shard = await openWith(backfillOf('b1'));
    await shard.backfills.fire(termsOf(shard.epoch), [releasing(await dueOne(shard), { newValue: undefined })]);
    expect(await shard.backfills.list()).toEqual([]);
    expect(Object.keys(await shard.dump()).filter((key) => key.startsWith('backfill'))).toEqual([]);
  });

  test('notes its runs in the schedule where the overlap policy is to count them', async () => {
    const shard = await openWith(backfillOf('b1'), { others: 'gone,r1' });
    await shard.enqueue('a', ['r1']);
    await shard.backfills.fire(termsOf(shard.epoch), [releasing(await dueOne(shard), { runs: 'noted' })]);
    expect(await readSchedule(shard, 'a')).toMatchObject({ others: ['r1', ...idsOf('!b1')].join(',') });
    expect((await shard.schedules.due(9)).due).toMatchObject([{ live: ['r1', ...idsOf('!b1')] }]);
  });

  test('does not make a run again that is there', async () => {
    const shard = await openWith(backfillOf('b1'));
    const due = await dueOne(shard);
    await shard.backfills.fire(termsOf(shard.epoch), [releasing(due)]);
    const attempt = await shard.claimOne();
    await shard.connection.hset(shard.shard.key('backfills'), 'b1', due.value); // a failover lost the commit, not the runs
    expect(await shard.backfills.fire(termsOf(shard.epoch), [releasing(due)])).toEqual([true]);
    expect(await shard.settle(attempt, succeeded())).toBe(true);
    expect(await shard.claimIds({ want: 9 })).toEqual(idsOf('!b1').slice(1));
  });
});

describe('a release', () => {
  const change = async (shard: TestShard, fields: Partial<StoredSchedule>): Promise<void> => {
    const [before] = await shard.schedules.read(['a']);
    await shard.schedules.save([{ id: 'a', before, after: undefined, due: undefined }]);
    if (fields.id !== '') await plant(shard, storedSchedule('a', fields));
  };

  test.each<[string, (shard: TestShard) => Promise<unknown>]>([
    ['it was cancelled', (shard) => shard.backfills.remove('b1', START)],
    ['somebody else released', (shard) => shard.connection.hset(shard.shard.key('backfills'), 'b1', '0 0 {}')],
    ['its schedule was paused', (shard) => change(shard, { state: 'paused', revision: 2 })],
    ['its schedule fired', (shard) => change(shard, { last: START })],
    ['its schedule was deleted', (shard) => change(shard, { id: '' })],
    ['a freeze was said', (shard) => shard.connection.set(shard.shard.key('freezes'), '[]')],
  ])('is stale and changes nothing when meanwhile %s', async (_, meanwhile) => {
    const shard = await openWith(backfillOf('b1'));
    const entry = releasing(await dueOne(shard));
    await meanwhile(shard);
    const before = await shard.dump();
    expect(await shard.backfills.fire(termsOf(shard.epoch), [entry])).toEqual([false]);
    expect(await shard.dump()).toEqual(before);
  });

  test('that looks at the revision only minds no fire of the schedule', async () => {
    const shard = await openWith(backfillOf('b1'));
    const entry = releasing(await dueOne(shard), { expectedHead: '1 ' });
    await change(shard, { last: START });
    expect(await shard.backfills.fire(termsOf(shard.epoch), [entry])).toEqual([true]);
  });

  test('under an older epoch is refused, and a stale one keeps no other from being committed', async () => {
    const shard = await openWith(backfillOf('b1'));
    const entry = releasing(await dueOne(shard));
    expect(await shard.backfills.fire(termsOf('1'), [entry])).toBe('fenced');
    const stale = { ...entry, expectedValue: 'other' };
    expect(await shard.backfills.fire(termsOf(shard.epoch), [stale, entry])).toEqual([false, true]);
  });
});

describe('a cancelled backfill', () => {
  test('is not listed any more, but can be seen until the leader drops it', async () => {
    const shard = await openWith(backfillOf('b1'));
    await shard.backfills.fire(termsOf(shard.epoch), [releasing(await dueOne(shard))]);
    expect(await shard.backfills.remove('b1', START)).toBe(true);
    expect(await shard.backfills.remove('b1', START)).toBe(false);
    expect(await shard.backfills.list()).toEqual([]);
    const due = await dueOne(shard);
    expect(due).toMatchObject({ backfill: { spec: { cancelled: START } } });
    expect(await shard.backfills.get('b1')).toEqual(due.backfill);
    const drop = releasing(due, { newValue: undefined, fireTimes: [], verdicts: '', expectedHead: '1 ' });
    expect(await shard.backfills.fire(termsOf(shard.epoch), [drop])).toEqual([true]);
    expect(await shard.connection.exists(shard.shard.key('backfills'))).toBe(0);
  });

  test('that never was is told', async () => {
    const shard = await openTestShard(redis);
    expect(await shard.backfills.remove('b1', START)).toBe(false);
  });
});

test('a due entry without a backfill is dropped, a backfill without one gets it back', async () => {
  const shard = await openWith(backfillOf('b1'));
  await shard.connection.del(shard.shard.key('backfill_due'));
  await shard.connection.zadd(shard.shard.key('backfill_due'), START, 'ghost');
  expect((await shard.backfills.due(9)).due).toEqual([]);
  expect(await shard.backfills.rescue()).toBe(1);
  expect(await shard.backfills.rescue()).toBe(0);
  expect(await dueOne(shard)).toMatchObject({ backfill: { id: 'b1' } });
});
