import { describe, expect, test } from 'vitest';
import type { BackfillSpec } from '../../src/core/backfill.ts';
import { CANCELLED_SHOWN_MS } from '../../src/core/backfill_plan.ts';
import { createEventBus, type Events } from '../../src/core/events.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { compileJob } from '../../src/core/compile_job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { createBackfiller } from '../../src/scheduler/backfiller.ts';
import { createCatalogue } from '../../src/scheduler/catalogue.ts';
import { createCalendarStore } from '../../src/store/calendars.ts';
import { startRedis } from '../support/redis.ts';
import { MINUTE, plant, readSchedule, storedSchedule } from '../support/stored_schedules.ts';
import { openTestShard, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const RULE: ScheduleRule = { c: '* * * * *', p: { from: 'rule' } };

/** A leader's backfiller over the schedule `a`, whose clock stands still, with nothing to do for a while before. */
async function openBackfiller({ perSecond = 1_000 } = {}) {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.jobs.save([recordOf(compileJob('a', { run: () => null, priority: 7 }, { file: undefined }))], []);
  await plant(shard, storedSchedule('a', { ruleJson: JSON.stringify(RULE), next: START + MINUTE }));
  const { epoch } = await shard.leadership.take('me', '{}');
  const events = createEventBus();
  const said: { [Name in 'backfill.done' | 'schedule.verdict' | 'tick.failed']: Events[Name][] } = {
    'backfill.done': [],
    'schedule.verdict': [],
    'tick.failed': [],
  };
  for (const name of ['backfill.done', 'schedule.verdict', 'tick.failed'] as const) {
    events.on(name, (event) => said[name].push(event as never));
  }
  const catalogue = createCatalogue({ jobs: shard.jobs, calendars: createCalendarStore(shard.shard) });
  const backfiller = createBackfiller({ ...shard, catalogue, events, ledgerCount: 1_000, perSecond });
  const term = { shard: 0, epoch, primary: 'same' as const };
  const release = (): Promise<number> => backfiller.release(term);
  await release();
  shard.clock.now += 1_000;
  /** Runs that were made since the last look, which are taken by a worker at once. */
  const made = async (): Promise<string[]> => shard.claimIds({ want: 1_000, leaseMs: 1e9 });
  const begin = (id: string, more: Partial<BackfillSpec> = {}): Promise<boolean> => {
    const range = { from: START - 10 * MINUTE, to: START, at: START, ruleJson: JSON.stringify(RULE) };
    const spec = { schedule: 'a', kind: 'backfill', overlap: 'allow', rate: [10, 1_000], ...range, ...more } as const;
    return shard.backfills.create({ id, cursor: spec.from, released: 0, spec: spec as BackfillSpec });
  };
  return { ...shard, events, said, release, made, begin, backfiller };
}

describe('a backfill', () => {
  test('is released at its own rate, behind all live work, and told when it is done', async () => {
    const play = await openBackfiller();
    await play.begin('b1', { payload: { from: 'me' } });
    const ids: string[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      expect(await play.release()).toBe(turn === 9 ? 1_000 : 100);
      const { attempts } = await play.claim({ want: 9 });
      expect(attempts).toHaveLength(1);
      expect(attempts[0]?.run).toMatchObject({ priority: 0, payloadJson: '{"from":"me"}' });
      ids.push(attempts[0]?.run.id ?? '');
      play.clock.now += 100;
    }
    expect(ids).toEqual(Array.from({ length: 10 }, (_, i) => `a@${String(START - (10 - i) * MINUTE)}!b1`));
    const done = { schedule: 'a', backfill: 'b1', kind: 'backfill', released: 10 };
    expect(play.said['backfill.done']).toEqual([done]);
    expect(play.said['schedule.verdict'].map(({ word }) => word)).toEqual(new Array(10).fill('backfilled'));
    expect(await play.backfills.list()).toEqual([]);
  });

  test('carries the payload of the rule where nobody gave another', async () => {
    const play = await openBackfiller();
    await play.begin('b1');
    await play.release();
    expect((await play.claimOne()).run.payloadJson).toBe('{"from":"rule"}');
  });

  test('that buffers has one run at a time, which the overlap policy of the schedule counts', async () => {
    const play = await openBackfiller();
    await play.begin('b1', { overlap: 'buffer-all' });
    await play.release();
    const attempt = await play.claimOne();
    expect(await readSchedule(play, 'a')).toMatchObject({ others: attempt.run.id });
    play.clock.now += 10_000;
    await play.release();
    expect(await play.made()).toEqual([]);
    await play.settle(attempt, succeeded());
    play.clock.now += 1_000;
    await play.release();
    expect(await play.made()).toHaveLength(1);
  });

  test('waits while its schedule is paused or everything is frozen', async () => {
    const play = await openBackfiller();
    await play.begin('b1');
    const freeze = [{ id: 'f', from: START, until: START + MINUTE, by: 'me', why: 'test' }];
    await play.connection.set(play.shard.key('freezes'), JSON.stringify(freeze));
    await play.release();
    expect(await play.made()).toEqual([]);
    play.clock.now = START + MINUTE;
    await play.release();
    expect(await play.made()).toHaveLength(1);
    const [before] = await play.schedules.read(['a']);
    await play.schedules.save([{ id: 'a', before, after: before?.replace(/^1 /, '2p '), due: undefined }]);
    play.clock.now += 1_000;
    await play.release();
    expect(await play.made()).toEqual([]);
    expect(await play.backfills.list()).toMatchObject([{ released: 1 }]);
  });

  test('that was cancelled ends, and a catch-up says what became of its rest', async () => {
    const play = await openBackfiller();
    await play.begin('b1');
    await play.begin('c1', { kind: 'catch-up' });
    await play.release();
    expect(await play.made()).toHaveLength(2);
    await play.backfills.remove('b1', play.clock.now);
    await play.backfills.remove('c1', play.clock.now);
    await play.release();
    expect(await play.backfills.get('b1')).toMatchObject({ released: 1 });
    play.clock.now += CANCELLED_SHOWN_MS;
    await play.release();
    expect(await play.backfills.get('b1')).toBeUndefined();
    expect(await play.made()).toEqual([]);
    expect(play.said['backfill.done'].map(({ backfill, released }) => [backfill, released])).toEqual([
      ['b1', 1],
      ['c1', 1],
    ]);
    const rest = { word: 'missed(catch-up)', from: START - 9 * MINUTE, to: START - MINUTE, count: 9 };
    expect((await play.history.ledger('a', 1))[0]).toMatchObject(rest);
  });

  test('that cannot be planned is told and tried again later, and holds up no other', async () => {
    const play = await openBackfiller();
    await play.begin('bad', { ruleJson: '{"c":"61 * * * *"}' });
    await play.begin('good');
    await play.release();
    expect(await play.made()).toEqual([`a@${String(START - 10 * MINUTE)}!good`]);
    expect(play.said['tick.failed']).toEqual([
      { shard: 0, error: expect.stringContaining('backfill bad of a') as string },
    ]);
    play.clock.now += 29_000;
    await play.release();
    expect(play.said['tick.failed']).toHaveLength(1);
    play.clock.now += 1_000;
    await play.release();
    expect(play.said['tick.failed']).toHaveLength(2);
  });
});

describe('all of them together', () => {
  test('release no more in a second than the shard may, and each gets its turn', async () => {
    const play = await openBackfiller({ perSecond: 20 });
    for (let i = 0; i < 30; i += 1) await play.begin(`b${String(i)}`);
    await play.connection.hset(play.shard.key('backfills'), await spreadOver(play, 30));
    const released: { at: number; id: string }[] = [];
    for (let ms = 0; ms < 3_000;) {
      const delayMs = await play.release();
      expect(delayMs).toBeGreaterThan(0);
      for (const id of await play.made()) released.push({ at: play.clock.now, id });
      play.clock.now += delayMs;
      ms += delayMs;
    }
    for (const { at } of released) {
      expect(released.filter((other) => other.at >= at && other.at < at + 1_000).length).toBeLessThanOrEqual(20);
    }
    expect(released.length).toBeGreaterThan(45);
    expect(new Set(released.map(({ id }) => id.slice(0, id.indexOf('@')))).size).toBe(30);
  });

  test('a newer leader is noticed, and nothing is released', async () => {
    const play = await openBackfiller();
    await play.begin('b1');
    await play.leadership.take('successor', '{}');
    await expect(play.release()).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(await play.made()).toEqual([]);
  });
});

/** Gives each backfill a schedule of its own. */
async function spreadOver(
  play: Awaited<ReturnType<typeof openBackfiller>>,
  count: number,
): Promise<Record<string, string>> {
  const [value = ''] = await play.schedules.read(['a']);
  const stored = await play.connection.hgetall(play.shard.key('backfills'));
  const values: Record<string, string> = {};
  for (let i = 0; i < count; i += 1) {
    const id = `b${String(i)}`;
    await play.connection.hset(play.shard.key('schedules'), `a:${String(i)}`, value);
    values[id] = (stored[id] ?? '').replace('"schedule":"a"', `"schedule":"a:${String(i)}"`);
  }
  return values;
}
