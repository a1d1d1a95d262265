import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WhenRule } from '../../../src/core/schedule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { expectFires } from './fire_table.ts';
import { compileUnlessImpossible } from './compiled.ts';
import { rules } from './rule_arbitrary.ts';
import { assertLaws, instants, walk } from './timing_laws.ts';

const ms = (iso: string): number => Date.parse(iso);
const compile = (rule: WhenRule) => compileTiming(rule, 'seed');
const HOUR_MS = 3_600_000;

describe('every nth', () => {
  test.each<[WhenRule, string]>([
    [{ c: '0 9 * * MON', n: 2, s: ms('2026-01-05') }, '2026-01-05T09:00 2026-01-19T09:00 2026-02-02T09:00'],
    [{ c: '0 9 * * MON', n: 2, s: ms('2026-01-06') }, '2026-01-12T09:00 2026-01-26T09:00 2026-02-09T09:00'],
    [{ e: HOUR_MS, n: 36, s: ms('2026-01-01T00:30:00Z') }, '2026-01-01T01:00 2026-01-02T13:00 2026-01-04T01:00'],
    [
      { a: [1, 2, 3, 4, 5, 6, 7].map((day) => ms(`2026-01-0${day}`)), n: 3, s: 0 },
      '2026-01-01 2026-01-04 2026-01-07 never',
    ],
    [{ i: 'R9/2026-01-01/P1D', n: 4, s: ms('2026-01-02') }, '2026-01-02 2026-01-06 never'],
    [
      { u: [{ c: '0 9 * * *' }, { c: '0 18 * * *' }], n: 3, s: ms('2026-01-01') },
      '2026-01-01T09:00 2026-01-02T18:00 2026-01-04T09:00',
    ],
    [
      { c: '0 9 * * *', n: 2, s: ms('2026-01-01'), x: [{ d: ['2026-01-03'] }], q: ms('2026-01-08') },
      '2026-01-01T09:00 2026-01-05T09:00 2026-01-07T09:00 never',
    ],
  ])('%j fires first at or after its start, and a left out day does not shift the count', (rule, fires) => {
    expectFires(compile(rule), '1970-01-01', { fires });
  });

  test('is each nth of the fire times counted one by one, wherever the question comes from', () => {
    const ns = fc.integer({ min: 2, max: 40 });
    const property = fc.property(rules, ns, instants, fc.integer({ min: 0, max: 3_000 }), (rule, n, s, steps) => {
      const timing = compileUnlessImpossible(rule);
      const counted = compile({ ...rule, n, s });
      const all = walk(timing.next, s - 1, { count: steps + n + 1 });
      fc.pre(all.length > 0);
      const asked = Math.min(steps, all.length - 1);
      const at = all[asked] as number;
      expect(counted.next(at)).toBe(all.find((time, index) => time > at && index % n === 0));
      expect(counted.previous(at)).toBe(all.findLast((time, index) => time < at && index % n === 0));
      assertLaws(counted, at);
    });
    fc.assert(property, { numRuns: 150 });
  });

  test('of a text that fires each minute is told without walking through the minutes of fifty years', () => {
    const timing = compile({ c: '* * * * *', z: 'Europe/Berlin', n: 7, s: ms('1975-01-01T00:00:00Z') });
    const last = timing.previous(ms('2199-12-31T00:00:00Z')) as number;
    expect((last - ms('1975-01-01T00:00:00Z')) % (7 * 60_000)).toBe(0);
  });

  test('ends after a million fire times that have to be walked', () => {
    const timing = compile({ u: [{ e: 1_000 }], n: 2, s: 0 });
    expect(timing.next(500_000_000)).toBe(500_002_000);
    expect(timing.next(1_100_000_000)).toBeUndefined();
  });
});
