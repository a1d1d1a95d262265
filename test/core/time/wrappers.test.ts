import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CalendarRule, WhenRule } from '../../../src/core/schedule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { expectFires } from './fire_table.ts';
import { refused } from './refused.ts';
import { compileUnlessImpossible } from './compiled.ts';
import { rules } from './rule_arbitrary.ts';
import { assertLaws, instants, walk } from './timing_laws.ts';
import { wallClockOf } from './wall_clock_model.ts';

const ms = (iso: string): number => Date.parse(iso);
const iso = (at: number): string => new Date(at).toISOString().slice(0, 16);
const compile = (rule: WhenRule, calendars?: (name: string) => CalendarRule | undefined) =>
  compileTiming(rule, 'seed', calendars);
const HOUR_MS = 3_600_000;
/** Fire times that are looked at one by one beside a calendar. */
const KEPT = 20;
const ALL_YEARS = '1970-01-01/2200-01-01';

describe('a union', () => {
  test('fires once where two members name the same instant', () => {
    const timing = compile({ u: [{ e: HOUR_MS }, { e: 90 * 60_000 }] });
    expectFires(timing, '2026-01-01T00:01', { fires: '2026-01-01T01:00,01:30,02:00,03:00' });
  });

  test('goes on when a member has come to its end', () => {
    const timing = compile({ u: [{ a: [ms('2026-01-01')] }, { a: [ms('2025-01-01'), ms('2027-01-01')] }] });
    expectFires(timing, ALL_YEARS, { fires: '2025-01-01 2026-01-01 2027-01-01' });
  });

  test('depends on the seed when a member does', () => {
    expect(compile({ u: [{ e: HOUR_MS }, { c: 'H * * * *' }] }).usesSeed).toBe(true);
    expect(compile({ u: [{ e: HOUR_MS }, { c: '0 * * * *' }] }).usesSeed).toBe(false);
  });

  test('fires whenever a member does, and keeps the laws of time', () => {
    const property = fc.property(fc.array(rules, { minLength: 1, maxLength: 4 }), instants, (members, at) => {
      const timings = members.map(compileUnlessImpossible);
      const union = compile({ u: members });
      const next = timings.map((timing) => timing.next(at)).filter((time) => time !== undefined);
      const previous = timings.map((timing) => timing.previous(at)).filter((time) => time !== undefined);
      expect(union.next(at) ?? Infinity).toBe(Math.min(...next));
      expect(union.previous(at) ?? -Infinity).toBe(Math.max(...previous));
      assertLaws(union, at);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('start and end', () => {
  const bounded = compile({ e: HOUR_MS, s: ms('2026-01-01T01:00:00Z'), q: ms('2026-01-01T03:00:00Z') });

  test('the start counts, the end does not', () => {
    expectFires(bounded, ALL_YEARS, { fires: '2026-01-01T01:00,02:00' });
  });

  test.each([
    ['2026-01-01T00:00', '2026-01-01T01:00', undefined],
    ['2026-01-01T01:00', '2026-01-01T02:00', undefined],
    ['2026-01-01T02:00', undefined, '2026-01-01T01:00'],
    ['2026-01-01T03:00', undefined, '2026-01-01T02:00'],
    ['2027-01-01T00:00', undefined, '2026-01-01T02:00'],
  ])('at %s the next is %s, the previous %s', (at, next, previous) => {
    const instant = ms(`${at}:00Z`);
    const shown = [bounded.next(instant), bounded.previous(instant)].map((time) =>
      time === undefined ? time : iso(time),
    );
    expect(shown).toEqual([next, previous]);
  });

  test('clip a fixed delay, which counts from the end of a run', () => {
    const delay = compile({ f: 5_000, s: 100_000, q: 200_000 });
    expect([delay.next(0), delay.next(98_000), delay.next(194_000), delay.next(195_000)]).toEqual([
      100_000,
      103_000,
      199_000,
      undefined,
    ]);
    expect([delay.previous(105_000), delay.previous(104_000), delay.previous(Infinity)]).toEqual([
      100_000,
      undefined,
      195_000,
    ]);
    expect(delay.kind).toBe('after-completion');
  });

  test('leave the fire times between them as they are', () => {
    const property = fc.property(
      rules,
      instants,
      fc.integer({ min: 1, max: 1e11 }),
      instants,
      (rule, s, length, at) => {
        const [timing, clipped] = [compileUnlessImpossible(rule), compile({ ...rule, s, q: s + length })];
        const inside = (time: number | undefined) =>
          time !== undefined && time >= s && time < s + length ? time : undefined;
        expect(clipped.next(at)).toBe(inside(timing.next(Math.max(at, s - 1))));
        expect(clipped.previous(at)).toBe(inside(timing.previous(Math.min(at, s + length))));
        assertLaws(clipped, at);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});

describe('exceptions', () => {
  test.each<[string, WhenRule, string]>([
    [
      'dates',
      { c: '0 9 * * *', x: [{ d: ['2026-01-02', '2026-01-03'] }] },
      '2026-01-01T09:00 2026-01-04T09:00 2026-01-05T09:00',
    ],
    [
      'days of each year',
      { c: '0 9 1 1,5 *', x: [{ y: ['01-01'] }] },
      '2026-05-01T09:00 2027-05-01T09:00 2028-05-01T09:00',
    ],
    ['29 February', { c: '0 0 29 2 *', x: [{ y: ['02-29'] }] }, 'never'],
    ['weekdays', { c: '0 9 * * *', x: [{ w: 'SAT,SUN' }] }, '2026-01-01T09:00 2026-01-02T09:00 2026-01-05T09:00'],
    [
      'the last Friday of the month',
      { c: '0 9 * * FRI', x: [{ w: '5L' }] },
      '2026-01-02T09:00 2026-01-09T09:00 2026-01-16T09:00',
    ],
    ['cron text', { e: 6 * HOUR_MS, x: [{ c: '* 6-18 * * *' }] }, '2026-01-01 2026-01-02 2026-01-03'],
    [
      'several',
      { c: '0 9 * * *', x: [{ w: 'THU' }, { d: ['2026-01-02'] }, 'more'] },
      '2026-01-04T09:00 2026-01-05T09:00 2026-01-06T09:00',
    ],
    [
      'days of the zone',
      { e: 6 * HOUR_MS, z: 'Asia/Tokyo', x: [{ d: ['2026-01-01'] }] },
      '2026-01-01T18:00 2026-01-02T00:00,06:00',
    ],
  ])('leave out %s', (_, rule, fires) => {
    expectFires(
      compile(rule, () => ({ d: ['2026-01-03'] })),
      '2026-01-01',
      { fires },
    );
  });

  test('name a calendar that must be known', () => {
    const error = refused(() => compile({ c: '0 9 * * *', x: ['holidays'] }));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field: 'except' });
    expect(error.message).toContain('holidays');
  });

  test('that leave out everything end the search, by whole days or one by one', () => {
    const days = compile({ c: '* * * * * *', x: [{ w: 'MON-SUN' }] });
    expect([days.next(0), days.previous(ms('2199-01-01'))]).toEqual([undefined, undefined]);
    const instantly = compile({ c: '* * * * * *', x: [{ c: '* * * * * *' }] });
    expect([instantly.next(ms('2026-01-01')), instantly.previous(ms('2026-01-01'))]).toEqual([undefined, undefined]);
  });

  test('take out what they match on the wall clock and nothing else', () => {
    const calendars = fc.constantFrom<CalendarRule>(
      { w: 'SAT,SUN' },
      { y: ['03-29', '10-25', '12-31'] },
      { d: ['2018-11-04', '2011-12-31', '2026-03-29'], w: 'MON' },
      { c: '0-30 2,3 * * *' },
    );
    const property = fc.property(rules, calendars, instants, (rule, calendar, at) => {
      const timing = compileUnlessImpossible(rule);
      const left = compile({ ...rule, x: [calendar] });
      const clock = wallClockOf(rule.z ?? 'UTC');
      const isLeftOut = (time: number): boolean => {
        const local = new Date(clock(time) * 1_000);
        const [date, weekday] = [local.toISOString().slice(0, 10), local.getUTCDay()];
        const [hour, minute, second] = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()];
        const byWeekday = (calendar.w === 'MON' && weekday === 1) || (calendar.w === 'SAT,SUN' && weekday % 6 === 0);
        const byCron = calendar.c !== undefined && second === 0 && minute <= 30 && (hour === 2 || hour === 3);
        return (
          byWeekday || byCron || calendar.d?.includes(date) === true || calendar.y?.includes(date.slice(5)) === true
        );
      };
      const kept: number[] = [];
      let last = at;
      // A calendar may leave out hours of a rule that fires each minute: far enough, and no further than it takes.
      for (const time of walk(timing.next, at, { count: 2_000 })) {
        if (kept.length === KEPT) break;
        if (!isLeftOut(time)) kept.push(time);
        last = time;
      }
      expect(walk(left.next, at, { count: KEPT, isInside: (time) => time <= last })).toEqual(kept);
      assertLaws(left, at);
    });
    fc.assert(property, { numRuns: 150 });
  });
});

test('@reboot names no fire time, and says what it is', () => {
  const timing = compile({ c: '@reboot' });
  expect([timing.kind, timing.next(0), timing.previous(1e12)]).toEqual(['reboot', undefined, undefined]);
});

test('a fixed delay is estimated as if each run took no time', () => {
  const timing = compile({ f: 90_000 });
  expect([timing.kind, timing.next(1e12), timing.previous(1e12)]).toEqual([
    'after-completion',
    1e12 + 90_000,
    1e12 - 90_000,
  ]);
});
