import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';
import { drawHashed } from '../../../src/core/time/cron_hash.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { instants } from './local_times.ts';

const week = { from: '2026-02-02T00:00:00Z', to: '2026-02-09T00:00:00Z' };
const ids = Array.from({ length: 2_000 }, (_, index) => `partners/poll-${index}`);

const secondOf = (date: Date): number => date.getUTCSeconds();
const minuteOf = (date: Date): number => date.getUTCMinutes();
const hourOf = (date: Date): number => date.getUTCHours();
const dayOf = (date: Date): number => date.getUTCDate();
const weekdayOf = (date: Date): number => date.getUTCDay();
const monthOf = (date: Date): number => date.getUTCMonth() + 1;

describe('H', () => {
  // Frozen: another value here moves the fire times of every schedule that is stored.
  test.each([
    ['H * * * *', 'partners/poll', 'T00:16:00Z'],
    ['H H * * *', 'partners/poll', 'T05:16:00Z'],
    ['H/15 * * * *', 'partners/poll', 'T00:04:00Z'],
    ['H(10-20) 3 * * *', 'partners/poll', 'T03:13:00Z'],
    ['H H * * *', '', 'T16:48:00Z'],
    ['0 H(22-4) * * *', 'partners/poll', 'T23:00:00Z'],
  ])('%s stands for the same value in each release (id "%s")', (cron, id, time) => {
    expect(instants(cron, { ...week, id })[0]?.slice(10)).toBe(time);
  });

  test.each([
    ['0 0 H H *', '2026-03-20'],
    ['0 0 * * H', '2026-01-03'],
  ])('%s stands for the same day in each release', (cron, day) => {
    const at = compileTiming({ c: cron }, 'partners/poll').next(Date.parse('2026-01-01T00:00:00Z') - 1) ?? Number.NaN;
    expect(new Date(at).toISOString().slice(0, 10)).toBe(day);
  });

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
    const times = instants('H/15 * * * *', { ...week, id }).map((at) => Date.parse(at));
    expect(times).toHaveLength(7 * 24 * 4);
    expect(times.every((at, index) => index === 0 || at - (times[index - 1] ?? 0) === 15 * 60_000)).toBe(true);
  });

  test('is read in lower case and goes into a list', () => {
    expect(instants('h * * * *', { ...week, id: 'a' })).toEqual(instants('H * * * *', { ...week, id: 'a' }));
    expect(instants('H,H * * * *', { ...week, id: 'a' })).toEqual(instants('H * * * *', { ...week, id: 'a' }));
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

/** The minutes of an expression that fires in the first hour of each day. */
function minutesOf(cron: string, id: string): number[] {
  const stretch = { from: '2026-02-02T00:00:00Z', to: '2026-02-02T01:00:00Z', id };
  return instants(cron, stretch).map((at) => Number(at.slice(14, 16)));
}

function countFirst(cron: string, part: (date: Date) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) {
    const at = compileTiming({ c: cron }, id).next(Date.parse('2026-02-01T00:00:00Z') - 1) ?? Number.NaN;
    counts.set(part(new Date(at)), (counts.get(part(new Date(at))) ?? 0) + 1);
  }
  return counts;
}

function chiSquare(counts: Map<number, number>, cells: number): number {
  const expected = ids.length / cells;
  return [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
