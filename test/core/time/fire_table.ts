import { expect } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';

/**
 * One row of a table of fire times, which were worked out from the rules of the calendar, day by day, without Belfry.
 * `from` is UTC and counts. `fires` is what the zone's wall clock shows: `2027-01-31` for midnight alone,
 * `2027-01-31T06:05,06:20` for times of one day; `never` at the end says that there is none after.
 */
export type FireRow = { cron: string; from: string; fires: string; zone?: string; dst?: string };

/** Walks the row forwards, then back again from its end. */
export function expectFires({ cron, from, fires, zone = 'UTC', dst }: FireRow): void {
  const rule = { c: cron, ...(zone !== 'UTC' && { z: zone }), ...(dst !== undefined && { t: dst }) };
  const timing = compileTiming(rule, 'fire table');
  const count = fires.split(/[ ,]/).filter((word) => word !== 'never' && word !== '').length;
  const forwards: number[] = [];
  let at = timing.next(Date.parse(`${from}${from.includes('T') ? '' : 'T00:00'}Z`) - 1);
  while (at !== undefined && forwards.length < count) {
    forwards.push(at);
    at = timing.next(at);
  }
  const ended = at === undefined ? [...showDays(forwards, zone), 'never'] : showDays(forwards, zone);
  expect(ended.join(' ')).toBe(fires);
  expect(walkBack(timing.previous, forwards)).toEqual(forwards);
}

function walkBack(previous: (before: number) => number | undefined, forwards: readonly number[]): number[] {
  const backwards: number[] = [];
  let at = forwards.at(-1) ?? 0;
  for (const _ of forwards) {
    at = previous(backwards.length === 0 ? at + 1 : at) ?? Number.NaN;
    backwards.unshift(at);
  }
  return backwards;
}

function showDays(times: readonly number[], zone: string): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const days = new Map<string, string[]>();
  for (const at of times) {
    const [date = '', time = ''] = format.format(at).split(' ');
    days.set(date, [...(days.get(date) ?? []), time.replace(/^(..:..):00$/, '$1')]);
  }
  return [...days].map(([date, clock]) => (clock.join() === '00:00' ? date : `${date}T${clock.join()}`));
}
