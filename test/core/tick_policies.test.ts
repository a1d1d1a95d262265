import { describe, expect, test } from 'vitest';
import type { Freeze } from '../../src/core/freeze.ts';
import { MAX_HELD } from '../../src/core/overlap.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import type { SchedulePlan } from '../../src/core/tick.ts';
import { T0, MINUTE, at, EACH_MINUTE, plan } from '../support/planned.ts';

/** Verdicts in short: `merged 0-2`, in minutes from T0. */
const told = ({ verdicts }: SchedulePlan): string[] =>
  verdicts.map(({ word, from, to, count }) => {
    const [first, last] = [from, to].map((time) => (time - T0) / MINUTE);
    return count === 1 ? `${word} ${first}` : `${word} ${first}-${last}`;
  });

describe('the overlap policy', () => {
  const runs = (count: number): string[] => Array.from({ length: count }, (_, i) => `s@${i}`);

  test.each([
    ['allow', 0, 0, 'ready'],
    ['allow', 3, 0, 'ready'],
    ['skip', 0, 0, 'ready'],
    ['skip', 1, 0, undefined],
    ['buffer-one', 0, 0, 'ready'],
    ['buffer-one', 1, 0, 'hold'],
    ['buffer-one', 2, 1, undefined],
    ['buffer-all', 0, 0, 'ready'],
    ['buffer-all', 5, 4, 'hold'],
    ['buffer-all', MAX_HELD, MAX_HELD - 1, 'hold'],
    ['buffer-all', MAX_HELD + 1, MAX_HELD, undefined],
    ['cancel', 0, 0, 'ready'],
    ['cancel', 2, 1, 'cancel'],
    ['terminate', 0, 0, 'ready'],
    ['terminate', 2, 0, 'terminate'],
  ] as const)('%s with %i live runs, %i of them held, makes the run %s', (overlap, live, held, how) => {
    const rule: ScheduleRule = overlap === 'skip' ? EACH_MINUTE : { ...EACH_MINUTE, o: overlap };
    const planned = plan(rule, { now: T0, facts: { live: runs(live), held } });
    expect(planned.fire).toEqual(how && { fireTime: T0, how });
    const skipped = { word: 'skipped(overlap)', from: T0, to: T0, count: 1, detail: 's@0' };
    expect(planned.verdicts).toEqual([how ? { word: 'fired', from: T0, to: T0, count: 1 } : skipped]);
    expect(planned.next).toBe(at(1));
  });
});

describe('catch-up', () => {
  test('of all releases what was missed behind the newest, which is live work', () => {
    const rule: ScheduleRule = { ...EACH_MINUTE, m: 'all', h: [5, 1_000] };
    const planned = plan(rule, { now: at(10) + 5_000 });
    expect(told(planned)).toEqual(['late 10']);
    expect(planned.fire).toEqual({ fireTime: at(10), how: 'ready' });
    expect(planned.catchUp).toEqual({
      schedule: 's',
      kind: 'catch-up',
      from: T0,
      to: at(9) + 1,
      overlap: 'buffer-all',
      rate: [5, 1_000],
      ruleJson: JSON.stringify(rule),
      at: at(10) + 5_000,
    });
  });

  test('of all, beside live runs where overlap is allowed, at one a second unless the rule says', () => {
    expect(plan({ ...EACH_MINUTE, m: 'all', o: 'allow' }, { now: at(2) }).catchUp).toMatchObject({
      overlap: 'allow',
      rate: [60, 60_000],
    });
  });

  test('of the newest three releases two behind the newest, and merges older ones into them', () => {
    const planned = plan({ ...EACH_MINUTE, m: 3 }, { now: at(10) });
    expect(told(planned)).toEqual(['merged 0-7', 'fired 10']);
    expect(planned.catchUp).toMatchObject({ from: at(8), to: at(9) + 1 });
  });

  test('of the newest one is the same as of the latest', () => {
    const planned = plan({ ...EACH_MINUTE, m: 1 }, { now: at(10) });
    expect(told(planned)).toEqual(['merged 0-9', 'caught-up 10']);
    expect(planned.catchUp).toBeUndefined();
  });

  test('leaves out what is older than the window, or than the start deadline', () => {
    const window = plan({ ...EACH_MINUTE, m: 'all', w: 3 * MINUTE }, { now: at(10) });
    expect(told(window)).toEqual(['missed(catch-up) 0-6', 'fired 10']);
    expect(window.catchUp).toMatchObject({ from: at(7), to: at(9) + 1 });
    const deadline = plan({ ...EACH_MINUTE, m: 'all', d: 3 * MINUTE, w: 5 * MINUTE }, { now: at(10) });
    expect(told(deadline)).toEqual(['missed(deadline) 0-6', 'fired 10']);
    const both = plan({ ...EACH_MINUTE, m: 'all', d: 5 * MINUTE, w: 3 * MINUTE }, { now: at(10) });
    expect(told(both)).toEqual(['missed(deadline) 0-4', 'missed(catch-up) 5-6', 'fired 10']);
  });

  test('goes on though the newest is skipped for an overlap', () => {
    const planned = plan({ ...EACH_MINUTE, m: 'all' }, { now: at(3), facts: { live: ['s@1'] } });
    expect(told(planned)).toEqual(['skipped(overlap) 3']);
    expect(planned.catchUp).toMatchObject({ from: T0, to: at(2) + 1 });
  });

  test('begins with a pending fire time of an older rule, which the rule does not name', () => {
    const stored = { next: T0 - 1_234 };
    expect(plan({ ...EACH_MINUTE, m: 'all' }, { now: at(1), stored }).catchUp).toMatchObject({ from: T0 - 1_234 });
    expect(plan({ ...EACH_MINUTE, m: 3 }, { now: at(1), stored }).catchUp).toMatchObject({
      from: T0 - 1_234,
      to: T0 + 1,
    });
  });
});

describe('a blackout', () => {
  const dark = (...bl: NonNullable<ScheduleRule['bl']>): ScheduleRule => ({ ...EACH_MINUTE, bl });

  test('skips the fire times in it, and makes no run', () => {
    const planned = plan(dark([at(0), at(1)]), { now: T0 });
    expect(told(planned)).toEqual(['skipped(blackout) 0']);
    expect(planned).toMatchObject({ fire: undefined, next: at(1), due: at(1) });
  });

  test('comes before overlap and deadline', () => {
    const rule = { ...dark([at(0), at(1)]), d: 1_000 };
    expect(told(plan(rule, { now: T0 + 2_000, facts: { live: ['s@1'] } }))).toEqual(['skipped(blackout) 0']);
  });

  test('leaves the newest fire time before it to be caught up', () => {
    const planned = plan(dark([at(4), at(9)]), { now: at(8) });
    expect(told(planned)).toEqual(['merged 0-2', 'caught-up 3', 'skipped(blackout) 4-8']);
    expect(planned.fire).toEqual({ fireTime: at(3), how: 'ready' });
    expect(planned.next).toBe(at(9));
  });

  test('in a gap that is caught up one by one is told when its turn comes', () => {
    const planned = plan({ ...dark([at(4), at(6)], ['1 * * * *', 1]), m: 'all' }, { now: at(10) });
    expect(told(planned)).toEqual(['fired 10']);
    expect(planned.catchUp).toMatchObject({ from: T0, to: at(9) + 1 });
  });

  test('of all that is due makes no run', () => {
    const planned = plan(dark([at(-9), at(99)]), { now: at(5) });
    expect(told(planned)).toEqual(['skipped(blackout) 0-5']);
    expect(planned.fire).toBeUndefined();
  });

  test('that comes and goes all the time is told span by span, up to a bound', () => {
    const planned = plan(dark(['*/2 * * * *', MINUTE]), { now: at(3_000) });
    expect(planned.verdicts).toHaveLength(501);
    expect(told(planned).slice(0, 2)).toEqual(['missed(catch-up) 0-2500', 'merged 2501']);
    expect(told(planned).slice(-3)).toEqual(['skipped(blackout) 2998', 'caught-up 2999', 'skipped(blackout) 3000']);
  });
});

test('a fire time that a calendar has come to leave out is skipped like one in a blackout', () => {
  const rule: ScheduleRule = { ...EACH_MINUTE, x: [{ d: ['2026-01-01'] }] };
  const planned = plan(rule, { now: T0 });
  expect(told(planned)).toEqual(['skipped(blackout) 0']);
  expect(planned.next).toBe(Date.UTC(2026, 0, 2));
  const later = plan({ ...EACH_MINUTE, x: [{ c: '0 * * * *' }] }, { now: at(2) });
  expect(told(later)).toEqual(['skipped(blackout) 0', 'merged 1', 'caught-up 2']);
});

describe('a freeze', () => {
  const freeze = (from: number, until?: number): Freeze[] => [
    { id: 'f1', from, ...(until !== undefined && { until }), by: 'me', why: 'test' },
  ];

  test('skips what comes due while it is on, and names itself', () => {
    const planned = plan(EACH_MINUTE, { now: at(3), facts: { freezes: freeze(at(2)) } });
    expect(planned.verdicts).toEqual([{ word: 'skipped(freeze)', from: T0, to: at(3), count: 4, detail: 'f1' }]);
    expect(planned.fire).toBeUndefined();
  });

  test('that is over has skipped its fire times, and no others', () => {
    const planned = plan(EACH_MINUTE, { now: at(6), facts: { freezes: freeze(at(2), at(4)) } });
    expect(told(planned)).toEqual(['merged 0-1', 'skipped(freeze) 2-3', 'merged 4-5', 'caught-up 6']);
  });

  test('that is over or to come changes nothing', () => {
    const freezes = [...freeze(at(-9), at(0)), ...freeze(at(9))];
    expect(told(plan(EACH_MINUTE, { now: at(2), facts: { freezes } }))).toEqual(['merged 0-1', 'caught-up 2']);
  });

  test('comes before a blackout', () => {
    const rule: ScheduleRule = { ...EACH_MINUTE, bl: [[at(0), at(9)]] };
    expect(told(plan(rule, { now: T0, facts: { freezes: freeze(at(-1), at(1)) } }))).toEqual(['skipped(freeze) 0']);
  });
});
