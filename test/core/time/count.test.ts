import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WhenRule } from '../../../src/core/schedule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import type { Timing } from '../../../src/core/time/timing.ts';
import { nextTransitions } from '../../../src/core/time/transitions.ts';
import { openZone } from '../../../src/core/time/zone.ts';
import { compileUnlessImpossible } from './compiled.ts';
import { rules } from './rule_arbitrary.ts';
import { dstTexts, hardZones, instants, walk } from './timing_laws.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ms = (iso: string): number => Date.parse(iso);
const compile = (rule: WhenRule) => compileTiming(rule, 'seed');

/** The count of a walk, which is what a count has to be. */
const walked = ({ next }: Timing, after: number, upTo: number): number =>
  walk(next, after, { isInside: (at) => at <= upTo }).length;

describe('a count is what a walk counts', () => {
  test('for rules of many kinds', () => {
    const property = fc.property(rules, instants, fc.nat(400), fc.nat(5_000), (rule, after, steps, restMs) => {
      const timing = compileUnlessImpossible(rule);
      fc.pre(timing.count !== undefined);
      const upTo = (walk(timing.next, after, { count: steps }).at(-1) ?? after) + restMs;
      expect(timing.count?.(after, upTo)).toBe(walked(timing, after, upTo));
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('from any instant to any other around a change of the clock, whatever the policy', () => {
    const texts = fc.constantFrom('* * * * *', '*/7 * * * *', '30 * * * *', '30 0,1,2,23 * * *', '59 59 1 * * *');
    const around = fc.integer({ min: -26 * HOUR_MS, max: 26 * HOUR_MS });
    const cases = fc.record({ c: texts, z: hardZones, t: dstTexts, near: instants, one: around, other: around });
    const property = fc.property(cases, ({ c, z, t, near, one, other }) => {
      const [change] = nextTransitions(openZone(z), near, 1);
      const at = change?.at ?? near;
      const timing = compile({ c, z, ...(t !== undefined && { t }) });
      const [after, upTo] = [at + Math.min(one, other), at + Math.max(one, other)];
      expect(timing.count?.(after, upTo)).toBe(walked(timing, after, upTo));
    });
    fc.assert(property, { numRuns: 400 });
  });

  const apia = { z: 'Pacific/Apia', s: ms('2011-12-28T00:00:00Z'), q: ms('2012-01-02T00:00:00Z') };
  test.each<[WhenRule, number]>([
    // 30 December 2011 does not exist there, and five noons around it do.
    [{ c: '0 12 * * *', ...apia, t: 'kubernetes' }, 5],
    [{ c: '0 12 * * *', ...apia }, 6],
    [{ c: '0 12 * * *', ...apia, t: 'shift first or' }, 5],
    [{ c: '0 * * * *', ...apia, t: 'shift first or' }, 5 * 24],
    [{ c: '0 6 * * *', s: 0, q: ms('2100-01-01') }, ms('2100-01-01') / DAY_MS],
    [{ e: 1_000 }, 7_258_118_400],
    [{ i: 'R5/2026-01-01T00:00:00Z/PT1S' }, 5],
    [{ i: 'R/2026-01-01T00:00:00Z/PT1S', q: ms('2027-01-01') }, (365 * DAY_MS) / 1_000],
    [{ c: '* * * * *', n: 7, s: ms('2026-01-01'), q: ms('2026-01-01T01:00:00Z') }, 9],
  ])('%j has %d fire times', (rule, count) => {
    expect(compile(rule).count?.(-1, Infinity)).toBe(count);
  });
});

test.each<WhenRule>([{ e: HOUR_MS }, { c: '0 * * * *' }, { a: [HOUR_MS, 2 * HOUR_MS] }, { e: HOUR_MS, n: 2, s: 0 }])(
  '%j has none between an instant and an earlier one, and an instant itself belongs to what ends with it',
  (rule) => {
    const { count, next } = compile(rule);
    const at = next(0) as number;
    expect([count?.(at, at), count?.(at, at - 1), count?.(at - 1, at), count?.(at, 0)]).toEqual([0, 0, 1, 0]);
  },
);

test('a repeat by elapsed time is asked in one step, however short its period', () => {
  const { next, previous } = compile({ i: 'R/2026-01-01T00:00:00Z/PT1S' });
  const first = ms('2026-01-01T00:00:00Z');
  // As many steps as there are seconds in a day: one that looked back over days of them would not end.
  const times = walk(next, first - 1, { count: 86_400 });
  expect(times.at(-1)).toBe(first + DAY_MS - 1_000);
  expect(previous(first + DAY_MS)).toBe(times.at(-1));
});
