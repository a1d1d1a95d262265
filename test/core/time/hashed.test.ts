import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';
import { drawHashed } from '../../../src/core/time/cron_hash.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { chiSquare, tally } from './chi_square.ts';
import { checkFires } from './fire_table.ts';
import { walk } from './timing_laws.ts';

const WEEK = '2026-02-02';
const ids = Array.from({ length: 2_000 }, (_, index) => `partners/poll-${index}`);

const secondOf = (date: Date): number => date.getUTCSeconds();
const minuteOf = (date: Date): number => date.getUTCMinutes();
const hourOf = (date: Date): number => date.getUTCHours();
const dayOf = (date: Date): number => date.getUTCDate();
const weekdayOf = (date: Date): number => date.getUTCDay();
const monthOf = (date: Date): number => date.getUTCMonth() + 1;

describe('H', () => {
  // Frozen: another value here moves the fire times of every schedule that is stored.
  checkFires('stands for the same value in each release', [
    ['H * * * *', WEEK, '2026-02-02T00:16', { id: 'partners/poll' }],
    ['H H * * *', WEEK, '2026-02-02T05:16', { id: 'partners/poll' }],
    ['H/15 * * * *', WEEK, '2026-02-02T00:04', { id: 'partners/poll' }],
    ['H(10-20) 3 * * *', WEEK, '2026-02-02T03:13', { id: 'partners/poll' }],
    ['H H * * *', WEEK, '2026-02-02T16:48'],
    ['0 H(22-4) * * *', WEEK, '2026-02-02T23:00', { id: 'partners/poll' }],
    ['0 0 H H *', '2026-01-01', '2026-03-20', { id: 'partners/poll' }],
    ['0 0 * * H', '2026-01-01', '2026-01-03', { id: 'partners/poll' }],
  ]);

  test('differs between schedules and fills its range evenly', () => {
    const counts = countFirst('H * * * *', (date) => date.getUTCMinutes());
    expect(counts.size).toBe(60);
    // 59 degrees of freedom: a fair draw passes 98.3 once in a thousand times.
    expect(chiSquare(counts, 60)).toBeLessThan(98.3);
  });

  test('draws each weekday alike, Sunday counted once', () => {
    const counts = countFirst('0 0 * * H', (date) => date.getUTCDay());
    expect(chiSquare(counts, 7)).toBeLessThan(22.5);
  });

  test('draws a day that each month has', () => {
    const days = [...countFirst('0 0 H * *', (date) => date.getUTCDate()).keys()];
    expect(Math.min(...days)).toBe(1);
    expect(Math.max(...days)).toBe(28);
  });

  test('with a range stays inside it', () => {
    const minutes = [...countFirst('H(10-19) * * * *', (date) => date.getUTCMinutes()).keys()];
    expect(minutes.sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test.each(ids.slice(0, 20))('with a step keeps the step and shifts the start (%s)', (id) => {
    const times = weekOf('H/15 * * * *', id);
    expect(times).toHaveLength(7 * 24 * 4);
    expect(times.every((at, index) => index === 0 || at - (times[index - 1] ?? 0) === 15 * 60_000)).toBe(true);
  });

  test('is read in lower case and goes into a list', () => {
    expect(weekOf('h * * * *', 'a')).toEqual(weekOf('H * * * *', 'a'));
    expect(weekOf('H,H * * * *', 'a')).toEqual(weekOf('H * * * *', 'a'));
  });

  test('with # is the nth of a hashed weekday', () => {
    const days = [...countFirst('0 0 * * H#3', (date) => date.getUTCDate()).keys()];
    expect(days.sort((a, b) => a - b)).toEqual([15, 16, 17, 18, 19, 20, 21]);
  });

  // What it may be, as the members of the range in order; each has to come up over the ids.
  test.each([
    ['H(22-4) minute 0', '0 H(22-4) * * *', hourOf, [22, 23, 0, 1, 2, 3, 4]],
    ['H(23-0) minute 0', '0 H(23-0) * * *', hourOf, [23, 0]],
    ['H(50-10) of each hour', 'H(50-10) * * * *', minuteOf, [50, 51, 52, 53, 54, 55, 56, 57, 58, 59, ...upTo(10)]],
    ['H(25-5) of the month', '0 0 H(25-5) * *', dayOf, [25, 26, 27, 28, 29, 30, 31, 1, 2, 3, 4, 5]],
    ['H(29-31) of the month', '0 0 H(29-31) 1 *', dayOf, [29, 30, 31]],
    ['H(FRI-MON)', '0 0 * * H(FRI-MON)', weekdayOf, [5, 6, 0, 1]],
    ['H(mon-fri)', '0 0 * * H(mon-fri)', weekdayOf, [1, 2, 3, 4, 5]],
    ['H(NOV-FEB)', '0 0 1 H(NOV-FEB) *', monthOf, [11, 12, 1, 2]],
    ['H in the seconds', 'H 0 0 * * *', secondOf, upTo(59)],
    ['H in the months', '0 0 1 H *', monthOf, upTo(12).slice(1)],
  ] as const)('%s stays inside its range and fills it', (_, cron, part, range) => {
    const drawn = [...countFirst(cron, part).keys()].sort((a, b) => a - b);
    expect(drawn).toEqual([...range].sort((a, b) => a - b));
  });

  test('with a range and a step keeps to both, also where the range wraps around', () => {
    for (const id of ids.slice(0, 200)) {
      const minutes = minutesOf('H(50-10)/5 0 * * *', id).map((minute) => (minute + 10) % 60);
      const gaps = minutes.sort((a, b) => a - b).map((minute, index) => minute - (minutes[index - 1] ?? minute - 5));
      expect([...minutes.map((minute) => minute <= 20), ...gaps.map((gap) => gap === 5)]).not.toContain(false);
      expect(minutes.length).toBeGreaterThanOrEqual(4);
      const inHalf = minutesOf('H(0-29)/10 0 * * *', id);
      expect(inHalf).toHaveLength(3);
      expect(inHalf.every((minute) => minute <= 29 && minute % 10 === (inHalf[0] ?? 0) % 10)).toBe(true);
    }
  });

  test('draws what cron-parser draws, so that neither a release of ours nor one of it moves a schedule', () => {
    const steps = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
    const fields = fc.constantFrom(
      { index: 0, part: 'second', min: 0, max: 59 } as const,
      { index: 1, part: 'minute', min: 0, max: 59 } as const,
      { index: 2, part: 'hour', min: 0, max: 23 } as const,
      { index: 3, part: 'dayOfMonth', min: 1, max: 31 } as const,
      { index: 4, part: 'month', min: 1, max: 12 } as const,
      { index: 5, part: 'dayOfWeek', min: 0, max: 6 } as const,
    );
    const draws = fc.record({ id: fc.string(), field: fields, one: fc.nat(59), other: fc.nat(59), wanted: steps });
    const property = fc.property(draws, ({ id, field, one, other, wanted }) => {
      const size = field.max - field.min + 1;
      const low = field.min + Math.min(one % size, other % size);
      const high = field.min + Math.max(one % size, other % size);
      const step = wanted === undefined ? undefined : Math.min(wanted, high - low + 1);
      const range = Array.from({ length: high - low + 1 }, (_, index) => low + index);
      const words = ['0', '0', '0', '1', '1', '*'];
      words[field.index] = `H(${low}-${high})${step === undefined ? '' : `/${step}`}`;
      const oracle = CronExpressionParser.parse(words.join(' '), { currentDate: 0, hashSeed: `belfry:${id}` });
      const sorted = [...oracle.fields[field.part].values].map(Number).sort((a, b) => a - b);
      expect(drawHashed({ range, step }, field.part, id)).toEqual(sorted);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  test('is the only thing that makes a timing depend on the seed', () => {
    expect(compileTiming({ c: 'H * * * *' }, 'a').usesSeed).toBe(true);
    expect(compileTiming({ c: '0 0 * MAR THU' }, 'a').usesSeed).toBe(false);
    expect(compileTiming({ e: 60_000 }, 'a').usesSeed).toBe(false);
    expect(parseCron('0 0 * 3 *', { seed: 'a' })).toEqual(parseCron('0 0 * 3 *', { seed: 'b' }));
  });
});

function upTo(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, value) => value);
}

function weekOf(cron: string, id: string): number[] {
  const from = Date.parse(WEEK);
  return walk(compileTiming({ c: cron }, id).next, from - 1, { isInside: (at) => at < from + 7 * 86_400_000 });
}

/** The minutes of an expression that fires in the first hour of each day. */
function minutesOf(cron: string, id: string): number[] {
  const firstHour = weekOf(cron, id).filter((at) => at < Date.parse(WEEK) + 3_600_000);
  return firstHour.map((at) => new Date(at).getUTCMinutes());
}

function countFirst(cron: string, part: (date: Date) => number): Map<number, number> {
  const after = Date.parse('2026-02-01T00:00:00Z') - 1;
  return tally(ids.map((id) => part(new Date(compileTiming({ c: cron }, id).next(after) ?? Number.NaN))));
}
