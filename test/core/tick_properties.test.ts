import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileSchedule, type CompiledSchedule } from '../../src/core/compiled_schedule.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { dueTimeOf, LATE_MS, MISFIRE_GRACE_MS, planSchedule, type SchedulePlan } from '../../src/core/tick.ts';
import { NO_FACTS, plainSchedule } from '../support/plain_schedule.ts';

const T0 = Date.UTC(2026, 2, 29);

const rules: fc.Arbitrary<ScheduleRule> = fc
  .record({
    timing: fc.oneof(
      fc.constantFrom(1_000, 7_000, 60_000, 3_600_000).map((e) => ({ e })),
      fc
        .constantFrom('* * * * *', '*/7 * * * *', '0 3 * * *', '*/10 * * * * *', '30 2 * * *')
        .map((c) => ({ c, z: 'Europe/Berlin' })),
    ),
    r: fc.option(fc.constantFrom(500, 20_000, 4_000_000), { nil: undefined }),
    o: fc.option(fc.constant('allow' as const), { nil: undefined }),
    m: fc.option(fc.constant('none' as const), { nil: undefined }),
    w: fc.option(fc.constantFrom(5_000, 90_000, 7_200_000), { nil: undefined }),
    d: fc.option(fc.constantFrom(2_000, 30_000, 3_600_000), { nil: undefined }),
  })
  .map(({ timing, ...rest }) => ({ ...timing, ...rest }) as ScheduleRule);

/** Gaps between passes of the leader, in units of the schedule's own period. */
const passes = fc.array(
  fc.record({
    gap: fc.oneof(fc.nat(2_000), fc.nat(20_000)).map((thousandths) => thousandths / 1_000),
    alive: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

const periodOf = ({ timing }: CompiledSchedule): number =>
  (timing.next(timing.next(T0) ?? 0) ?? 0) - (timing.next(T0) ?? 0);

/** Every fire time in [from, to], one by one. */
function fireTimes({ timing }: CompiledSchedule, from: number, to: number): number[] {
  const times: number[] = [];
  for (let at = timing.next(from - 1); at !== undefined && at <= to; at = timing.next(at)) times.push(at);
  return times;
}

type Pass = { now: number; alive: boolean; first: number; plan: SchedulePlan };

/** Lets a leader pass at each instant, as the ticker does: only where the schedule is due. */
function simulate(
  compiled: CompiledSchedule,
  gaps: { gap: number; alive: boolean }[],
): { made: Pass[]; start: number } {
  const start = compiled.timing.next(T0) ?? 0;
  const period = periodOf(compiled);
  const made: Pass[] = [];
  let now = start;
  let next = start;
  for (const { gap, alive } of gaps) {
    now += Math.round(gap * period);
    if (dueTimeOf('s', compiled, next) > now) continue;
    const facts = { ...NO_FACTS, live: alive ? ['s@1'] : [] };
    const plan = planSchedule(plainSchedule({ next }), compiled, facts, now);
    made.push({ now, alive, first: next, plan });
    next = plan.next;
  }
  return { made, start };
}

test('each fire time that came due gets exactly one verdict, whenever the leader passes', () => {
  const property = fc.property(rules, passes, (rule, gaps) => {
    const compiled = compileSchedule('s', rule);
    const { made, start } = simulate(compiled, gaps);
    const judged = made.flatMap(({ plan }) => plan.verdicts.flatMap(({ from, to }) => fireTimes(compiled, from, to)));
    const lastPass = made.at(-1)?.now ?? start - 1;
    const due = fireTimes(compiled, start, lastPass).filter((at) => dueTimeOf('s', compiled, at) <= lastPass);
    expect(judged).toEqual(due);
    const last = due.at(-1);
    expect(made.at(-1)?.plan.next ?? start).toBe(last === undefined ? start : compiled.timing.next(last));
  });
  fc.assert(property, { numRuns: 150 });
});

test('the count of a verdict is the number of its fire times', () => {
  const property = fc.property(rules, passes, (rule, gaps) => {
    const compiled = compileSchedule('s', rule);
    for (const { plan } of simulate(compiled, gaps).made) {
      for (const { from, to, count } of plan.verdicts) expect(fireTimes(compiled, from, to)).toHaveLength(count);
    }
  });
  fc.assert(property, { numRuns: 100 });
});

test('no run is made before its due time, and a pass makes at most one: for its latest fire time', () => {
  const property = fc.property(rules, passes, (rule, gaps) => {
    const compiled = compileSchedule('s', rule);
    for (const { now, plan } of simulate(compiled, gaps).made) {
      if (plan.fire === undefined) continue;
      expect(dueTimeOf('s', compiled, plan.fire.fireTime)).toBeLessThanOrEqual(now);
      expect(plan.fire.fireTime).toBe(plan.verdicts.at(-1)?.to);
      expect(plan.due).toBeGreaterThan(now);
    }
  });
  fc.assert(property, { numRuns: 150 });
});

test('the due time of what comes next is after the pass, so that a pass never asks for another at once', () => {
  const property = fc.property(rules, passes, (rule, gaps) => {
    const compiled = compileSchedule('s', rule);
    for (const { now, plan } of simulate(compiled, gaps).made) expect(plan.due).toBeGreaterThan(now);
  });
  fc.assert(property, { numRuns: 100 });
});

/** The policies in words, over a list of every single fire time that is due. */
function judgeAll(
  rule: ScheduleRule,
  times: number[],
  { now, alive, due }: { now: number; alive: boolean; due: number },
): string[] {
  const latest = times.at(-1) ?? 0;
  const windowMs = rule.w ?? 86_400_000;
  const isLate = now - due > MISFIRE_GRACE_MS;
  const all = (word: string): string[] => times.map(() => word);
  if (rule.d !== undefined && now - latest > rule.d) return all('missed(deadline)');
  if (isLate && (rule.m === 'none' || now - latest > windowMs)) return all('missed(catch-up)');
  const alone = now - due > LATE_MS ? 'late' : 'fired';
  const isMerging = rule.m !== 'none' && times.some((at) => at < latest && at >= now - windowMs);
  const runs = isMerging ? 'caught-up' : alone;
  const own = alive && rule.o !== 'allow' ? 'skipped(overlap)' : runs;
  return times.map((at, i) => {
    if (i === times.length - 1) return own;
    return rule.m === 'none' || at < now - windowMs ? 'missed(catch-up)' : 'merged';
  });
}

test('catch-up, window, deadline and overlap give the verdicts that a look at every single fire time gives', () => {
  const seen = new Set<string>();
  const property = fc.property(rules, passes, (rule, gaps) => {
    const compiled = compileSchedule('s', rule);
    for (const { now, alive, first, plan } of simulate(compiled, gaps).made) {
      const times = fireTimes(compiled, first, now).filter((at) => dueTimeOf('s', compiled, at) <= now);
      const due = dueTimeOf('s', compiled, times.at(-1) ?? 0);
      const words = plan.verdicts.flatMap(({ word, count }) => new Array<string>(count).fill(word));
      expect(words).toEqual(judgeAll(rule, times, { now, alive, due }));
      for (const word of words) seen.add(word);
    }
  });
  fc.assert(property, { numRuns: 1_000 });
  expect([...seen].sort()).toEqual([
    'caught-up',
    'fired',
    'late',
    'merged',
    'missed(catch-up)',
    'missed(deadline)',
    'skipped(overlap)',
  ]);
});
