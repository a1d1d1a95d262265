import { describe, expect, test } from 'vitest';
import { nextFireTimes, previousFireTime } from '../../../src/core/time/fire_times.ts';
import { refused } from './refused.ts';

const noon = Date.parse('2026-06-01T12:00:00Z');
const hour = 3_600_000;

describe('the next fire times', () => {
  test('come after the instant, one by default', () => {
    expect(nextFireTimes('@hourly', { from: noon })).toEqual([noon + hour]);
    expect(nextFireTimes('@hourly', { from: noon, count: 3 })).toEqual([noon + hour, noon + 2 * hour, noon + 3 * hour]);
  });

  test('count the instant itself when asked to', () => {
    expect(nextFireTimes('@hourly', { from: noon, inclusive: true })).toEqual([noon]);
    expect(nextFireTimes('@hourly', { from: noon + 0.5, inclusive: true })).toEqual([noon + hour]);
  });

  test('are those of a whole schedule too', () => {
    expect(nextFireTimes({ every: '90m' }, { from: noon })).toEqual([noon + 1.5 * hour]);
    expect(nextFireTimes({ cron: '0 9 * * *', timezone: 'Asia/Tokyo' }, { from: noon })).toEqual([noon + 12 * hour]);
  });

  test('go by the zone of the schedule before the zone of the question', () => {
    const spec = { cron: '0 9 * * *', timezone: 'Asia/Tokyo' };
    expect(nextFireTimes(spec, { from: noon, timezone: 'UTC' })).toEqual([noon + 12 * hour]);
    expect(nextFireTimes('0 9 * * *', { from: noon, timezone: 'Asia/Tokyo' })).toEqual([noon + 12 * hour]);
  });

  test('leave out what a calendar that the caller knows leaves out', () => {
    const spec = { cron: '0 9 * * *', except: 'holidays' };
    const calendars = (name: string) => (name === 'holidays' ? { d: ['2026-06-02'] } : undefined);
    expect(nextFireTimes(spec, { from: noon, calendars })).toEqual([Date.parse('2026-06-03T09:00:00Z')]);
    expect(refused(() => nextFireTimes(spec, { from: noon }))).toMatchObject({ code: 'BAD_SCHEDULE', field: 'except' });
  });

  test('are not told without the instant to look from: nothing here reads a clock', () => {
    for (const options of [undefined, null, {}]) {
      const asked = () => nextFireTimes('* * * * *', options as never);
      expect(refused(asked)).toMatchObject({ code: 'BAD_USAGE', field: 'from' });
      expect(refused(() => previousFireTime('* * * * *', options as never))).toMatchObject({ field: 'from' });
    }
  });

  test('end with the year 2199', () => {
    expect(nextFireTimes('@yearly', { from: Date.UTC(2198, 5), count: 10 })).toEqual([Date.UTC(2199, 0)]);
  });
});

describe('the previous fire time', () => {
  test('comes before the instant, or is at it when asked to', () => {
    expect(previousFireTime('@hourly', { from: noon })).toBe(noon - hour);
    expect(previousFireTime('@hourly', { from: noon, inclusive: true })).toBe(noon);
    expect(previousFireTime('@hourly', { from: noon + 0.5, inclusive: true })).toBe(noon);
  });

  test('does not reach back before 1970', () => {
    expect(previousFireTime('@yearly', { from: 0 })).toBeUndefined();
  });
});

test.each([
  [() => nextFireTimes('@hourly', { from: Number.NaN }), 'BAD_USAGE', 'from'],
  [() => previousFireTime('@hourly', { from: Infinity }), 'BAD_USAGE', 'from'],
  [() => nextFireTimes('@hourly', { from: 0, count: 0 }), 'BAD_USAGE', 'count'],
  [() => nextFireTimes('@hourly', { from: 0, count: 1e9 }), 'BAD_USAGE', 'count'],
  [() => nextFireTimes('61 * * * *', { from: 0 }), 'BAD_CRON', 'schedule.cron'],
])('a question that makes no sense is refused (%#)', (ask, code, field) => {
  expect(refused(ask)).toMatchObject({ code, field });
});
