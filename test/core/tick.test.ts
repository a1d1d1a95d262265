import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import {
  dueTimeOf,
  LATE_MS,
  MAX_COUNTED,
  MISFIRE_GRACE_MS,
  planSchedule,
  type PlanFacts,
} from '../../src/core/tick.ts';
import { compileTiming } from '../../src/core/time/timing.ts';
import { NO_FACTS, plainSchedule } from '../support/plain_schedule.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);
const at = (minutes: number): number => T0 + minutes * MINUTE;

/** Plans a schedule whose first fire time without a verdict is `next`. */
function plan(rule: ScheduleRule, { next = T0, now }: { next?: number; now: number }, facts: Partial<PlanFacts> = {}) {
  const stored = plainSchedule({ next, ruleJson: JSON.stringify(rule) });
  return planSchedule(stored, compileSchedule('s', rule), { ...NO_FACTS, ...facts }, now);
}

/** How often a plan asks the timing of its rule. */
function countSteps(rule: ScheduleRule, { next, now }: { next: number; now: number }): number {
  let steps = 0;
  const ask = <Asked extends unknown[], Answer>(question: (...asked: Asked) => Answer) => {
    return (...asked: Asked): Answer => {
      steps += 1;
      return question(...asked);
    };
  };
  const compiled = compileSchedule('s', rule, (when, seed) => {
    const timing = compileTiming(when, seed);
    const { count } = timing;
    return { ...timing, next: ask(timing.next), previous: ask(timing.previous), ...(count && { count: ask(count) }) };
  });
  planSchedule(plainSchedule({ next, ruleJson: JSON.stringify(rule) }), compiled, NO_FACTS, now);
  return steps;
}

const one = (word: string, from: number, detail?: string) => ({
  word,
  from,
  to: from,
  count: 1,
  ...(detail !== undefined && { detail }),
});
const ready = (fireTime: number) => ({ fireTime, how: 'ready' });
/** Of a plan that changes nothing else. */
const UNCHANGED = { catchUp: undefined, made: 0, state: 'active', pause: undefined, end: 'keep', followMs: undefined };
const EACH_MINUTE: ScheduleRule = { c: '* * * * *' };

describe('a fire time that is due', () => {
  test('fires on time, and the next one follows', () => {
    expect(plan(EACH_MINUTE, { now: T0 })).toEqual({
      ...UNCHANGED,
      verdicts: [one('fired', T0)],
      fire: ready(T0),
      next: at(1),
      due: at(1),
    });
  });

  test('is late when it fires more than a second after it was due', () => {
    expect(plan(EACH_MINUTE, { now: T0 + LATE_MS }).verdicts).toEqual([one('fired', T0)]);
    expect(plan(EACH_MINUTE, { now: T0 + LATE_MS + 1 }).verdicts).toEqual([one('late', T0, String(LATE_MS + 1))]);
  });

  test('is judged from its due time where it has jitter, which is no lateness', () => {
    const rule: ScheduleRule = { c: '* * * * *', r: 50_000 };
    const due = dueTimeOf('s', compileSchedule('s', rule), T0);
    expect(due).toBeGreaterThan(T0 + LATE_MS);
    expect(plan(rule, { now: due })).toMatchObject({ verdicts: [one('fired', T0)], fire: ready(T0) });
  });

  test('is skipped while a run of the schedule lives, and makes none', () => {
    expect(plan(EACH_MINUTE, { now: T0 }, { live: ['s@1'] })).toMatchObject({
      verdicts: [one('skipped(overlap)', T0, 's@1')],
      fire: undefined,
      next: at(1),
    });
  });

  test('fires beside a run that lives where overlap is allowed', () => {
    expect(plan({ ...EACH_MINUTE, o: 'allow' }, { now: T0 }, { live: ['s@1'] })).toMatchObject({
      verdicts: [one('fired', T0)],
      fire: ready(T0),
    });
  });

  test('is replayed when it had been committed and Redis lost that', () => {
    const facts = { wasCommitted: (fireTime: number) => fireTime === T0 };
    expect(plan(EACH_MINUTE, { now: T0 }, facts)).toMatchObject({ verdicts: [one('replayed', T0)], fire: ready(T0) });
  });

  test('and is the last of its rule has no successor', () => {
    const last = Date.UTC(2199, 11, 31, 23, 59);
    expect(plan(EACH_MINUTE, { next: last, now: last })).toMatchObject({ fire: ready(last), next: 0, due: undefined });
  });
});

describe('after a gap', () => {
  test('the latest fire time is caught up and the ones before are merged into it', () => {
    expect(plan(EACH_MINUTE, { now: at(3) + 5 })).toEqual({
      ...UNCHANGED,
      verdicts: [{ word: 'merged', from: T0, to: at(2), count: 3 }, one('caught-up', at(3), '5')],
      fire: ready(at(3)),
      next: at(4),
      due: at(4),
    });
  });

  test('those outside the catch-up window are missed', () => {
    const rule = { ...EACH_MINUTE, w: 2 * MINUTE };
    expect(plan(rule, { now: at(5) }).verdicts).toEqual([
      { word: 'missed(catch-up)', from: T0, to: at(2), count: 3 },
      { word: 'merged', from: at(3), to: at(4), count: 2 },
      one('caught-up', at(5), '0'),
    ]);
  });

  test('all are missed where the latest lies outside the window', () => {
    const rule: ScheduleRule = { c: '0 * * * *', w: 10 * MINUTE };
    expect(plan(rule, { now: at(60 + 11) })).toEqual({
      ...UNCHANGED,
      verdicts: [{ word: 'missed(catch-up)', from: T0, to: T0, count: 1 }, one('missed(catch-up)', at(60))],
      fire: undefined,
      next: at(120),
      due: at(120),
    });
  });

  test('none is caught up where catch-up is none, unless it is within the grace of a failover', () => {
    const rule: ScheduleRule = { ...EACH_MINUTE, m: 'none' };
    expect(plan(rule, { now: at(2) + MISFIRE_GRACE_MS + 1 })).toMatchObject({
      verdicts: [{ word: 'missed(catch-up)', from: T0, to: at(1), count: 2 }, one('missed(catch-up)', at(2))],
      fire: undefined,
    });
    expect(plan(rule, { now: at(2) + MISFIRE_GRACE_MS })).toMatchObject({
      verdicts: [
        { word: 'missed(catch-up)', from: T0, to: at(1), count: 2 },
        one('late', at(2), String(MISFIRE_GRACE_MS)),
      ],
      fire: ready(at(2)),
    });
  });

  test('a start deadline that has passed makes each a miss of the deadline', () => {
    const rule = { ...EACH_MINUTE, d: 5_000 };
    expect(plan(rule, { now: at(1) + 5_001 })).toMatchObject({
      verdicts: [one('missed(deadline)', T0), one('missed(deadline)', at(1))],
      fire: undefined,
    });
    expect(plan(rule, { now: at(1) + 5_000 })).toMatchObject({ fire: ready(at(1)) });
  });

  test('an overlap skips the latest, and the ones before are merged into it', () => {
    expect(plan(EACH_MINUTE, { now: at(2) }, { live: ['s@1'] })).toMatchObject({
      verdicts: [{ word: 'merged', from: T0, to: at(1), count: 2 }, one('skipped(overlap)', at(2), 's@1')],
      fire: undefined,
    });
  });

  test('of a year at one fire time a second each is counted', () => {
    const now = T0 + 365 * 86_400_000;
    const [missed, merged, latest] = plan({ e: 1_000 }, { now }).verdicts;
    expect(missed).toEqual({ word: 'missed(catch-up)', from: T0, to: now - 86_401_000, count: 364 * 86_400 });
    expect(merged).toEqual({ word: 'merged', from: now - 86_400_000, to: now - 1_000, count: 86_400 });
    expect(latest).toEqual(one('caught-up', now, '0'));
  });

  test('where only a walk can count the count stops, and the range does not', () => {
    const now = T0 + 365 * 86_400_000;
    const [missed, merged, latest] = plan({ u: [{ e: 1_000 }, { e: 7_000 }] }, { now }).verdicts;
    expect(missed).toEqual({ word: 'missed(catch-up)', from: T0, to: now - 86_401_000, count: MAX_COUNTED });
    expect(merged).toEqual({ word: 'merged', from: now - 86_400_000, to: now - 1_000, count: MAX_COUNTED });
    expect(latest).toEqual(one('caught-up', now, '0'));
  });

  test.each<ScheduleRule>([
    { e: 1_000 },
    { c: '* * * * * *', z: 'Europe/Berlin' },
    { c: '*/5 * * * * *', q: T0 + 1e12, n: 3, s: T0 - 1e9 },
    { i: 'R/2026-01-01T00:00:00Z/PT1S' },
  ])('a night of %j is planned in a few steps of its timing, not in one for each fire time', (rule) => {
    const night = { now: T0 + 12 * 3_600_000, next: T0 };
    expect(countSteps({ ...rule, m: 'all' }, night)).toBeLessThan(20);
    expect(countSteps(rule, night)).toBeLessThan(20);
  });

  test('a latest one that jitter still holds back keeps its turn', () => {
    const rule: ScheduleRule = { e: MINUTE, r: 59_000 };
    const compiled = compileSchedule('s', rule);
    const held = at(7);
    expect(dueTimeOf('s', compiled, held)).toBeGreaterThan(held);
    expect(plan(rule, { now: held })).toMatchObject({
      fire: ready(at(6)),
      next: held,
      due: dueTimeOf('s', compiled, held),
    });
  });
});

test('a pending fire time of an older rule still gets its verdict, and the new rule goes on from there', () => {
  const pending = T0 + 12_345;
  expect(plan({ c: '*/5 * * * *' }, { next: pending, now: pending + 10 })).toMatchObject({
    verdicts: [one('fired', pending)],
    fire: ready(pending),
    next: at(5),
  });
});
