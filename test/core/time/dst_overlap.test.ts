import { checkFires } from './fire_table.ts';
import type { RowTerms } from './fire_table.ts';

// America/New_York goes from 02:00 EDT (-4) back to 01:00 EST (-5) on 2026-11-01, at 06:00Z. All times here are UTC.
const newYork: RowTerms = { zone: 'America/New_York', clock: 'UTC' };
const NIGHT = '2026-11-01T04:00/2026-11-01T08:00';
const OVERLAP = '2026-11-01T05:00/2026-11-01T07:01';

checkFires(
  'a fixed-time expression whose time comes twice fires on the first pass only',
  [
    ['30 1 * * *', NIGHT, '2026-11-01T05:30'],
    ['0 1 * * *', NIGHT, '2026-11-01T05:00'],
    ['0 1,2 * * *', NIGHT, '2026-11-01T05:00,07:00'],
    ['15 30 1 * * *', NIGHT, '2026-11-01T05:30:15'],
    ['0,30 0-2 * * *', NIGHT, '2026-11-01T04:00,04:30,05:00,05:30,07:00,07:30'],
  ],
  newYork,
);

checkFires(
  'also where half an hour comes twice',
  [['45 1 * * *', '2026-04-04T12:00/2026-04-05T12:00', '2026-04-04T14:45']],
  { zone: 'Australia/Lord_Howe', clock: 'UTC' },
);

checkFires(
  'and keeps to its day when the clock falls back over midnight',
  [
    ['30 23 * * *', '2018-02-17T12:00/2018-02-19T12:00', '2018-02-18T01:30 2018-02-19T02:30'],
    ['0 0 * * *', '2018-02-17T12:00/2018-02-19T12:00', '2018-02-18T03:00 2018-02-19T03:00'],
  ],
  { zone: 'America/Sao_Paulo', clock: 'UTC' },
);

checkFires(
  'an expression with a star in minute or hour fires on both passes',
  [
    ['*/30 * * * *', OVERLAP, '2026-11-01T05:00,05:30,06:00,06:30,07:00'],
    ['0 * * * *', OVERLAP, '2026-11-01T05:00,06:00,07:00'],
    ['*/20 1 * * *', OVERLAP, '2026-11-01T05:00,05:20,05:40,06:00,06:20,06:40'],
    ['30 */1 * * *', OVERLAP, '2026-11-01T05:30,06:30'],
  ],
  newYork,
);

checkFires(
  'a hashed step counts as a star, a hashed value as a fixed time',
  [
    ['H/30 1 * * *', OVERLAP, '2026-11-01T05:27,05:57,06:27,06:57'],
    ['H 1 * * *', OVERLAP, '2026-11-01T05:54'],
    ['H(0-29)/10 1 * * *', OVERLAP, '2026-11-01T05:09,05:19,05:29'],
  ],
  { ...newYork, id: 'poll' },
);
