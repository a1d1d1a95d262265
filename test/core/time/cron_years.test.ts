import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';
import { nextAfter, previousBefore } from '../../../src/core/time/walker.ts';
import { openZone } from '../../../src/core/time/zone.ts';
import type { Zone } from '../../../src/core/time/zone.ts';
import { checkFires } from './fire_table.ts';

checkFires('a year field, by the calendar', [
  ['0 0 0 1 1 * 2027', '2026-01-01', '2027-01-01 never'],
  ['0 0 0 1 1 * 2027-2029', '2026-01-01', '2027-01-01 2028-01-01 2029-01-01 never'],
  ['0 0 0 1 1 * 2027,2030,2100', '2026-01-01', '2027-01-01 2030-01-01 2100-01-01 never'],
  ['0 0 0 1 1 * 2030,2027,2027', '2026-01-01', '2027-01-01 2030-01-01 never'],
  ['0 0 0 1 1 * */2', '2026-01-02', '2028-01-01 2030-01-01 2032-01-01'],
  ['0 0 0 1 1 * */7', '2026-01-02', '2033-01-01 2040-01-01 2047-01-01'],
  ['0 0 0 1 1 * 2027/5', '2026-01-01', '2027-01-01 2032-01-01 2037-01-01'],
  ['0 0 0 1 1 * 2190/4', '2026-01-01', '2190-01-01 2194-01-01 2198-01-01 never'],
  ['0 0 0 1 1 * 2027-2040/4', '2026-01-01', '2027-01-01 2031-01-01 2035-01-01 2039-01-01 never'],
  ['0 0 0 1 1 * 2027-2028,2040-2041', '2026-01-01', '2027-01-01 2028-01-01 2040-01-01 2041-01-01 never'],
  ['0 0 0 1 1 * *', '2026-01-01', '2026-01-01 2027-01-01'],
  ['0 0 0 1 1 * 1970-2199', '2026-01-02', '2027-01-01 2028-01-01'],
  ['0 0 0 1 1 * 1970', '1970-01-01', '1970-01-01 never'],
  ['59 59 23 31 12 * 2199', '2026-01-01', '2199-12-31T23:59:59 never'],
  ['0 0 0 29 2 * 2028-2040', '2026-01-01', '2028-02-29 2032-02-29 2036-02-29 2040-02-29 never'],
  ['0 0 0 29 2 * */3', '2026-01-01', '2036-02-29 2048-02-29 2060-02-29'],
  ['0 0 0 29 2 * 2100-2110', '2026-01-01', '2104-02-29 2108-02-29 never'],
  ['0 0 0 L 2 * 2100,2104', '2026-01-01', '2100-02-28 2104-02-29 never'],
  ['0 0 0 LW 12 ? 2028', '2026-01-01', '2028-12-29 never'],
  ['0 0 0 ? 5 SUN#2 2027-2028', '2026-01-01', '2027-05-09 2028-05-14 never'],
  ['0 0 0 31 12 * 2027', '2027-12-31', '2027-12-31 never'],
  ['0 0 0 31 12 * 2027', '2028-01-01', 'never'],
  ['0 30 12 25 12 ? 2026', '2026-01-01', '2026-12-25T12:30 never'],
  ['0 0 12 * * ? 2027', '2026-06-01', '2027-01-01T12:00 2027-01-02T12:00'],
  ['0 0 12 * * ? 2027', '2027-12-30', '2027-12-30T12:00 2027-12-31T12:00 never'],
  ['30 59 23 * * * 2027-2027', '2027-12-31', '2027-12-31T23:59:30 never'],
  ['0 0 0 1 1 * 2027,2029', '2026-01-01', '2027-01-01 2029-01-01 never', { zone: 'Pacific/Kiritimati' }],
  ['0 0 0 1 1 * 2027,2029', '2026-01-01', '2027-01-01 2029-01-01 never', { zone: 'America/Los_Angeles' }],
  ['59 59 23 31 12 * 2027', '2026-01-01', '2027-12-31T23:59:59 never', { zone: 'Pacific/Pago_Pago' }],
  ['0 0 9 13 * 5 2027', '2026-12-01', '2027-01-01T09:00 2027-01-08T09:00 2027-01-13T09:00 2027-01-15T09:00'],
]);

describe('an expression whose last date is past', () => {
  const fields = parseCron('0 0 0 1 1 * 2025', { seed: '' });
  const newYear = Date.parse('2025-01-01T00:00:00Z');
  const later = Date.parse('2025-06-01T00:00:00Z');

  test('ends without a walk through the centuries of its zone', () => {
    const london = openZone('Europe/London');
    const asked = new Set<number>();
    const zone: Zone = {
      segments: (span) => {
        asked.add(span);
        return london.segments(span);
      },
    };
    expect(nextAfter({ fields, zone }, later)).toBeUndefined();
    expect(previousBefore({ fields, zone }, newYear)).toBeUndefined();
    // Each span is four years, and takes half a millisecond when it is asked for the first time.
    expect(asked.size).toBeLessThanOrEqual(2);
  });

  test('is found again on the way back', () => {
    expect(previousBefore({ fields, zone: openZone('UTC') }, later)).toBe(newYear);
  });
});
