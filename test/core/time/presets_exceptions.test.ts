import { expect, test } from 'vitest';
import { checkFires } from './fire_table.ts';

/**
 * Where a preset departs from the system that it names, and why: docs/guides/dst.md. `theirs` is what the system answered
 * when it was asked, `ours` what Belfry fires, both in UTC.
 */
type Exception = [cron: string, zone: string, stretch: string, theirs: string, ours: string];

// Quartz 2.3.2 on Java 17. After a gap that is not one hour from a full hour on, or that ends at midnight, its search jumps
// too far and misses times that the clock does show.
const QUARTZ: Exception[] = [
  ['0 1-3 * * *', 'Antarctica/Troll', '2026-03-28T22:30/2026-03-29T05:00', 'none', '2026-03-29T01:00'],
  [
    '*/30 * * * *',
    'Antarctica/Troll',
    '2026-03-29/2026-03-29T02:30',
    '2026-03-29T00:00,00:30,02:00',
    '2026-03-29T00:00,00:30,01:00,01:30,02:00',
  ],
  [
    '15,50 3 * * *',
    'Pacific/Chatham',
    '2026-09-25T12:00/2026-09-27T13:00',
    '2026-09-25T14:30,15:05',
    '2026-09-25T14:30,15:05 2026-09-26T14:05',
  ],
  [
    '20,40 * * * *',
    'Australia/Lord_Howe',
    '2026-10-03T14:30/2026-10-03T17:30',
    '2026-10-03T14:50,15:10,16:20,16:40,17:20',
    '2026-10-03T14:50,15:10,15:40,16:20,16:40,17:20',
  ],
  [
    '17 1 * * *',
    'America/St_Johns',
    '2004-04-03/2004-04-05T12:00',
    '2004-04-03T04:47 2004-04-05T03:47',
    '2004-04-03T04:47 2004-04-04T03:47 2004-04-05T03:47',
  ],
  [
    '28 23 * * *',
    'America/Scoresbysund',
    '2030-03-29T12:00/2030-04-01T12:00',
    '2030-03-30T01:28',
    '2030-03-30T01:28 2030-04-01T00:28',
  ],
];

// robfig/cron v3.0.1 on Go 1.19. East of Greenwich a day that begins with a gap is lost to an expression that names days,
// and so is the first pass of a midnight that comes twice.
// West of it, and there too, the search by hours passes midnight in a gap without looking at the day again. It goes in
// whole hours, so that a change by anything else, or off the full hour, leaves it out of step for a day; and where the
// change leads back over midnight, or skips a day, it stands still for ever.
const KUBERNETES: Exception[] = [
  ['0 12 26 4 *', 'Africa/Cairo', '2024-04-25/2024-04-28', 'none', '2024-04-26T09:00'],
  [
    '0 1 25 4 *',
    'Africa/Cairo',
    '2024-04-24T12:00/2024-04-28',
    '2024-04-24T23:00 2024-04-25T22:00',
    '2024-04-24T23:00',
  ],
  ['0 12 * * 0', 'Asia/Beirut', '2025-03-28/2025-04-07', '2025-04-06T09:00', '2025-03-30T09:00 2025-04-06T09:00'],
  ['30 0 31 10 *', 'Asia/Amman', '2008-10-30/2008-11-01', '2008-10-30T22:30', '2008-10-30T21:30,22:30'],
  ['0 1 3 11 *', 'America/Sao_Paulo', '2018-11-03/2018-11-05', '2018-11-03T04:00 2018-11-04T03:00', '2018-11-03T04:00'],
  [
    '15 9 * * *',
    'Australia/Lord_Howe',
    '2026-10-02T12:00/2026-10-06',
    '2026-10-02T22:45 2026-10-04T22:15 2026-10-05T22:15',
    '2026-10-02T22:45 2026-10-03T22:15 2026-10-04T22:15 2026-10-05T22:15',
  ],
  [
    '0 4 * * *',
    'Australia/Lord_Howe',
    '2026-04-03T12:00/2026-04-06T12:00',
    '2026-04-03T17:00 2026-04-05T17:30',
    '2026-04-03T17:00 2026-04-04T17:30 2026-04-05T17:30',
  ],
  [
    '45 2 * * *',
    'Pacific/Chatham',
    '2026-09-25T12:00/2026-09-28T12:00',
    '2026-09-25T14:00 2026-09-26T14:00 2026-09-27T13:00',
    '2026-09-25T14:00 2026-09-27T13:00',
  ],
  [
    '50 3 * * *',
    'Pacific/Chatham',
    '2026-09-25T12:00/2026-09-28T12:00',
    '2026-09-25T15:05 2026-09-27T14:05',
    '2026-09-25T15:05 2026-09-26T14:05 2026-09-27T14:05',
  ],
  ['0 12 31 12 *', 'Pacific/Apia', '2011-12-29/2012-01-02', 'an endless loop', '2011-12-30T22:00'],
  [
    '26 */20 * * *',
    'America/St_Johns',
    '1997-10-25T12:00/1997-10-27T12:00',
    '1997-10-25T22:56 1997-10-26T02:56,02:56,02:56 and so on',
    '1997-10-25T22:56 1997-10-26T03:56,23:56 1997-10-27T03:56',
  ],
];

function checkExceptions(dst: string, exceptions: readonly Exception[]): void {
  const rows = exceptions.map(([cron, zone, stretch, , ours]) => [cron, stretch, ours, { zone }] as const);
  checkFires(`the exceptions to ${dst}`, rows, { dst, clock: 'UTC' });
}

checkExceptions('quartz', QUARTZ);
checkExceptions('kubernetes', KUBERNETES);

test.each([...QUARTZ, ...KUBERNETES])('%s in %s, %s, is an exception', (...[, , , theirs, ours]) => {
  expect(ours).not.toBe(theirs);
});

// America/New_York, 2026-11-01. From 01:10 on the first pass (05:10Z) Quartz answers 01:20 on the second (06:20Z).
checkFires(
  'Quartz names no time of the first pass for a trigger that starts in it; Belfry answers alike from everywhere',
  [['*/20 * * * *', '2026-11-01T05:10/2026-11-01T06:30', '2026-11-01T06:00,06:20']],
  { dst: 'quartz', zone: 'America/New_York', clock: 'UTC' },
);
