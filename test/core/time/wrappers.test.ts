import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CalendarRule, WhenRule } from '../../../src/core/schedule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { cronCase } from './cron_arbitrary.ts';
import { refused } from './refused.ts';
import { assertLaws, dstTexts, hardZones, instants, walk } from './timing_laws.ts';

const ms = (iso: string): number => Date.parse(iso);
const iso = (times: readonly number[]): string[] => times.map((at) => new Date(at).toISOString().slice(0, 16));
const compile = (rule: WhenRule, calendars?: (name: string) => CalendarRule | undefined) =>
  compileTiming(rule, 'seed', calendars);
const HOUR_MS = 3_600_000;

/** Rules that fire often enough to be counted one by one. */
const cronRules = fc
  .tuple(cronCase(), hardZones, dstTexts)
  .map(([{ text }, z, t]): WhenRule => ({ c: text, z, ...(t !== undefined && { t }) }));
const intervalRules = fc.tuple(fc.integer({ min: 60_000, max: 1e9 }), instants).map(([e, g]): WhenRule => ({ e, g }));
const sparse = fc.constantFrom<WhenRule>(
  { c: '17 3 29 2 *' },
  { c: '0 9 * * MON', z: 'Europe/Berlin' },
  { c: '30 2 * * *', z: 'America/New_York' },
  { a: [ms('2020-01-01'), ms('2020-01-02'), ms('2030-01-01')] },
  { i: 'R50/2020-01-31T02:30/P1M', z: 'Europe/Berlin' },
  { e: 6 * HOUR_MS, y: [3_600, 80_000], z: 'Australia/Lord_Howe' },
);
const rules = fc.oneof({ weight: 2, arbitrary: cronRules }, intervalRules, sparse);

function compileUnlessImpossible(rule: WhenRule): ReturnType<typeof compile> {
  try {
    return compile(rule);
  } catch {
    fc.pre(false);
    throw new Error('fc.pre throws');
  }
}

describe('a union', () => {
  test('fires once where two members name the same instant', () => {
    const timing = compile({ u: [{ e: HOUR_MS }, { e: 90 * 60_000 }] });
    expect(iso(walk(timing.next, ms('2026-01-01'), 4))).toEqual([
      '2026-01-01T01:00',
      '2026-01-01T01:30',
      '2026-01-01T02:00',
      '2026-01-01T03:00',
    ]);
  });

  test('goes on when a member has come to its end', () => {
    const timing = compile({ u: [{ a: [ms('2026-01-01')] }, { a: [ms('2025-01-01'), ms('2027-01-01')] }] });
    expect(iso(walk(timing.next, 0, 9))).toEqual(['2025-01-01T00:00', '2026-01-01T00:00', '2027-01-01T00:00']);
    expect(iso(walk(timing.previous, Infinity, 9))).toEqual([
      '2027-01-01T00:00',
      '2026-01-01T00:00',
      '2025-01-01T00:00',
    ]);
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
    expect(iso(walk(bounded.next, 0, 9))).toEqual(['2026-01-01T01:00', '2026-01-01T02:00']);
    expect(iso(walk(bounded.previous, Infinity, 9))).toEqual(['2026-01-01T02:00', '2026-01-01T01:00']);
  });

  test.each([
    ['2026-01-01T00:00', '2026-01-01T01:00', undefined],
    ['2026-01-01T01:00', '2026-01-01T02:00', undefined],
    ['2026-01-01T02:00', undefined, '2026-01-01T01:00'],
    ['2026-01-01T03:00', undefined, '2026-01-01T02:00'],
    ['2027-01-01T00:00', undefined, '2026-01-01T02:00'],
  ])('at %s the next is %s, the previous %s', (at, next, previous) => {
    const instant = ms(`${at}:00Z`);
    expect(
      [bounded.next(instant), bounded.previous(instant)].map((time) =>
        time === undefined ? undefined : iso([time])[0],
      ),
    ).toEqual([next, previous]);
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

describe('every nth', () => {
  test.each<[WhenRule, string[]]>([
    [{ c: '0 9 * * MON', n: 2, s: ms('2026-01-05') }, ['2026-01-05T09:00', '2026-01-19T09:00', '2026-02-02T09:00']],
    [{ c: '0 9 * * MON', n: 2, s: ms('2026-01-06') }, ['2026-01-12T09:00', '2026-01-26T09:00', '2026-02-09T09:00']],
    [
      { e: HOUR_MS, n: 36, s: ms('2026-01-01T00:30:00Z') },
      ['2026-01-01T01:00', '2026-01-02T13:00', '2026-01-04T01:00'],
    ],
    [
      { a: [1, 2, 3, 4, 5, 6, 7].map((day) => ms(`2026-01-0${day}`)), n: 3, s: 0 },
      ['2026-01-01T00:00', '2026-01-04T00:00', '2026-01-07T00:00'],
    ],
    [{ i: 'R9/2026-01-01/P1D', n: 4, s: ms('2026-01-02') }, ['2026-01-02T00:00', '2026-01-06T00:00']],
    [
      { u: [{ c: '0 9 * * *' }, { c: '0 18 * * *' }], n: 3, s: ms('2026-01-01') },
      ['2026-01-01T09:00', '2026-01-02T18:00', '2026-01-04T09:00'],
    ],
    [
      { c: '0 9 * * *', n: 2, s: ms('2026-01-01'), x: [{ d: ['2026-01-03'] }], q: ms('2026-01-08') },
      ['2026-01-01T09:00', '2026-01-05T09:00', '2026-01-07T09:00'],
    ],
  ])('%j fires first at or after its start, and a left out day does not shift the count', (rule, expected) => {
    const timing = compile(rule);
    expect(iso(walk(timing.next, ms('2025-12-01'), 3))).toEqual(expected);
    expect(iso(walk(timing.previous, (walk(timing.next, 0, 3).at(-1) ?? 0) + 1, 9).toReversed())).toEqual(expected);
  });

  test('is each nth of the fire times counted one by one, wherever the question comes from', () => {
    const ns = fc.integer({ min: 2, max: 40 });
    const property = fc.property(rules, ns, instants, fc.integer({ min: 0, max: 3_000 }), (rule, n, s, steps) => {
      const timing = compileUnlessImpossible(rule);
      const counted = compile({ ...rule, n, s });
      const all = walk(timing.next, s - 1, steps + n + 1);
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

describe('exceptions', () => {
  test.each<[string, WhenRule, string[]]>([
    [
      'dates',
      { c: '0 9 * * *', x: [{ d: ['2026-01-02', '2026-01-03'] }] },
      ['2026-01-01T09:00', '2026-01-04T09:00', '2026-01-05T09:00'],
    ],
    [
      'days of each year',
      { c: '0 9 1 1,5 *', x: [{ y: ['01-01'] }] },
      ['2026-05-01T09:00', '2027-05-01T09:00', '2028-05-01T09:00'],
    ],
    ['29 February', { c: '0 0 29 2 *', x: [{ y: ['02-29'] }] }, []],
    [
      'weekdays',
      { c: '0 9 * * *', x: [{ w: 'SAT,SUN' }] },
      ['2026-01-01T09:00', '2026-01-02T09:00', '2026-01-05T09:00'],
    ],
    [
      'the last Friday of the month',
      { c: '0 9 * * FRI', x: [{ w: '5L' }] },
      ['2026-01-02T09:00', '2026-01-09T09:00', '2026-01-16T09:00'],
    ],
    [
      'cron text',
      { e: 6 * HOUR_MS, x: [{ c: '* 6-18 * * *' }] },
      ['2026-01-01T00:00', '2026-01-02T00:00', '2026-01-03T00:00'],
    ],
    [
      'several',
      { c: '0 9 * * *', x: [{ w: 'THU' }, { d: ['2026-01-02'] }, 'more'] },
      ['2026-01-04T09:00', '2026-01-05T09:00', '2026-01-06T09:00'],
    ],
    [
      'days of the zone',
      { e: 6 * HOUR_MS, z: 'Asia/Tokyo', x: [{ d: ['2026-01-01'] }] },
      ['2026-01-01T18:00', '2026-01-02T00:00', '2026-01-02T06:00'],
    ],
  ])('leave out %s', (_, rule, expected) => {
    const timing = compile(rule, () => ({ d: ['2026-01-03'] }));
    expect(iso(walk(timing.next, ms('2026-01-01') - 1, 3))).toEqual(expected);
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
      const format = new Intl.DateTimeFormat('sv-SE', {
        timeZone: rule.z ?? 'UTC',
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      const isLeftOut = (time: number): boolean => {
        const [date = '', clock = ''] = format.format(time).split(' ');
        const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
        const [hour = 0, minute = 0, second = 0] = clock.split(':').map(Number);
        const byWeekday = (calendar.w === 'MON' && weekday === 1) || (calendar.w === 'SAT,SUN' && weekday % 6 === 0);
        const byCron = calendar.c !== undefined && second === 0 && minute <= 30 && (hour === 2 || hour === 3);
        return (
          byWeekday || byCron || calendar.d?.includes(date) === true || calendar.y?.includes(date.slice(5)) === true
        );
      };
      const all = walk(timing.next, at, 2_000);
      const kept = all.filter((time) => !isLeftOut(time)).slice(0, 20);
      expect(walk(left.next, at, 20).filter((time) => time <= (all.at(-1) ?? 0))).toEqual(kept);
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
