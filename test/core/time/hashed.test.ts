import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { instants } from './local_times.ts';

const week = { from: '2026-02-02T00:00:00Z', to: '2026-02-09T00:00:00Z' };
const ids = Array.from({ length: 2_000 }, (_, index) => `partners/poll-${index}`);

describe('H', () => {
  // Frozen: another value here moves the fire times of every schedule that is stored.
  test.each([
    ['H * * * *', 'partners/poll', 'T00:16:00Z'],
    ['H H * * *', 'partners/poll', 'T05:16:00Z'],
    ['H/15 * * * *', 'partners/poll', 'T00:04:00Z'],
    ['H(10-20) 3 * * *', 'partners/poll', 'T03:13:00Z'],
    ['H H * * *', '', 'T16:48:00Z'],
  ])('%s stands for the same value in each release (id "%s")', (cron, id, time) => {
    expect(instants(cron, { ...week, id })[0]?.slice(10)).toBe(time);
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

  test('is the only thing that makes a timing depend on the seed', () => {
    expect(compileTiming({ c: 'H * * * *' }, 'a').usesSeed).toBe(true);
    expect(compileTiming({ c: '0 0 * MAR THU' }, 'a').usesSeed).toBe(false);
    expect(compileTiming({ e: 60_000 }, 'a').usesSeed).toBe(false);
    expect(parseCron('0 0 * 3 *', { seed: 'a' })).toEqual(parseCron('0 0 * 3 *', { seed: 'b' }));
  });
});

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
