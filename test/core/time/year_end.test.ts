import { describe, expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { expectFires } from './fire_table.ts';
import { instants, localTimes } from './local_times.ts';

test('a year ends when the zone says so', () => {
  const stretch = { timezone: 'Pacific/Kiritimati', from: '2026-12-30T00:00:00Z', to: '2027-01-02T00:00:00Z' };
  expect(instants('0 0 1 1 *', stretch)).toEqual(['2026-12-31T10:00:00Z']);
  expect(instants('0 0 1 1 *', { ...stretch, timezone: 'America/Los_Angeles' })).toEqual(['2027-01-01T08:00:00Z']);
});

test('seconds, minutes and hours roll over into the new year', () => {
  const stretch = { from: '2026-12-31T23:59:00Z', to: '2027-01-01T00:01:00Z' };
  expect(localTimes('*/20 * * * * *', stretch)).toEqual([
    '12-31 23:59',
    '12-31 23:59:20',
    '12-31 23:59:40',
    '01-01 00:00',
    '01-01 00:00:20',
    '01-01 00:00:40',
  ]);
});

describe('the ends of time', () => {
  const everyMinute = compileTiming({ c: '* * * * *', z: 'America/New_York' }, '');
  const first = 0;
  const last = Date.parse('2199-12-31T23:59:00Z');

  test('the first fire time is at the epoch and the last before the year 2200', () => {
    expect(everyMinute.next(-1)).toBe(first);
    expect(everyMinute.previous(Number.MAX_VALUE)).toBe(last);
  });

  test('before the first and after the last there is none', () => {
    expect(everyMinute.previous(first)).toBeUndefined();
    expect(everyMinute.next(last)).toBeUndefined();
  });

  test.each([-Infinity, -1e300, -1, Infinity, 1e300, Number.NaN])('%s is answered, not thrown at', (instant) => {
    expect([undefined, first]).toContain(everyMinute.next(instant));
    expect([undefined, last]).toContain(everyMinute.previous(instant));
  });

  test('an instant between two milliseconds belongs to neither', () => {
    expect(everyMinute.next(59_999.5)).toBe(60_000);
    expect(everyMinute.next(60_000.5)).toBe(120_000);
    expect(everyMinute.previous(60_000.5)).toBe(60_000);
    expect(everyMinute.previous(59_999.5)).toBe(0);
  });
});

describe('ends of years, by the calendar and the wall clock', () => {
  test.each([
    ['0 0 1 1 *', 'UTC', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'UTC', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Pacific/Kiritimati', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Pacific/Kiritimati', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Pacific/Apia', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Pacific/Apia', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Pacific/Chatham', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Pacific/Chatham', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Asia/Kolkata', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Asia/Kolkata', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Asia/Kathmandu', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Asia/Kathmandu', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Europe/London', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Europe/London', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'America/St_Johns', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'America/St_Johns', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'America/Los_Angeles', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'America/Los_Angeles', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Pacific/Pago_Pago', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Pacific/Pago_Pago', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Australia/Lord_Howe', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Australia/Lord_Howe', '2026-06-01', '2026-12-31T23:59:59'],
    ['0 0 1 1 *', 'Etc/GMT+12', '2026-06-01', '2027-01-01 2028-01-01'],
    ['59 59 23 31 12 *', 'Etc/GMT+12', '2026-06-01', '2026-12-31T23:59:59'],
    ['30 23 31 12 *', 'UTC', '2099-06-01', '2099-12-31T23:30 2100-12-31T23:30'],
    ['0 0 1 1 *', 'UTC', '2199-01-01', '2199-01-01 never'],
    ['59 23 31 12 *', 'UTC', '2199-01-01', '2199-12-31T23:59 never'],
    ['0 0 * * *', 'Asia/Tokyo', '2026-12-30', '2026-12-31 2027-01-01 2027-01-02 2027-01-03'],
    ['0 */6 31,1 12,1 *', 'UTC', '2026-12-31T12:00', '2026-12-31T12:00,18:00 2027-01-01T00:00,06:00,12:00'],
    ['0 0 * * 5#5', 'America/New_York', '2026-12-01', '2027-01-29 2027-04-30'],
  ])('%s in %s from %s on: %s', (cron, zone, from, fires) => {
    expectFires({ cron, zone, from, fires });
  });
});
