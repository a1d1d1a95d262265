import { describe, expect, test } from 'vitest';
import type { CommitTerms } from '../../src/store/schedules.ts';
import { startRedis } from '../support/redis.ts';
import {
  firing,
  MINUTE,
  plant,
  readSchedule,
  storedSchedule,
  termsOf,
  openAsLeader,
} from '../support/stored_schedules.ts';
import { openTestShard, START, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();

async function open(...names: string[]): Promise<TestShard & { epoch: string; terms: CommitTerms }> {
  const shard = await openAsLeader(redis, ...names);
  return { ...shard, terms: termsOf(shard.epoch, { ledgerCount: 3 }) };
}

describe('firing', () => {
  test('makes the run, writes the verdict and moves the cursor in one step', async () => {
    const shard = await open('a');
    expect(await shard.schedules.fire(shard.terms, [firing(storedSchedule('a'))])).toEqual([true]);
    expect(await readSchedule(shard, 'a')).toMatchObject({
      next: START + MINUTE,
      last: START,
      ruleJson: '{"c":"* * * * *"}',
    });
    expect(await shard.schedules.dueTimes(['a'])).toEqual([START + MINUTE]);
    expect(await shard.history.ledger('a', 9)).toEqual([
      { schedule: 'a', word: 'fired', from: START, to: START, count: 1 },
    ]);
    expect((await shard.claimOne()).run).toMatchObject({ id: `a@${String(START)}`, job: 'a', fireTime: START });
  });

  test('the same plan a second time is stale and changes nothing', async () => {
    const shard = await open('a');
    await shard.schedules.fire(shard.terms, [firing(storedSchedule('a'))]);
    const before = await shard.dump();
    expect(await shard.schedules.fire(shard.terms, [firing(storedSchedule('a'))])).toEqual([false]);
    expect(await shard.dump()).toEqual(before);
  });

  test.each([
    ['revision', { revision: 2 }],
    ['cursor', { next: START + 1 }],
    ['last run', { last: START - 1 }],
    ['list of other runs', { others: 'x' }],
    ['state', { state: 'paused' as const }],
    ['number of runs', { made: 3 }],
  ])('a plan made from another %s is stale', async (_, changed) => {
    const shard = await open('a');
    const before = await shard.dump();
    expect(await shard.schedules.fire(shard.terms, [firing(storedSchedule('a', changed))])).toEqual([false]);
    expect(await shard.dump()).toEqual(before);
  });

  test('a plan for a schedule that is gone is stale', async () => {
    const shard = await open();
    const before = await shard.dump();
    expect(await shard.schedules.fire(shard.terms, [firing(storedSchedule('gone'))])).toEqual([false]);
    expect(await shard.dump()).toEqual(before);
  });

  test('a stale one among others does not keep them from being committed', async () => {
    const shard = await open('a', 'b', 'c');
    const stale = firing(storedSchedule('b', { revision: 9 }));
    const entries = [firing(storedSchedule('a')), stale, firing(storedSchedule('c'))];
    expect(await shard.schedules.fire(shard.terms, entries)).toEqual([true, false, true]);
    expect(await shard.claimIds({ want: 9 })).toHaveLength(2);
  });

  test('under an older epoch is refused as a whole', async () => {
    const shard = await open('a');
    await shard.leadership.take('successor', '{}');
    const before = await shard.dump();
    expect(await shard.schedules.fire(shard.terms, [firing(storedSchedule('a'))])).toBe('fenced');
    expect(await shard.dump()).toEqual(before);
  });

  test('without a run writes the verdict and moves on', async () => {
    const shard = await open('a');
    const skip = firing(storedSchedule('a'), { fire: undefined, verdicts: `skipped(overlap) ${String(START)}` });
    await shard.schedules.fire(shard.terms, [skip]);
    expect(await shard.history.ledger('a', 9)).toMatchObject([{ word: 'skipped(overlap)', from: START }]);
    expect(await shard.claimIds()).toEqual([]);
  });

  test('the last fire time takes the schedule out of the due times', async () => {
    const shard = await open('a');
    await shard.schedules.fire(shard.terms, [firing(storedSchedule('a'), { due: undefined })]);
    expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
  });

  test('keeps the newest verdicts of a job, several of one pass in their order', async () => {
    const shard = await open('a');
    const verdicts = 'missed(catch-up) 1..2 2;merged 3;merged 4;caught-up 5';
    await shard.schedules.fire(shard.terms, [firing(storedSchedule('a'), { verdicts })]);
    expect((await shard.history.ledger('a', 9)).map(({ word, from }) => `${word} ${String(from)}`)).toEqual([
      'caught-up 5',
      'merged 4',
      'merged 3',
    ]);
  });

  test('of schedules that share a job is noted in its one ledger and waits in its one lane', async () => {
    const shard = await open('a', 'b');
    const { place } = firing(storedSchedule('job'));
    await shard.knows(['job']);
    const entries = ['a', 'b'].map((name) => firing(storedSchedule(name), { place }));
    await shard.schedules.fire(shard.terms, entries);
    expect((await shard.history.ledger('job', 9)).map(({ schedule }) => schedule)).toEqual(['b', 'a']);
    expect(await shard.claimIds({ want: 9 })).toEqual([`a@${String(START)}`, `b@${String(START)}`]);
  });

  test('of 5,000 schedules is one call', async () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `s${String(index)}`);
    const shard = await open(...names);
    const answers = await shard.schedules.fire(
      shard.terms,
      names.map((name) => firing(storedSchedule(name))),
    );
    expect(answers).toEqual(names.map(() => true));
    expect(await shard.connection.hlen(shard.shard.key('runs'))).toBe(5_000);
  });
});

describe('the due schedules', () => {
  test('are read in the order of their due times, with the next one to come', async () => {
    const shard = await openTestShard(redis);
    await plant(
      shard,
      storedSchedule('b', { next: START }),
      storedSchedule('a', { next: START - 5 }),
      storedSchedule('later', { next: START + 7 }),
    );
    const batch = await shard.schedules.due(10);
    expect(batch.due.map(({ schedule }) => schedule.id)).toEqual(['a', 'b']);
    expect(batch).toMatchObject({ now: START, nextDue: START + 7, jobsRevision: '0' });
    expect((await shard.schedules.due(1)).due.map(({ schedule }) => schedule.id)).toEqual(['a']);
  });

  test('name the runs of the schedule that live: scheduled, by hand, and how many of them are held', async () => {
    const shard = await openTestShard(redis);
    const last = START - 1;
    await plant(
      shard,
      storedSchedule('idle', { last }),
      storedSchedule('busy', { last, made: 7 }),
      storedSchedule('by-hand', { others: 'gone,h1,h2' }),
      storedSchedule('was-by-hand', { others: 'gone' }),
      storedSchedule('both', { last, others: 'h3' }),
    );
    await shard.enqueue('busy', [`busy@${String(last)}`, `both@${String(last)}`, 'h1', 'h2', 'h3']);
    await shard.connection.hset(shard.shard.key('holds'), 'h2', `${String(START)} h1`);
    const { due } = await shard.schedules.due(10);
    const live = Object.fromEntries(
      due.map((item) => [item.schedule.id, `${item.live.join(' ')} ${String(item.held)}`]),
    );
    expect(live).toEqual({
      idle: ' 0',
      busy: `busy@${String(last)} 0`,
      'by-hand': 'h1 h2 1',
      'was-by-hand': ' 0',
      both: `h3 both@${String(last)} 0`,
    });
  });

  test('come with the freezes, the dead letters in a row and the note of a pause', async () => {
    const shard = await openTestShard(redis);
    const { connection, shard: keys } = shard;
    await plant(shard, storedSchedule('a'), storedSchedule('b', { state: 'paused' }), storedSchedule('c'));
    await connection.set(keys.key('freezes'), '[{"id":"f"}]');
    await connection.hset(keys.key('failing'), 'a', 4);
    const note = { at: START, by: 'me', note: 'two words', until: START };
    await connection.hset(keys.key('paused'), 'b', JSON.stringify(note));
    const batch = await shard.schedules.due(10);
    expect(batch.freezes).toBe('[{"id":"f"}]');
    expect(batch.due).toMatchObject([
      { failures: 4, pause: undefined },
      { failures: 0, pause: note },
      { failures: 0, pause: undefined, live: [], held: 0 },
    ]);
  });

  test('without a schedule behind them are dropped', async () => {
    const shard = await openTestShard(redis);
    await shard.connection.zadd(shard.shard.key('due'), START, 'ghost');
    expect((await shard.schedules.due(10)).due).toEqual([]);
    expect(await shard.connection.zcard(shard.shard.key('due'))).toBe(0);
  });
});

describe('quarantine', () => {
  test('takes a schedule out of the due times, with the reason', async () => {
    const shard = await open('a', 'b');
    const [value = ''] = await shard.schedules.read(['a']);
    expect(await shard.schedules.quarantine(shard.epoch, 'a', value, '{"message":"why"}')).toBe('quarantined');
    expect(await shard.schedules.quarantined()).toEqual(new Map([['a', '{"message":"why"}']]));
    expect((await shard.schedules.due(9)).due.map(({ schedule }) => schedule.id)).toEqual(['b']);
    expect(await shard.schedules.read(['a'])).toEqual([value]);
  });

  test('of a schedule that has changed meanwhile, or under an older epoch, changes nothing', async () => {
    const shard = await open('a');
    const [value = ''] = await shard.schedules.read(['a']);
    const before = await shard.dump();
    expect(await shard.schedules.quarantine(shard.epoch, 'a', `${value} `, '{}')).toBe('stale');
    expect(await shard.schedules.quarantine('1', 'a', value, '{}')).toBe('fenced');
    expect(await shard.dump()).toEqual(before);
  });

  test('ends when the schedule is saved again', async () => {
    const shard = await open('a');
    const [value = ''] = await shard.schedules.read(['a']);
    await shard.schedules.quarantine(shard.epoch, 'a', value, '{}');
    await shard.schedules.save([{ id: 'a', before: value, after: value, due: START + 5 }]);
    expect(await shard.schedules.quarantined()).toEqual(new Map());
    expect(await shard.schedules.dueTimes(['a'])).toEqual([START + 5]);
  });
});
