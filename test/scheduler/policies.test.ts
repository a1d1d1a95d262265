import { expect, test } from 'vitest';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import { dueTimeOf } from '../../src/core/tick.ts';
import { minutes, playSchedule, type PlayedSchedule } from '../support/played_schedule.ts';
import type { VerdictWord } from '../../src/core/verdict.ts';
import { OPEN_POLICY, type Policy } from '../support/policy_model.ts';
import { createScheduleModel, type ScheduleModel } from '../support/schedule_model.ts';
import { startRedis } from '../support/redis.ts';
import { seededChance, type Chance } from '../support/seeded.ts';
import { START } from '../support/test_shard.ts';

const redis = await startRedis();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRE_TIMES = minutes(1_000);
const END = START + FIRE_TIMES.length * MINUTE;

/** A policy as the rule is written and as the model has it, and verdicts that show that it was at work. */
type Case = { rule: Partial<ScheduleRule>; policy: Partial<Policy>; says: VerdictWord[] };

const CASES: Record<string, Case> = {
  'overlap skip': { rule: {}, policy: {}, says: ['skipped(overlap)', 'merged', 'caught-up'] },
  'overlap allow': { rule: { o: 'allow' }, policy: { overlap: 'allow' }, says: ['merged', 'caught-up'] },
  'overlap buffer-one': { rule: { o: 'buffer-one' }, policy: { overlap: 'buffer-one' }, says: ['skipped(overlap)'] },
  'overlap buffer-all': { rule: { o: 'buffer-all' }, policy: { overlap: 'buffer-all' }, says: ['merged'] },
  'overlap cancel': { rule: { o: 'cancel' }, policy: { overlap: 'cancel' }, says: ['merged'] },
  'overlap terminate': { rule: { o: 'terminate' }, policy: { overlap: 'terminate' }, says: ['merged'] },
  'catch-up none': {
    rule: { o: 'allow', m: 'none' },
    policy: { overlap: 'allow', catchUp: 'none' },
    says: ['missed(catch-up)'],
  },
  'catch-up all': { rule: { m: 'all' }, policy: { catchUp: 'all' }, says: ['caught-up', 'skipped(overlap)'] },
  'catch-up all beside live runs': {
    rule: { o: 'allow', m: 'all' },
    policy: { overlap: 'allow', catchUp: 'all' },
    says: ['caught-up'],
  },
  'catch-up all among held runs': {
    rule: { o: 'buffer-all', m: 'all' },
    policy: { overlap: 'buffer-all', catchUp: 'all' },
    says: ['caught-up'],
  },
  'catch-up all with cancel': {
    rule: { o: 'cancel', m: 'all' },
    policy: { overlap: 'cancel', catchUp: 'all' },
    says: ['caught-up'],
  },
  'catch-up all with terminate': {
    rule: { o: 'terminate', m: 'all' },
    policy: { overlap: 'terminate', catchUp: 'all' },
    says: ['caught-up'],
  },
  'catch-up of the newest three': { rule: { m: 3 }, policy: { catchUp: 3 }, says: ['caught-up', 'merged'] },
  'catch-up within ten minutes': {
    rule: { m: 'all', w: 10 * MINUTE },
    policy: { catchUp: 'all', windowMs: 10 * MINUTE },
    says: ['caught-up', 'missed(catch-up)'],
  },
  'a start deadline': { rule: { d: 20_000 }, policy: { deadlineMs: 20_000 }, says: ['missed(deadline)'] },
  'a start deadline and catch-up': {
    rule: { m: 'all', d: 9 * MINUTE },
    policy: { catchUp: 'all', deadlineMs: 9 * MINUTE },
    says: ['missed(deadline)', 'caught-up'],
  },
  'a blackout each hour': {
    rule: { m: 'all', bl: [['20 * * * *', 15 * MINUTE]] },
    policy: { catchUp: 'all', isBlackedOut: (at) => at % HOUR >= 20 * MINUTE && at % HOUR < 35 * MINUTE },
    says: ['skipped(blackout)', 'caught-up'],
  },
  'jitter and a window': { rule: { r: 20_000, k: 30_000 }, policy: {}, says: ['skipped(overlap)'] },
  'an end after 200 runs': { rule: { m: 2, mr: 200 }, policy: { catchUp: 2, maxRuns: 200 }, says: ['merged'] },
};

/**
 * How far the clock goes: mostly to the next due time or a part of a minute, now and then over a gap. Not to the next fire
 * time: with jitter no more than chance would bring a pass on time, and one history in six would never say `fired`.
 */
function stepMs(now: number, model: ScheduleModel, chance: Chance): number {
  // A gap while a catch-up is under way would begin a second one, and which of the two goes on first is not promised.
  const mayLeap = model.backlog().length === 0;
  if (mayLeap && chance.next() < 0.03) return chance.between(2 * MINUTE, 30 * MINUTE);
  const toNext = (model.nextDue(now) ?? now + MINUTE) - now + chance.between(0, 900);
  // Never so little that a backfill, which looks again after 5 s, could not have seen what has changed.
  return toNext > 6_000 && chance.next() < 0.6 ? toNext : chance.between(6_000, 50_000);
}

/** The clock goes on, a leader passes, and some of the runs end: in the engine and in the model. */
async function playStep(play: PlayedSchedule, model: ScheduleModel, chance: Chance): Promise<void> {
  const { clock } = play;
  clock.now += stepMs(clock.now, model, chance);
  model.pass(clock.now);
  await play.tick();
  model.release(clock.now);
  await play.release();
  await expectSame(play, model);
  for (const { fireTime, isHeld } of model.runs()) {
    if (isHeld || chance.next() > 0.35) continue;
    expect(await play.end(`a@${String(fireTime)}`)).toBe(true);
    model.end(fireTime);
  }
  await expectSame(play, model);
}

async function expectSame(play: PlayedSchedule, model: ScheduleModel): Promise<void> {
  const expected = model.runs().map(({ fireTime, isHeld }) => [fireTime, isHeld ? 'held' : 'running'] as const);
  expect(await play.liveRuns()).toEqual(expected.sort(([one], [other]) => one - other));
}

/** Now and then somebody pauses the schedule, with an end or without, or freezes everything. */
function createMeddler(play: PlayedSchedule, model: ScheduleModel, chance: Chance): () => Promise<void> {
  const { clock } = play;
  let resumeAt = 0;
  let busyUntil = 0;
  const turns = ['freeze', 'pause', 'pause-until'] as const;
  let turn = 0;
  return async () => {
    if (resumeAt > 0 && clock.now >= resumeAt) {
      await play.resume();
      model.resume(clock.now);
      resumeAt = 0;
    }
    if (resumeAt > 0 || clock.now < busyUntil || chance.next() > 0.05) return;
    const until = clock.now + chance.between(1, 15 * 60) * 1_000;
    busyUntil = until + 2 * MINUTE;
    const what = turns[(turn += 1) % turns.length];
    if (what === 'pause') resumeAt = until;
    if (what === 'freeze') {
      await play.freeze(until);
      model.freeze({ id: 'f', from: clock.now, until, by: 'me', why: 'test' });
    } else {
      await play.pause(what === 'pause' ? undefined : until);
      model.pause(what === 'pause' ? undefined : until);
    }
  };
}

test.each(Object.entries(CASES))(
  'with %s a thousand fire times get the verdicts that the model gives',
  async (_, one) => {
    const rule = { c: '* * * * *', q: END, h: [10, 1_000] as [number, number], ...one.rule };
    const play = await playSchedule(redis, rule);
    const compiled = compileSchedule('a', rule);
    const model = createScheduleModel({
      policy: { ...OPEN_POLICY, ...one.policy },
      fireTimes: FIRE_TIMES,
      dueTimeOf: (at) => dueTimeOf('a', compiled, at),
    });
    const chance = seededChance(Number(process.env['TEST_SEED'] ?? 20_261_123));
    const meddle = createMeddler(play, model, chance);
    const isOver = (): boolean =>
      play.clock.now > END + 2 * HOUR && model.waiting().length + model.backlog().length + model.runs().length === 0;
    try {
      while (!isOver()) {
        await meddle();
        await playStep(play, model, chance);
      }
      const verdicts = await play.verdicts(FIRE_TIMES);
      expect([...verdicts].sort(([a], [b]) => a - b)).toEqual([...model.verdicts()].sort(([a], [b]) => a - b));
      expect(Object.keys(await play.dump()).filter((key) => /^(holds|followers|backfill)/.test(key))).toEqual([]);
      const words = new Set(verdicts.values());
      expect([...words]).toEqual(
        expect.arrayContaining(['fired', 'late', 'skipped(paused)', 'skipped(freeze)', ...one.says]),
      );
    } catch (error) {
      throw new Error(`TEST_SEED=${String(chance.seed)}`, { cause: error });
    }
  },
  60_000,
);
