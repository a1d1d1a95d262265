import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import { dueTimeOf, newestDue } from '../../src/core/due_times.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { seededChance } from '../support/seeded.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 2, 28, 20);

const due = (rule: ScheduleRule, at: number, id = 's'): number => dueTimeOf(id, compileSchedule(id, rule), at);

describe('a due time', () => {
  test('is the fire time where the rule has neither jitter nor window', () => {
    expect(due({ e: MINUTE }, T0)).toBe(T0);
  });

  test('in a window is always as long after the fire time, and another length for another schedule', () => {
    const rule: ScheduleRule = { e: 10 * MINUTE, k: 5 * MINUTE };
    const lengths = [0, 10, 20, 500].map((minutes) => due(rule, T0 + minutes * MINUTE) - (T0 + minutes * MINUTE));
    expect(new Set(lengths).size).toBe(1);
    expect(due(rule, T0, 'other') - T0).not.toBe(lengths[0]);
  });

  test('with window and jitter is before the next fire time, however long they are', () => {
    const chance = seededChance();
    for (let round = 0; round < 2_000; round += 1) {
      const rule: ScheduleRule = {
        ...chance.pick([
          { e: MINUTE },
          { c: '*/10 1-4 * * *', z: 'Europe/Berlin' },
          { c: '59,0 * * * *' },
          { f: 7_000 },
        ]),
        ...(chance.next() < 0.7 && { k: chance.between(1, 200_000) }),
        ...(chance.next() < 0.7 && { r: chance.between(1, 200_000) }),
      };
      const { timing } = compileSchedule('s', rule);
      const at = timing.next(T0 + chance.between(0, 2_000) * MINUTE) ?? 0;
      const dueTime = due(rule, at, `s${round}`);
      expect(dueTime).toBeGreaterThanOrEqual(at);
      expect(dueTime).toBeLessThan(timing.next(at) ?? 0);
      expect(dueTime - at).toBeLessThanOrEqual((rule.k ?? 0) + (rule.r ?? 0));
    }
  });

  test('of a last fire time may use the whole window and the whole jitter', () => {
    expect(due({ a: [T0], k: MINUTE, r: MINUTE }, T0)).toBeLessThanOrEqual(T0 + 2 * MINUTE);
    expect(due({ a: [T0], k: MINUTE }, T0)).toBeGreaterThan(T0);
  });
});

test('the newest that is due is the one that a look at each would find', () => {
  const chance = seededChance();
  for (let round = 0; round < 2_000; round += 1) {
    const rule: ScheduleRule = {
      ...chance.pick([
        { e: MINUTE },
        { c: '*/10 1-4 * * *', z: 'Europe/Berlin' },
        { c: '7 * * * *', q: T0 + 300 * MINUTE },
      ]),
      ...(chance.next() < 0.5 && { k: chance.between(1, 100_000) }),
      ...(chance.next() < 0.5 && { r: chance.between(1, 100_000) }),
    };
    const compiled = compileSchedule('s', rule);
    const first = compiled.timing.next(T0) ?? 0;
    const now = dueTimeOf('s', compiled, first) + chance.between(0, 400 * MINUTE);
    let newest = first;
    let following = compiled.timing.next(first);
    while (following !== undefined && dueTimeOf('s', compiled, following) <= now) {
      newest = following;
      following = compiled.timing.next(following);
    }
    expect(newestDue('s', compiled, first, now), `TEST_SEED=${chance.seed}`).toEqual({ newest, following });
  }
});
