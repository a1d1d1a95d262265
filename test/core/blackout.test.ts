import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import { cutSpans } from '../../src/core/spans.ts';
import type { BlackoutRule, ScheduleRule } from '../../src/core/schedule.ts';
import { seededChance, type Chance } from '../support/seeded.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 6, 1);
const at = (minutes: number): number => T0 + minutes * MINUTE;

const compile = (bl: BlackoutRule[], more: Partial<ScheduleRule> = {}) =>
  compileSchedule('s', { c: '* * * * *', bl, ...more });

describe('a blackout', () => {
  test('between two instants holds the first and not the second', () => {
    const { isBlackedOut } = compile([[at(1), at(3)]]);
    expect([0, 1, 2, 3].map((minute) => isBlackedOut(at(minute)))).toEqual([false, true, true, false]);
  });

  test('from each match of a cron text lasts for its time, in the zone of the schedule', () => {
    const { isBlackedOut } = compile([['0 22 * * *', 8 * 60 * MINUTE]], { z: 'America/New_York' });
    const local = (hour: number): number => Date.UTC(2026, 6, 2, hour + 4);
    expect([-3, -2, 0, 5, 6, 12].map((hour) => isBlackedOut(local(hour)))).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test('tells until when it lasts, and nothing where there is none', () => {
    const { blackouts } = compile([
      [at(1), at(3)],
      ['2 * * * *', 5 * MINUTE],
    ]);
    expect([0, 1, 2, 6, 7].map((minute) => blackouts?.coveredUntil(at(minute)))).toEqual([
      undefined,
      at(3),
      at(7),
      at(7),
      undefined,
    ]);
  });

  test('of several is any of them', () => {
    const { isBlackedOut } = compile([
      [at(1), at(2)],
      [at(2), at(3)],
      ['5 * * * *', MINUTE],
    ]);
    expect([0, 1, 2, 3, 5, 6].map((minute) => isBlackedOut(at(minute)))).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test('that there is none holds nothing', () => {
    expect(compile([]).blackouts).toBeUndefined();
    expect(compile([]).isBlackedOut(T0)).toBe(false);
  });

  test('whose cron text is wrong is refused with the rule', () => {
    expect(() => compile([['61 * * * *', MINUTE]])).toThrow(expect.objectContaining({ code: 'BAD_CRON' }));
  });
});

function drawBlackouts(chance: Chance): BlackoutRule[] {
  return Array.from({ length: chance.between(1, 4) }, (): BlackoutRule => {
    if (chance.next() < 0.5)
      return [chance.pick(['*/7 * * * *', '10,12 * * * *', '30 */2 * * *']), chance.between(1, 15) * 20_000];
    const from = at(chance.between(0, 300));
    return [from, from + chance.between(1, 90) * MINUTE];
  });
}

test('spans are what a look at each fire time gives, joined where neighbours are alike', () => {
  const chance = seededChance();
  for (let round = 0; round < 200; round += 1) {
    const compiled = compile(drawBlackouts(chance));
    const freezes = Array.from({ length: chance.between(0, 3) }, (_, i) => {
      const from = at(chance.between(0, 300));
      return { id: `f${i}`, from, until: from + chance.between(1, 60) * MINUTE, by: 'me', why: 'test' };
    });
    const expected: { from: number; to: number; fate: string; detail: string | undefined }[] = [];
    for (let minute = 0; minute <= 300; minute += 1) {
      const time = at(minute);
      const freeze = freezes.find(({ from, until }) => time >= from && time < until);
      const open = compiled.isBlackedOut(time) ? 'skipped(blackout)' : 'open';
      const fate = freeze === undefined ? open : 'skipped(freeze)';
      const last = expected.at(-1);
      if (last?.fate === fate && last.detail === freeze?.id) last.to = time;
      else expected.push({ from: time, to: time, fate, detail: freeze?.id });
    }
    const spans = cutSpans(at(0), at(300), { compiled, freezes, now: at(1_000) });
    expect(spans, `TEST_SEED=${chance.seed}`).toEqual(expected);
  }
});
