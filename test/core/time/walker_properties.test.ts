import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileUnlessImpossible } from './compiled.ts';
import { cronCase, timeField } from './cron_arbitrary.ts';
import { walk, zones } from './timing_laws.ts';
import { POLICIES } from './wall_clock_model.ts';

const instants = fc.integer({ min: 0, max: Date.UTC(2199, 11, 1) });
const seconds = timeField({ min: 0, max: 59 });
const crons = fc.oneof(cronCase(), cronCase(seconds)).map(({ text }) => ({ c: text }));
const policies = fc.constantFrom(...POLICIES);
const rules = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(crons, zones, policies).map(([cron, z, t]) => ({ ...cron, z, t })) },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 1e11 }).map((e) => ({ e })) },
);

test('the next fire time is the same from any instant before it, and the previous one is its dual', () => {
  const property = fc.property(rules, instants, fc.double({ min: 0, max: 1, noNaN: true }), (rule, at, fraction) => {
    const timing = compileUnlessImpossible(rule);
    const next = timing.next(at);
    fc.pre(next !== undefined);
    const between = at + Math.floor(fraction * (next - at - 1));
    const last = timing.previous(next);
    expect(next).toBeGreaterThan(at);
    expect([timing.next(between), timing.next(next - 1), timing.previous(next + 1)]).toEqual([next, next, next]);
    expect(last ?? -1).toBeLessThanOrEqual(at);
    if (last !== undefined) expect(timing.next(last)).toBe(next);
  });
  fc.assert(property, { numRuns: 1_000, maxSkipsPerRun: 100 });
});

test('fire times strictly increase, and walking back meets the same ones', () => {
  const property = fc.property(rules, instants, (rule, from) => {
    const timing = compileUnlessImpossible(rule);
    const forward = walk(timing.next, from, { count: 50 });
    expect(forward.every((at, index) => at > (forward[index - 1] ?? from))).toBe(true);
    const back = walk(timing.previous, (forward.at(-1) ?? from) + 1, { count: forward.length });
    expect(back.reverse()).toEqual(forward);
  });
  fc.assert(property, { numRuns: 400, maxSkipsPerRun: 100 });
});
