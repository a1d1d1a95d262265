import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { refused } from './refused.ts';

describe('an interval', () => {
  test('fires at the multiples of its length, counted from the epoch', () => {
    const property = fc.property(
      fc.integer({ min: 1_000, max: 1e10 }),
      fc.integer({ min: 1, max: 7e12 }),
      (everyMs, at) => {
        const { next, previous } = compileTiming({ e: everyMs }, 'a');
        expect(next(at)).toBe((Math.floor(at / everyMs) + 1) * everyMs);
        expect(previous(at)).toBe((Math.ceil(at / everyMs) - 1) * everyMs);
      },
    );
    fc.assert(property);
  });

  test('stays between 1970 and 2199', () => {
    const { next, previous } = compileTiming({ e: 86_400_000 }, 'a');
    expect([next(-1), next(-Infinity), previous(0)]).toEqual([0, 0, undefined]);
    expect([previous(Infinity), next(Date.UTC(2199, 11, 31))]).toEqual([Date.UTC(2199, 11, 31), undefined]);
    expect([next(Number.NaN), previous(Number.NaN)]).toEqual([undefined, undefined]);
  });

  test.each([0, 999, -5_000, 1.5, Number.NaN])('of %s ms is refused', (everyMs) => {
    expect(refused(() => compileTiming({ e: everyMs }, 'a'))).toMatchObject({
      code: 'BAD_SCHEDULE',
      hint: 'at least 1s',
    });
  });
});

test('a rule without cron and without interval is refused', () => {
  expect(refused(() => compileTiming({ z: 'UTC' }, 'a')).code).toBe('BAD_SCHEDULE');
});

test('cron text goes by the zone of the rule, UTC where it names none', () => {
  const from = Date.parse('2026-01-01T00:00:00Z');
  expect(compileTiming({ c: '0 9 * * *' }, 'a').next(from)).toBe(Date.parse('2026-01-01T09:00:00Z'));
  expect(compileTiming({ c: '0 9 * * *', z: 'Asia/Tokyo' }, 'a').next(from)).toBe(Date.parse('2026-01-02T00:00:00Z'));
});

test('a bad zone or bad cron text is refused when the rule is compiled, not when it fires', () => {
  expect(refused(() => compileTiming({ c: '0 9 * * *', z: 'Mars/Base' }, 'a')).code).toBe('BAD_SCHEDULE');
  expect(refused(() => compileTiming({ c: '0 25 * * *' }, 'a')).code).toBe('BAD_CRON');
});
