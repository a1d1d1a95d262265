import { expect, test } from 'vitest';
import { planBackfill } from '../../src/core/backfill_plan.ts';
import type { Backfill } from '../../src/core/backfill.ts';
import { compileSchedule, type CompiledSchedule } from '../../src/core/compiled_schedule.ts';
import type { Freeze } from '../../src/core/freeze.ts';
import type { OverlapPolicy } from '../../src/core/job.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { dueTimeOf, planSchedule, type SchedulePlan } from '../../src/core/tick.ts';
import type { Verdict, VerdictWord } from '../../src/core/verdict.ts';
import { NO_FACTS, plainSchedule } from '../support/plain_schedule.ts';
import { judgePass, judgeRelease, type PassAnswer, type Policy } from '../support/policy_model.ts';
import { seededChance, type Chance } from '../support/seeded.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const HISTORY = 1_000;
/** An evening before the clock goes forward in Berlin. */
const T0 = Date.UTC(2026, 2, 28, 20);

type Case = { rule: ScheduleRule; policy: Policy };

const OVERLAPS: readonly OverlapPolicy[] = ['allow', 'skip', 'buffer-one', 'buffer-all', 'cancel', 'terminate'];
const CATCH_UPS: readonly Policy['catchUp'][] = ['none', 'latest', 'all', 1, 2, 7];

/** A rule, and what its policies are in the words of the model. */
function drawCase(overlap: OverlapPolicy, catchUp: Policy['catchUp'], chance: Chance): Case {
  const maybe = <T>(value: T): T | undefined => (chance.next() < 0.4 ? value : undefined);
  const w = maybe(chance.pick([5 * MINUTE, 40 * MINUTE, 6 * HOUR]));
  const d = maybe(chance.pick([20_000, 7 * MINUTE, 50 * MINUTE]));
  const mr = maybe(chance.pick([3, 60, 400]));
  const spanFrom = T0 + chance.between(0, 300) * MINUTE;
  const spanTo = spanFrom + chance.between(1, 90) * MINUTE;
  const isDark = maybe('dark') !== undefined;
  const rule: ScheduleRule = {
    ...chance.pick([{ e: MINUTE }, { c: '*/2 * * * *', z: 'Europe/Berlin' }, { c: '7,8,30 * * * *' }]),
    ...(overlap !== 'skip' && { o: overlap }),
    ...(catchUp !== 'latest' && { m: catchUp }),
    ...(w !== undefined && { w }),
    ...(d !== undefined && { d }),
    ...(isDark && { bl: [[spanFrom, spanTo] as [number, number], ['20 * * * *', 15 * MINUTE] as [string, number]] }),
    ...(mr !== undefined && { mr }),
    ...(chance.next() < 0.5 && { r: chance.pick([500, 40_000]) }),
    ...(chance.next() < 0.5 && { k: chance.pick([3_000, 45_000]) }),
  };
  const isBlackedOut = (at: number): boolean =>
    isDark && ((at >= spanFrom && at < spanTo) || (at % HOUR >= 20 * MINUTE && at % HOUR < 35 * MINUTE));
  return { rule, policy: { overlap, catchUp, windowMs: w ?? 24 * HOUR, deadlineMs: d, isBlackedOut, maxRuns: mr } };
}

/** The fire times that verdicts stand for, one by one. Throws where one says another count. */
function singleOut({ timing }: CompiledSchedule, verdicts: readonly Verdict[]): [number, VerdictWord][] {
  return verdicts.flatMap(({ word, from, to, count }) => {
    const times = [from];
    for (let at = timing.next(from); at !== undefined && at <= to; at = timing.next(at)) times.push(at);
    if (times.length !== count) throw new Error(`${word} ${from}..${to} says ${count}`);
    return times.map((at): [number, VerdictWord] => [at, word]);
  });
}

const sorted = (verdicts: Iterable<[number, VerdictWord]>) => [...verdicts].toSorted(([a], [b]) => a - b);

/** Releases a whole catch-up, and compares each verdict with the model's. */
function expectReleased(plan: SchedulePlan, one: Case, { answer, freezes, now }: Released): [number, VerdictWord][] {
  const { catchUp: spec } = plan;
  if (spec === undefined) {
    expect(answer.backlog).toEqual([]);
    return [];
  }
  const compiled = compileSchedule('s', one.rule);
  const backfill: Backfill = { id: 'b', cursor: spec.from, released: 0, spec };
  const told: [number, VerdictWord][] = [];
  const fired: number[] = [];
  const expected: [number, VerdictWord][] = [];
  let at = now;
  while (backfill.cursor > 0) {
    const released = planBackfill(backfill, compiled, { live: 0, paused: 'active', freezes, tokens: 1_000 }, at);
    for (const [time, word] of singleOut(compiled, released.verdicts)) {
      told.push([time, word]);
      expected.push([time, judgeRelease(one.policy, time, freezes, at)]);
    }
    fired.push(...released.fires);
    backfill.cursor = released.cursor;
    at = released.lookAgainAt;
  }
  expect(told).toEqual(expected);
  expect(told.map(([time]) => time)).toEqual(answer.backlog);
  expect(fired).toEqual(told.filter(([, word]) => word === 'caught-up').map(([time]) => time));
  return told;
}

type Released = { answer: PassAnswer; freezes: readonly Freeze[]; now: number };

/** Lets a leader pass at random instants over a history, beside the model. Answers the verdict of each fire time. */
function play(one: Case, chance: Chance): Map<number, VerdictWord> {
  const compiled = compileSchedule('s', one.rule);
  const ruleJson = JSON.stringify(one.rule);
  const verdicts = new Map<number, VerdictWord>();
  const freezes: Freeze[] = [];
  let stored = plainSchedule({ next: compiled.timing.next(T0) ?? 0, ruleJson });
  let now = T0;
  while (stored.next > 0 && verdicts.size < HISTORY) {
    now =
      Math.max(now, stored.next) + (chance.next() < 0.1 ? chance.between(0, 150 * MINUTE) : chance.between(0, 3_000));
    if (chance.next() < 0.02) freezes.push(drawFreeze(now, chance));
    const due: { at: number; dueAt: number }[] = [];
    for (let at: number | undefined = stored.next; at !== undefined && at <= now; at = compiled.timing.next(at)) {
      const dueAt = dueTimeOf('s', compiled, at);
      if (dueAt <= now) due.push({ at, dueAt });
    }
    const live = chance.next() < 0.4 ? chance.between(1, 3) : 0;
    const held = chance.between(0, live);
    const lost = new Set(due.filter(() => chance.next() < 0.02).map(({ at }) => at));
    const wasCommitted = (at: number): boolean => lost.has(at);
    const answer = judgePass(one.policy, due, { now, live, held, made: stored.made, freezes, wasCommitted });
    const runs = Array.from({ length: live }, (_, i) => `s@${i}`);
    const plan = planSchedule(stored, compiled, { ...NO_FACTS, live: runs, held, freezes, wasCommitted }, now);
    const singles = singleOut(compiled, plan.verdicts);
    expect(singles).toEqual(sorted(answer.verdicts));
    expect(plan.fire).toEqual(answer.fire);
    const released = expectReleased(plan, one, { answer, freezes, now });
    const made = stored.made + answer.releases + (answer.fire === undefined ? 0 : 1);
    expect(plan.made).toBe(one.policy.maxRuns === undefined ? 0 : made);
    for (const [at, word] of [...singles, ...released]) {
      if (verdicts.has(at)) throw new Error(`${at} is ${verdicts.get(at)} and ${word}`);
      verdicts.set(at, word);
    }
    stored = { ...stored, next: plan.next, made: plan.made };
  }
  return verdicts;
}

function drawFreeze(now: number, chance: Chance): Freeze {
  const from = now - chance.between(0, 20) * MINUTE;
  const until = now + chance.between(-10, 40) * MINUTE;
  return { id: `f${from}`, from: Math.min(from, until), until, by: 'me', why: 'test' };
}

/** Each fire time from the first with a verdict to the last has one. */
function expectNoGap(one: Case, verdicts: Map<number, VerdictWord>): void {
  const { timing } = compileSchedule('s', one.rule);
  const judged = [...verdicts.keys()].toSorted((a, b) => a - b);
  const [first = 0] = judged;
  const named = [timing.next(first - 1)];
  for (const at of judged.slice(0, -1)) named.push(timing.next(at));
  expect(judged).toEqual(named);
}

test.each(OVERLAPS.flatMap((overlap) => CATCH_UPS.map((catchUp) => [overlap, catchUp] as const)))(
  'overlap %s and catch-up %s give each of a thousand fire times the verdict of the model',
  (overlap, catchUp) => {
    const chance = seededChance(Number(process.env['TEST_SEED'] ?? 20_261_123));
    try {
      for (let history = 0; history < 8; history += 1) {
        const one = drawCase(overlap, catchUp, chance);
        expectNoGap(one, play(one, chance));
      }
    } catch (error) {
      throw new Error(`TEST_SEED=${String(chance.seed)}`, { cause: error });
    }
  },
);

test('the histories of the model come to every verdict that a policy can give', () => {
  const seen = new Set<VerdictWord>();
  const chance = seededChance(7);
  for (const overlap of OVERLAPS) {
    for (const catchUp of CATCH_UPS) {
      for (const word of play(drawCase(overlap, catchUp, chance), chance).values()) seen.add(word);
    }
  }
  expect([...seen].toSorted()).toEqual([
    'caught-up',
    'fired',
    'late',
    'merged',
    'missed(catch-up)',
    'missed(deadline)',
    'replayed',
    'skipped(blackout)',
    'skipped(freeze)',
    'skipped(overlap)',
  ]);
});
