import { expect, test } from 'vitest';
import { localTime } from '../../../src/core/time/local_time.ts';

test.each([
  ['2026-03-29T00:59:59Z', 'Europe/Berlin', '2026-03-29T01:59:59+01:00', 'Sun'],
  ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29T03:00:00+02:00', 'Sun'],
  ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00+02:00', 'Sun'],
  ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00+01:00', 'Sun'],
  ['2026-01-01T00:00:00Z', 'America/New_York', '2025-12-31T19:00:00-05:00', 'Wed'],
  ['2026-01-01T00:00:00Z', 'Asia/Kathmandu', '2026-01-01T05:45:00+05:45', 'Thu'],
  ['2026-01-01T00:00:00Z', 'America/St_Johns', '2025-12-31T20:30:00-03:30', 'Wed'],
  ['2026-01-01T00:00:00.250Z', 'UTC', '2026-01-01T00:00:00.250+00:00', 'Thu'],
])('%s in %s is %s', (at, zone, iso, weekday) => {
  const local = localTime(Date.parse(at), zone);
  expect(local).toMatchObject({ iso, weekday });
  expect(Date.parse(local.iso)).toBe(Date.parse(at));
});
