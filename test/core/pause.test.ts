import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { PauseNote } from '../../src/core/freeze.ts';
import { planPause, planResume } from '../../src/core/pause.ts';
import { packSchedule, parseRule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import { dueTimeOf } from '../../src/core/tick.ts';
import { plainSchedule } from '../support/plain_schedule.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);
const at = (minutes: number): number => T0 + minutes * MINUTE;
const NOTE: PauseNote = { at: T0, by: 'me', note: 'test' };
const EACH_MINUTE = '{"c":"* * * * *"}';

const stored = (fields: Partial<StoredSchedule> = {}): StoredSchedule =>
  plainSchedule({ next: at(1), revision: 4, last: T0, made: 7, others: 'm1', ruleJson: EACH_MINUTE, ...fields });

function resume(schedule: StoredSchedule, now: number, pause: PauseNote | undefined = NOTE) {
  const compiled = compileSchedule('s', parseRule(schedule));
  const plan = planResume(schedule, packSchedule(schedule), { compiled, pause }, now);
  return plan && { ...plan, after: unpackSchedule('s', plan.change.after ?? '') };
}

describe('a pause', () => {
  test('changes the state and the revision, so that no older plan commits, and takes the due time away', () => {
    const value = packSchedule(stored());
    expect(planPause(stored(), value, NOTE)).toEqual({
      change: {
        id: 's',
        before: value,
        after: packSchedule(stored({ state: 'paused', revision: 5 })),
        due: undefined,
      },
      verdicts: [],
    });
  });

  test('with an end is due then', () => {
    expect(planPause(stored(), packSchedule(stored()), { ...NOTE, until: at(9) }).change.due).toBe(at(9));
  });

  test('of a paused schedule sets another end', () => {
    const paused = stored({ state: 'paused' });
    const { change } = planPause(paused, packSchedule(paused), { ...NOTE, until: at(9) });
    expect(change.due).toBe(at(9));
    expect(unpackSchedule('s', change.after ?? '')).toEqual({ ...paused, revision: 5 });
  });
});

describe('a resume', () => {
  test('of a schedule that is not paused does nothing', () => {
    expect(resume(stored(), at(9))).toBeUndefined();
  });

  test('skips the fire times in the pause, and goes on with the first one after it', () => {
    const plan = resume(stored({ state: 'paused' }), at(9));
    expect(plan?.verdicts).toEqual([{ word: 'skipped(paused)', from: at(1), to: at(9), count: 9 }]);
    expect(plan?.after).toEqual(stored({ revision: 5, next: at(10) }));
    expect(plan?.change.due).toBe(at(10));
  });

  test('before the next fire time skips none', () => {
    const plan = resume(stored({ state: 'paused' }), T0 + 1);
    expect(plan?.verdicts).toEqual([]);
    expect(plan?.after.next).toBe(at(1));
  });

  test('after the pause has run out unseen skips those in it, and leaves the others to the ticker', () => {
    const plan = resume(stored({ state: 'paused' }), at(9), { ...NOTE, until: at(5) });
    expect(plan?.verdicts).toEqual([{ word: 'skipped(paused)', from: at(1), to: at(4), count: 4 }]);
    expect(plan?.change.due).toBe(at(5));
  });

  test('gives the due time with jitter', () => {
    const ruleJson = '{"c":"* * * * *","r":50000}';
    const due = dueTimeOf('s', compileSchedule('s', { c: '* * * * *', r: 50_000 }), at(10));
    expect(resume(stored({ state: 'paused', ruleJson }), at(9))?.change.due).toBe(due);
  });

  test('looks at the calendars as they are now', () => {
    const ruleJson = '{"c":"0 0 * * *","x":[{"d":["2026-01-02"]}]}';
    const plan = resume(stored({ state: 'paused', ruleJson, next: Date.UTC(2026, 0, 2) }), at(9));
    expect(plan?.verdicts).toEqual([]);
    expect(plan?.after.next).toBe(Date.UTC(2026, 0, 3));
  });

  test('of a fixed delay fires after the delay; where its run may live, the ticker looks at once', () => {
    const ruleJson = '{"f":90000}';
    const plan = resume(stored({ state: 'paused', ruleJson }), at(9));
    expect(plan?.verdicts).toEqual([{ word: 'skipped(paused)', from: at(1), to: at(1), count: 1 }]);
    expect(plan?.after.next).toBe(at(9) + 90_000);
    expect(resume(stored({ state: 'paused', ruleJson }), T0)?.after.next).toBe(at(1));
    expect(resume(stored({ state: 'paused', ruleJson, next: 0 }), at(9))?.change.due).toBe(at(9));
  });

  test('does not bring back a schedule that has made all its runs', () => {
    const plan = resume(stored({ state: 'paused', ruleJson: '{"c":"* * * * *","mr":7}', next: 0 }), at(9));
    expect(plan?.after.next).toBe(0);
    expect(plan?.change.due).toBeUndefined();
  });

  test('that finds the end of a schedule lets the ticker delete it', () => {
    const ruleJson = JSON.stringify({ a: [at(1)], al: 'delete' });
    const plan = resume(stored({ state: 'paused', ruleJson }), at(9));
    expect(plan?.verdicts).toHaveLength(1);
    expect(plan?.change).toMatchObject({ due: at(9) });
    expect(plan?.after.next).toBe(0);
  });
});
