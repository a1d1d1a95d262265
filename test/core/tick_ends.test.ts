import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { PauseNote } from '../../src/core/freeze.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { dueTimeOf, type SchedulePlan } from '../../src/core/tick.ts';
import { T0, MINUTE, at, EACH_MINUTE, plan, type When } from '../support/planned.ts';

const words = ({ verdicts }: SchedulePlan): string[] => verdicts.map(({ word, count }) => `${word} ${count}`);

test('a schedule that is not due yet is looked at when it is', () => {
  const rule: ScheduleRule = { ...EACH_MINUTE, r: 50_000 };
  const due = dueTimeOf('s', compileSchedule('s', rule), T0);
  expect(plan(rule, { now: due - 1 })).toMatchObject({ verdicts: [], fire: undefined, next: T0, due, state: 'active' });
});

describe('a pause', () => {
  const paused = (until?: number): NonNullable<When['facts']> => {
    const note: PauseNote = { at: at(-1), by: 'me', note: 'test', ...(until !== undefined && { until }) };
    return { pause: note };
  };

  test('without an end keeps everything as it is', () => {
    const planned = plan(EACH_MINUTE, { now: at(9), facts: paused(), stored: { state: 'paused' } });
    expect(planned).toMatchObject({ verdicts: [], fire: undefined, next: T0, state: 'paused', due: undefined });
    expect(planned.pause).toBeUndefined();
  });

  test('is looked at again when it ends', () => {
    const planned = plan(EACH_MINUTE, { now: at(4), facts: paused(at(5)), stored: { state: 'paused' } });
    expect(planned).toMatchObject({ verdicts: [], next: T0, state: 'paused', due: at(5) });
  });

  test('that has ended has skipped the fire times in it, and the schedule goes on', () => {
    const planned = plan(EACH_MINUTE, { now: at(5), facts: paused(at(5)), stored: { state: 'paused' } });
    expect(words(planned)).toEqual(['skipped(paused) 5', 'fired 1']);
    expect(planned).toMatchObject({ fire: { fireTime: at(5) }, next: at(6), state: 'active', pause: 'forget' });
  });

  test('that has ended between two fire times waits for the next one', () => {
    const until = at(4) + 30_000;
    const planned = plan(EACH_MINUTE, { now: until, facts: paused(until), stored: { state: 'paused' } });
    expect(words(planned)).toEqual(['skipped(paused) 5']);
    expect(planned).toMatchObject({ fire: undefined, next: at(5), due: at(5), state: 'active', pause: 'forget' });
  });

  test('that has ended unseen leaves what came after it to be caught up', () => {
    const planned = plan(EACH_MINUTE, { now: at(9), facts: paused(at(5)), stored: { state: 'paused' } });
    expect(words(planned)).toEqual(['skipped(paused) 5', 'merged 4', 'caught-up 1']);
  });

  test('that has ended forgets the dead letters before it, also where a fire time is due at once', () => {
    const facts = { ...paused(at(5)), failures: 3 };
    const planned = plan({ ...EACH_MINUTE, pf: 3 }, { now: at(5), facts, stored: { state: 'paused' } });
    expect(planned).toMatchObject({ fire: { fireTime: at(5) }, state: 'active', pause: 'forget' });
  });

  test('of a fixed delay has skipped its one fire time', () => {
    const planned = plan({ f: 90_000 }, { now: at(9), facts: paused(at(9)), stored: { state: 'paused' } });
    expect(words(planned)).toEqual(['skipped(paused) 1']);
    expect(planned.next).toBe(at(9) - 1 + 90_000);
  });

  test('of a schedule that has ended meanwhile leaves it ended', () => {
    const stored = { state: 'paused', next: 0 } as const;
    expect(plan(EACH_MINUTE, { now: at(5), facts: paused(at(5)), stored })).toMatchObject({
      verdicts: [],
      next: 0,
      due: undefined,
      state: 'active',
      pause: 'forget',
    });
  });
});

describe('dead letters in a row', () => {
  const rule: ScheduleRule = { ...EACH_MINUTE, pf: 3 };

  test('pause the schedule before it fires again; the fire time stays without a verdict', () => {
    expect(plan(rule, { now: T0, facts: { failures: 3 } })).toMatchObject({
      verdicts: [],
      fire: undefined,
      next: T0,
      state: 'paused',
      due: undefined,
      pause: { at: T0, by: 'belfry', note: '3 runs in a row became dead letters' },
    });
  });

  test('do nothing while they are fewer, or the rule does not ask', () => {
    expect(words(plan(rule, { now: T0, facts: { failures: 2 } }))).toEqual(['fired 1']);
    expect(words(plan(EACH_MINUTE, { now: T0, facts: { failures: 99 } }))).toEqual(['fired 1']);
  });
});

describe('a fixed delay', () => {
  const rule: ScheduleRule = { f: 90_000 };

  test('fires, and the next fire time is for the end of the run to set', () => {
    expect(plan(rule, { now: T0 })).toMatchObject({
      fire: { fireTime: T0, how: 'ready' },
      next: 0,
      due: undefined,
      end: 'keep',
      followMs: 90_000,
    });
  });

  test('that makes no run goes on after the delay', () => {
    const planned = plan(rule, { now: T0 + 500, facts: { live: ['x'] } });
    expect(words(planned)).toEqual(['skipped(overlap) 1']);
    expect(planned).toMatchObject({ next: T0 + 90_500, due: T0 + 90_500, followMs: undefined });
  });

  test('has one fire time, however late it is', () => {
    const planned = plan(rule, { now: at(60) });
    expect(planned.verdicts).toEqual([{ word: 'late', from: T0, to: T0, count: 1, detail: String(60 * MINUTE) }]);
    expect(planned).toMatchObject({ next: 0, followMs: 90_000 });
  });

  test('does not fire past its end, nor on a day that is left out', () => {
    expect(plan({ ...rule, q: T0 }, { now: T0 })).toMatchObject({
      verdicts: [],
      fire: undefined,
      next: 0,
      due: undefined,
    });
    const planned = plan({ ...rule, x: [{ d: ['2026-01-01'] }] }, { now: T0 });
    expect(planned).toMatchObject({ verdicts: [], fire: undefined });
    expect(planned.next).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 2));
  });

  test('whose run has ended unseen goes on after the delay, and waits while it lives', () => {
    expect(plan(rule, { now: at(5), stored: { next: 0 } })).toMatchObject({ verdicts: [], next: at(5) + 90_000 });
    const waiting = plan(rule, { now: at(5), stored: { next: 0 }, facts: { live: ['s@1'] } });
    expect(waiting).toMatchObject({ next: 0, due: undefined });
  });

  test('ends after as many runs as it may make', () => {
    const planned = plan({ ...rule, mr: 3 }, { now: T0, stored: { made: 2 } });
    expect(planned).toMatchObject({ fire: { fireTime: T0 }, next: 0, made: 3, due: undefined, followMs: undefined });
    const ended = plan({ ...rule, mr: 3 }, { now: at(9), stored: { next: 0, made: 3 } });
    expect(ended).toMatchObject({ next: 0, due: undefined });
  });
});

describe('a schedule that may make so many runs', () => {
  test('counts those that are made, and no others', () => {
    const rule: ScheduleRule = { ...EACH_MINUTE, mr: 5 };
    expect(plan(rule, { now: T0, stored: { made: 2 } })).toMatchObject({ made: 3, next: at(1) });
    expect(plan(rule, { now: T0, stored: { made: 2 }, facts: { live: ['x'] } })).toMatchObject({
      made: 2,
      next: at(1),
    });
    expect(plan(EACH_MINUTE, { now: T0 })).toMatchObject({ made: 0 });
  });

  test('ends with the last of them', () => {
    const planned = plan({ ...EACH_MINUTE, mr: 5 }, { now: T0, stored: { made: 4 } });
    expect(planned).toMatchObject({ fire: { fireTime: T0 }, made: 5, next: 0, due: undefined, end: 'keep' });
  });

  test('counts what is left to be released, and releases no more than that', () => {
    const planned = plan({ ...EACH_MINUTE, m: 'all', mr: 5 }, { now: at(9), stored: { made: 2 } });
    expect(words(planned)).toEqual(['merged 7', 'fired 1']);
    expect(planned.catchUp).toMatchObject({ from: at(7), to: at(8) + 1 });
    expect(planned).toMatchObject({ made: 5, next: 0 });
  });
});

describe('a schedule that is deleted after its last fire time', () => {
  const rule: ScheduleRule = { a: [T0], al: 'delete' };

  test('goes with the commit of its last run', () => {
    expect(plan(rule, { now: T0 })).toMatchObject({ fire: { how: 'ready' }, next: 0, due: undefined, end: 'delete' });
    expect(plan({ a: [T0] }, { now: T0 })).toMatchObject({ next: 0, end: 'keep' });
  });

  test('stays while a run of it is held, and while fire times are left to be released', () => {
    const held = plan({ ...rule, o: 'buffer-one' }, { now: T0, facts: { live: ['x'] } });
    expect(held).toMatchObject({ fire: { how: 'hold' }, end: 'keep', due: T0 + MINUTE });
    const owed = plan({ a: [T0, at(1), at(2)], m: 'all', h: [1, 90_000], al: 'delete' }, { now: at(2) });
    expect(owed).toMatchObject({ next: 0, end: 'keep', due: at(2) + 3 * 90_000 + MINUTE });
  });

  test('goes when nothing of it lives any more', () => {
    const stored = { next: 0 };
    expect(plan(rule, { now: at(5), stored, facts: { live: ['x'] } })).toMatchObject({ end: 'keep', due: at(6) });
    expect(plan(rule, { now: at(5), stored })).toMatchObject({ end: 'delete', due: undefined, verdicts: [] });
    expect(plan({ a: [T0] }, { now: at(5), stored })).toMatchObject({ end: 'keep', due: undefined });
  });
});

test('@reboot fires once and has no fire time after that', () => {
  expect(plan({ c: '@reboot', b: 'v1' }, { now: T0 + 10 })).toMatchObject({
    verdicts: [{ word: 'fired', from: T0, to: T0, count: 1 }],
    fire: { fireTime: T0, how: 'ready' },
    next: 0,
    due: undefined,
  });
});
