import { describe, expect, test } from 'vitest';
import { firesBetween, showTimes } from './preset_table.ts';

/**
 * Where a preset departs from the system that it names, and why: docs/guides/dst.md. Columns: cron, zone, from, to, what
 * the system answered when it was asked (UTC), and what Belfry fires.
 */
type Exception = [cron: string, zone: string, from: string, to: string, theirs: string, ours: string];

// Quartz 2.3.2 on Java 17. After a gap that is not one hour from a full hour on, or that ends at midnight, its search jumps
// too far and misses times that the clock does show.
const QUARTZ: Exception[] = [
  ['0 1-3 * * *', 'Antarctica/Troll', '2026-03-28T22:30', '2026-03-29T05:00', 'none', '03-29T01:00'],
  [
    '*/30 * * * *',
    'Antarctica/Troll',
    '2026-03-29T00:00',
    '2026-03-29T02:30',
    '03-29T00:00 00:30 02:00',
    '03-29T00:00 00:30 01:00 01:30 02:00',
  ],
  [
    '15,50 3 * * *',
    'Pacific/Chatham',
    '2026-09-25T12:00',
    '2026-09-27T13:00',
    '09-25T14:30 15:05',
    '09-25T14:30 15:05 09-26T14:05',
  ],
  [
    '20,40 * * * *',
    'Australia/Lord_Howe',
    '2026-10-03T14:30',
    '2026-10-03T17:30',
    '10-03T14:50 15:10 16:20 16:40 17:20',
    '10-03T14:50 15:10 15:40 16:20 16:40 17:20',
  ],
  [
    '17 1 * * *',
    'America/St_Johns',
    '2004-04-03T00:00',
    '2004-04-05T12:00',
    '04-03T04:47 04-05T03:47',
    '04-03T04:47 04-04T03:47 04-05T03:47',
  ],
  [
    '28 23 * * *',
    'America/Scoresbysund',
    '2030-03-29T12:00',
    '2030-04-01T12:00',
    '03-30T01:28',
    '03-30T01:28 04-01T00:28',
  ],
];

// robfig/cron v3.0.1 on Go 1.19. East of Greenwich a day that begins with a gap is lost to an expression that names days,
// and so is the first pass of a midnight that comes twice.
// West of it, and there too, the search by hours passes midnight in a gap without looking at the day again. It goes in
// whole hours, so that a change by anything else, or off the full hour, leaves it out of step for a day; and where the
// change leads back over midnight, or skips a day, it stands still for ever.
const KUBERNETES: Exception[] = [
  ['0 12 26 4 *', 'Africa/Cairo', '2024-04-25T00:00', '2024-04-28T00:00', 'none', '04-26T09:00'],
  ['0 1 25 4 *', 'Africa/Cairo', '2024-04-24T12:00', '2024-04-28T00:00', '04-24T23:00 04-25T22:00', '04-24T23:00'],
  ['0 12 * * 0', 'Asia/Beirut', '2025-03-28T00:00', '2025-04-07T00:00', '04-06T09:00', '03-30T09:00 04-06T09:00'],
  ['30 0 31 10 *', 'Asia/Amman', '2008-10-30T00:00', '2008-11-01T00:00', '10-30T22:30', '10-30T21:30 22:30'],
  ['0 1 3 11 *', 'America/Sao_Paulo', '2018-11-03T00:00', '2018-11-05T00:00', '11-03T04:00 11-04T03:00', '11-03T04:00'],
  [
    '15 9 * * *',
    'Australia/Lord_Howe',
    '2026-10-02T12:00',
    '2026-10-06T00:00',
    '10-02T22:45 10-04T22:15 10-05T22:15',
    '10-02T22:45 10-03T22:15 10-04T22:15 10-05T22:15',
  ],
  [
    '0 4 * * *',
    'Australia/Lord_Howe',
    '2026-04-03T12:00',
    '2026-04-06T12:00',
    '04-03T17:00 04-05T17:30',
    '04-03T17:00 04-04T17:30 04-05T17:30',
  ],
  [
    '45 2 * * *',
    'Pacific/Chatham',
    '2026-09-25T12:00',
    '2026-09-28T12:00',
    '09-25T14:00 09-26T14:00 09-27T13:00',
    '09-25T14:00 09-27T13:00',
  ],
  [
    '50 3 * * *',
    'Pacific/Chatham',
    '2026-09-25T12:00',
    '2026-09-28T12:00',
    '09-25T15:05 09-27T14:05',
    '09-25T15:05 09-26T14:05 09-27T14:05',
  ],
  ['0 12 31 12 *', 'Pacific/Apia', '2011-12-29T00:00', '2012-01-02T00:00', 'an endless loop', '12-30T22:00'],
  [
    '26 */20 * * *',
    'America/St_Johns',
    '1997-10-25T12:00',
    '1997-10-27T12:00',
    '10-25T22:56 10-26T02:56 02:56 02:56 and so on',
    '10-25T22:56 10-26T03:56 23:56 10-27T03:56',
  ],
];

describe.each([
  { dst: 'quartz', exceptions: QUARTZ },
  { dst: 'kubernetes', exceptions: KUBERNETES },
])('an exception to $dst', ({ dst, exceptions }) => {
  test.each(exceptions)('%s in %s', (...[cron, zone, from, to, theirs, ours]) => {
    const stretch = { dst, zone, from: Date.parse(`${from}Z`), to: Date.parse(`${to}Z`) };
    expect(showTimes(firesBetween(cron, stretch))).toBe(ours);
    expect(ours).not.toBe(theirs);
  });
});

test('Quartz names no time of the first pass for a trigger that starts in it; Belfry answers alike from everywhere', () => {
  // America/New_York, 2026-11-01. From 01:10 on the first pass (05:10Z) Quartz answers 01:20 on the second (06:20Z).
  const stretch = { dst: 'quartz', zone: 'America/New_York', to: Date.parse('2026-11-01T06:30Z') };
  const times = firesBetween('*/20 * * * *', { ...stretch, from: Date.parse('2026-11-01T05:10Z') });
  expect(showTimes(times)).toBe('11-01T06:00 06:20');
});
