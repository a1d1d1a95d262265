import { describe, expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';

/**
 * Checks a preset against tables of fire times. A table is text: `# what happens`, then `@ zone from to` (UTC, `to` does
 * not count), then rows `cron | fire times`, in UTC, `MM-DDTHH:MM` and then `HH:MM` alone for the same day, or `none`.
 * The fire times were worked out from the rule minute by minute by a program that shares nothing with Belfry.
 */
export function checkPreset(dst: string, tables: string): void {
  for (const table of tables.trim().split(/\n\n+/)) {
    const [title = '', site = '', ...rows] = table.split('\n');
    const [, zone = '', from = '', to = ''] = site.split(' ');
    const cases = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    describe(`the table of ${title.replace('# ', '')}`, () => {
      test.each(cases)('%s fires: %s', (cron = '', fires = '') => {
        const stretch = { dst, zone, from: Date.parse(from), to: Date.parse(to) };
        expect(showTimes(firesBetween(cron, stretch))).toBe(fires);
        expect(showTimes(firesBackwards(cron, stretch))).toBe(fires);
      });
    });
  }
}

export type Stretch = { dst: string; zone: string; from: number; to: number };

export function firesBetween(cron: string, { dst, zone, from, to }: Stretch): number[] {
  const timing = compileTiming({ c: cron, z: zone, t: dst }, 'preset');
  const times: number[] = [];
  for (let at = timing.next(from - 1); at !== undefined && at < to; at = timing.next(at)) times.push(at);
  return times;
}

function firesBackwards(cron: string, { dst, zone, from, to }: Stretch): number[] {
  const timing = compileTiming({ c: cron, z: zone, t: dst }, 'preset');
  const times: number[] = [];
  for (let at = timing.previous(to); at !== undefined && at >= from; at = timing.previous(at)) times.unshift(at);
  return times;
}

export function showTimes(times: readonly number[]): string {
  if (times.length === 0) return 'none';
  let day = '';
  const shown = times.map((at) => {
    const [date = '', time = ''] = new Date(at).toISOString().slice(5, 16).split('T');
    const text = date === day ? time : `${date}T${time}`;
    day = date;
    return text;
  });
  return shown.join(' ');
}
