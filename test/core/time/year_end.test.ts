import { describe, expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { checkFires } from './fire_table.ts';

checkFires(
  'a year ends when the zone says so',
  [
    ['0 0 1 1 *', '2026-12-30/2027-01-02', '2026-12-31T10:00', { zone: 'Pacific/Kiritimati' }],
    ['0 0 1 1 *', '2026-12-30/2027-01-02', '2027-01-01T08:00', { zone: 'America/Los_Angeles' }],
  ],
  { clock: 'UTC' },
);

checkFires('seconds, minutes and hours roll over into the new year', [
  [
    '*/20 * * * * *',
    '2026-12-31T23:59/2027-01-01T00:01',
    '2026-12-31T23:59,23:59:20,23:59:40 2027-01-01T00:00,00:00:20,00:00:40',
  ],
]);

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

checkFires('ends of years, by the calendar and the wall clock', [
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01'],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59'],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Pacific/Kiritimati' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Pacific/Kiritimati' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Pacific/Apia' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Pacific/Apia' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Pacific/Chatham' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Pacific/Chatham' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Asia/Kolkata' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Asia/Kolkata' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Asia/Kathmandu' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Asia/Kathmandu' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Europe/London' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Europe/London' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'America/St_Johns' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'America/St_Johns' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'America/Los_Angeles' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'America/Los_Angeles' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Pacific/Pago_Pago' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Pacific/Pago_Pago' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Australia/Lord_Howe' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Australia/Lord_Howe' }],
  ['0 0 1 1 *', '2026-06-01', '2027-01-01 2028-01-01', { zone: 'Etc/GMT+12' }],
  ['59 59 23 31 12 *', '2026-06-01', '2026-12-31T23:59:59', { zone: 'Etc/GMT+12' }],
  ['30 23 31 12 *', '2099-06-01', '2099-12-31T23:30 2100-12-31T23:30'],
  ['0 0 1 1 *', '2199-01-01', '2199-01-01 never'],
  ['59 23 31 12 *', '2199-01-01', '2199-12-31T23:59 never'],
  ['0 0 * * *', '2026-12-30', '2026-12-31 2027-01-01 2027-01-02 2027-01-03', { zone: 'Asia/Tokyo' }],
  ['0 */6 31,1 12,1 *', '2026-12-31T12:00', '2026-12-31T12:00,18:00 2027-01-01T00:00,06:00,12:00'],
  ['0 0 * * 5#5', '2026-12-01', '2027-01-29 2027-04-30', { zone: 'America/New_York' }],
]);
