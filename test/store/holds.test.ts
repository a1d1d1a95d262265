import { describe, expect, test } from 'vitest';
import type { Fire } from '../../src/core/tick.ts';
import type { OverlapPolicy } from '../../src/core/job.ts';
import { startRedis } from '../support/redis.ts';
import { creation, firing, MINUTE, plant, readSchedule, storedSchedule, termsOf } from '../support/stored_schedules.ts';
import { dead, KEEP_ALL, openTestShard, retrying, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const idOf = (minute: number): string => `a@${String(START + minute * MINUTE)}`;

type Opened = TestShard & {
  /** Fires the next minute of the schedule, with the live runs noted as the ticker does. */
  fire(how?: Fire['how']): Promise<string>;
  trigger(runId: string, overlap: OverlapPolicy): ReturnType<TestShard['schedules']['trigger']>;
  states(): Promise<Record<string, string>>;
};

/** A schedule `a` whose runs nobody has claimed yet. */
async function open(): Promise<Opened> {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await plant(shard, storedSchedule('a'));
  const { epoch } = await shard.leadership.take('me', '{}');
  const fire = async (how: Fire['how'] = 'ready'): Promise<string> => {
    const [schedule, { due }] = [await readSchedule(shard, 'a'), await shard.schedules.due(1)];
    if (!schedule) throw new Error('the schedule is gone');
    const entry = firing(schedule, { fire: { fireTime: schedule.next, how } });
    const others = due[0]?.live.join(',') ?? '';
    const newHead = entry.newHead.replace(/ \S+ $/, ` ${others === '' ? '-' : others} `);
    shard.clock.now = schedule.next + MINUTE;
    expect(await shard.schedules.fire(termsOf(epoch), [{ ...entry, newHead }])).toEqual([true]);
    return `a@${String(schedule.next)}`;
  };
  const trigger = (runId: string, overlap: OverlapPolicy) => {
    const run = { queue: 'default', lane: '5:a', runId, packed: 'a default 5 p1 0 0 0 null', retention: KEEP_ALL };
    return shard.schedules.trigger({ schedule: 'a', overlap, ...run });
  };
  const states = async (): Promise<Record<string, string>> => {
    const { runs } = await shard.history.scanLive('0', 1_000);
    const live = await Promise.all(runs.map((run) => shard.history.describe(run)));
    const behind = (list: string[] | undefined): string => (list === undefined ? '' : ` behind ${list.join(' and ')}`);
    return Object.fromEntries(live.map(({ run, state, heldBy }) => [run.id, `${state}${behind(heldBy?.runs)}`]));
  };
  return { ...shard, fire, trigger, states };
}

describe('a run that is held', () => {
  test('waits, says behind which run and since when, and is not claimed', async () => {
    const shard = await open();
    const first = await shard.fire();
    const second = await shard.fire('hold');
    const at = shard.clock.now;
    shard.clock.now += 5_000;
    expect(await shard.history.live(second)).toMatchObject({ state: 'waiting', heldBy: { runs: [first], since: at } });
    expect(await shard.claimIds({ want: 9 })).toEqual([first]);
    expect((await shard.schedules.due(9)).due).toMatchObject([{ live: [first, second], held: 1 }]);
  });

  test.each([
    ['succeeds', succeeded()],
    ['becomes a dead letter', dead()],
    ['ends as cancelled', { outcome: 'cancelled' as const, bodyJson: '', logged: false }],
  ])('is let go when the one before it %s, and a worker is told', async (_, settlement) => {
    const shard = await open();
    await shard.fire();
    const second = await shard.fire('hold');
    const attempt = await shard.claimOne();
    await shard.connection.del(shard.shard.key('wake:queue:default'));
    await shard.settle(attempt, settlement);
    expect(await shard.states()).toEqual({ [second]: 'ready' });
    expect(await shard.connection.llen(shard.shard.key('wake:queue:default'))).toBe(1);
    const left = Object.keys(await shard.dump()).filter((key) => /^(holds|followers)/.test(key));
    expect(left).toEqual([]);
  });

  test.each([
    ['waits for its next attempt', retrying(5_000)],
    ['is handed back', { outcome: 'released' as const }],
  ])('stays held when the one before it %s', async (_, settlement) => {
    const shard = await open();
    const first = await shard.fire();
    const second = await shard.fire('hold');
    await shard.settle(await shard.claimOne(), settlement);
    expect((await shard.states())[second]).toBe(`waiting behind ${first}`);
  });

  test('is let go when a crash makes the one before it a dead letter', async () => {
    const shard = await open();
    await shard.fire();
    const second = await shard.fire('hold');
    const { run, token } = await shard.claimOne();
    shard.clock.now += 1e6;
    const { epoch } = await shard.leadership.take('me', '{}');
    expect(await shard.runs.reap(epoch, [{ id: run.id, token, settlement: dead() }], KEEP_ALL)).toEqual([true]);
    expect(await shard.states()).toEqual({ [second]: 'ready' });
  });

  test('is let go when the one before it is cancelled before it ran', async () => {
    const shard = await open();
    const first = await shard.fire();
    const second = await shard.fire('hold');
    await shard.runs.cancel(first, '', KEEP_ALL);
    expect(await shard.states()).toEqual({ [second]: 'ready' });
  });

  test('starts at once if what it was to wait for has ended since it was planned', async () => {
    const shard = await open();
    await shard.fire();
    await shard.settle(await shard.claimOne(), succeeded());
    const second = await shard.fire('hold');
    expect(await shard.states()).toEqual({ [second]: 'ready' });
  });
});

describe('a chain of held runs', () => {
  test('runs one after the other', async () => {
    const shard = await open();
    const ids = [await shard.fire(), await shard.fire('hold'), await shard.fire('hold'), await shard.fire('hold')];
    for (const id of ids) {
      expect(await shard.claimIds({ want: 9, leaseMs: 0 })).toEqual([id]);
      const { attempts } = await shard.runs.expired(9);
      const { run, token } = attempts[0] as (typeof attempts)[number];
      expect(await shard.settle({ run, token }, succeeded())).toBe(true);
    }
    expect(await shard.states()).toEqual({});
  });

  test('is closed again when one in its middle is cancelled', async () => {
    const shard = await open();
    await shard.fire();
    await shard.fire('hold');
    await shard.fire('hold');
    await shard.runs.cancel(idOf(1), '', KEEP_ALL);
    expect(await shard.states()).toEqual({ [idOf(0)]: 'ready', [idOf(2)]: `waiting behind ${idOf(0)}` });
    await shard.runs.cancel(idOf(0), '', KEEP_ALL);
    expect(await shard.states()).toEqual({ [idOf(2)]: 'ready' });
  });

  test('waits for every run that lived when it began', async () => {
    const shard = await open();
    const first = await shard.fire();
    await shard.trigger('by-hand', 'allow');
    const third = await shard.fire('hold');
    const fourth = await shard.fire('hold');
    expect(await shard.states()).toMatchObject({
      [third]: `waiting behind by-hand and ${first}`,
      [fourth]: `waiting behind ${third}`,
    });
    await shard.runs.cancel(first, '', KEEP_ALL);
    expect((await shard.states())[third]).toBe('waiting behind by-hand');
    await shard.runs.cancel(third, '', KEEP_ALL);
    expect((await shard.states())[fourth]).toBe('waiting behind by-hand');
    await shard.runs.cancel('by-hand', '', KEEP_ALL);
    expect(await shard.states()).toEqual({ [fourth]: 'ready' });
  });
});

test('a run is held behind the end of a chain that its schedule does not know of', async () => {
  const shard = await open();
  const first = await shard.fire();
  const second = await shard.fire('hold');
  const [before] = await shard.schedules.read(['a']);
  const schedule = storedSchedule('a', { next: START + 2 * MINUTE, last: START });
  await shard.schedules.save([{ ...creation(schedule), before }]);
  const third = await shard.fire('hold');
  expect(await shard.states()).toEqual({
    [first]: 'ready',
    [second]: `waiting behind ${first}`,
    [third]: `waiting behind ${second}`,
  });
});

describe('when the schedule was deleted,', () => {
  test('held runs of it end as cancelled instead of being let go, one that was started by hand begins', async () => {
    const shard = await open();
    await shard.fire();
    await shard.fire('hold');
    await shard.fire('hold');
    await shard.trigger('by-hand', 'buffer-all');
    const [before] = await shard.schedules.read(['a']);
    await shard.schedules.save([{ id: 'a', before, after: undefined, due: undefined }]);
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await shard.states()).toEqual({ 'by-hand': 'ready' });
    expect((await shard.history.ofJob('a', 0, 9)).map(({ run, state }) => `${run.id} ${state}`)).toEqual([
      `${idOf(2)} cancelled`,
      `${idOf(1)} cancelled`,
      `${idOf(0)} succeeded`,
    ]);
  });
});

describe('a fire that cancels', () => {
  test('ends what nobody works on and starts', async () => {
    const shard = await open();
    const first = await shard.fire();
    const second = await shard.fire('cancel');
    expect(await shard.states()).toEqual({ [second]: 'ready' });
    expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([
      { run: { id: first }, state: 'cancelled', startedAt: 0 },
    ]);
    expect(await shard.claimIds({ want: 9 })).toEqual([second]);
  });

  test('asks a running one to stop and starts when it has', async () => {
    const shard = await open();
    const first = await shard.fire();
    const attempt = await shard.claimOne();
    const second = await shard.fire('cancel');
    expect(await shard.states()).toEqual({ [first]: 'running', [second]: `waiting behind ${first}` });
    expect(await shard.renew([attempt])).toBe('c');
    await shard.settle(attempt, { outcome: 'cancelled', bodyJson: '', logged: false });
    expect(await shard.states()).toEqual({ [second]: 'ready' });
  });

  test('takes the place of one that was held by an earlier cancel', async () => {
    const shard = await open();
    const first = await shard.fire();
    const attempt = await shard.claimOne();
    const second = await shard.fire('cancel');
    const third = await shard.fire('cancel');
    expect(await shard.states()).toEqual({ [first]: 'running', [third]: `waiting behind ${first}` });
    expect(await shard.history.ofJob('a', 0, 9)).toMatchObject([{ run: { id: second }, state: 'cancelled' }]);
    await shard.settle(attempt, succeeded());
    expect(await shard.states()).toEqual({ [third]: 'ready' });
  });
});

describe('a fire that terminates', () => {
  test('takes a running one from its worker, whose token holds no more, and starts at once', async () => {
    const shard = await open();
    const first = await shard.fire();
    const attempt = await shard.claimOne({ worker: 'w7' });
    const startedAt = shard.clock.now;
    const second = await shard.fire('terminate');
    expect(await shard.states()).toEqual({ [second]: 'ready' });
    const error = { message: `made way for ${second}` };
    expect(await shard.history.finished(first)).toMatchObject({ state: 'cancelled', worker: 'w7', startedAt, error });
    expect(await shard.renew([attempt])).toBe('0');
    const before = await shard.dump();
    expect(await shard.settle(attempt, succeeded())).toBe(false);
    expect(await shard.dump()).toEqual(before);
  });

  test('ends a whole chain, and leaves nothing of it', async () => {
    const shard = await open();
    await shard.fire();
    await shard.claimOne();
    await shard.fire('hold');
    await shard.fire('hold');
    const last = await shard.fire('terminate');
    expect(await shard.states()).toEqual({ [last]: 'ready' });
    const left = Object.keys(await shard.dump()).filter((key) => /^(holds|followers|running|leases)/.test(key));
    expect(left).toEqual([]);
    expect(await shard.history.ofJob('a', 0, 9)).toHaveLength(3);
  });
});

describe('a trigger', () => {
  test.each(['buffer-one', 'buffer-all'] as const)('under %s is held behind what lives', async (overlap) => {
    const shard = await open();
    const first = await shard.fire();
    expect(await shard.trigger('r1', overlap)).toEqual({ answer: 'held', behind: [first] });
    expect((await shard.states())['r1']).toBe(`waiting behind ${first}`);
  });

  test('under buffer-one is refused while another is held, and under buffer-all it is held behind that', async () => {
    const shard = await open();
    const first = await shard.fire();
    await shard.fire('hold');
    expect(await shard.trigger('r1', 'buffer-one')).toMatchObject({ answer: 'overlap' });
    expect(await shard.trigger('r1', 'buffer-all')).toEqual({ answer: 'held', behind: [first, idOf(1)] });
    expect((await shard.states())['r1']).toBe(`waiting behind ${idOf(1)}`);
  });

  test('that cancels or terminates ends the live ones and is noted alone', async () => {
    const shard = await open();
    await shard.fire();
    expect(await shard.trigger('r1', 'cancel')).toEqual({ answer: 'triggered' });
    expect(await shard.states()).toEqual({ r1: 'ready' });
    const attempt = await shard.claimOne();
    expect(await shard.trigger('r2', 'terminate')).toEqual({ answer: 'triggered' });
    expect(await shard.settle(attempt, succeeded())).toBe(false);
    expect(await readSchedule(shard, 'a')).toMatchObject({ others: 'r2', last: START });
  });

  test('of which nothing lives starts at once under every policy', async () => {
    for (const overlap of ['allow', 'skip', 'buffer-one', 'buffer-all', 'cancel', 'terminate'] as const) {
      const shard = await open();
      expect(await shard.trigger('r1', overlap)).toEqual({ answer: 'triggered' });
      expect(await shard.states()).toEqual({ r1: 'ready' });
    }
  });
});
