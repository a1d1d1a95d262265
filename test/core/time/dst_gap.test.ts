import { describe, expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { localTimes } from './local_times.ts';

// America/New_York goes from 02:00 EST (-5) to 03:00 EDT (-4) on 2026-03-08, at 07:00Z.
const day = { timezone: 'America/New_York', from: '2026-03-08T00:00-05:00', to: '2026-03-09T04:00-04:00' };

describe('a fixed-time expression whose time falls into a gap', () => {
  test.each([
    ['30 2 * * *', ['03-08 03:00', '03-09 02:30']],
    ['0 2 * * *', ['03-08 03:00', '03-09 02:00']],
    ['59 2 * * *', ['03-08 03:00', '03-09 02:59']],
    ['30 2,4 * * *', ['03-08 03:00', '03-08 04:30', '03-09 02:30']],
    ['15 30 2 * * *', ['03-08 03:00', '03-09 02:30:15']],
  ])('%s fires once, when the clock changes', (cron, times) => {
    expect(localTimes(cron, day)).toEqual(times);
  });

  test('fires once however many of its times are in the gap', () => {
    expect(localTimes('0,10,20,30 2 * * *', { ...day, to: '2026-03-08T05:00-04:00' })).toEqual(['03-08 03:00']);
  });

  test('fires once when the end of the gap is itself one of its times', () => {
    expect(localTimes('0 2,3 * * *', { ...day, to: '2026-03-08T05:00-04:00' })).toEqual(['03-08 03:00']);
  });

  test('is seen from any instant before the change, up to the last millisecond, and from any after it', () => {
    const { next, previous } = compileTiming({ c: '30 2 * * *', z: 'America/New_York' }, '');
    const change = Date.parse('2026-03-08T07:00:00Z');
    for (const before of [86_400_000 / 2, 1_800_000, 60_000, 1_000, 1]) expect(next(change - before)).toBe(change);
    for (const after of [1, 1_000, 60_000, 1_800_000, 86_400_000 / 2]) expect(previous(change + after)).toBe(change);
    expect(next(change)).toBe(Date.parse('2026-03-09T06:30:00Z'));
    expect(previous(change)).toBe(Date.parse('2026-03-07T07:30:00Z'));
  });

  test('keeps the days it names: a gap on another day is no reason to fire', () => {
    expect(localTimes('30 2 9 3 *', day)).toEqual(['03-09 02:30']);
  });

  test('fires at the change at midnight where the day begins at one (America/Sao_Paulo)', () => {
    const night = { timezone: 'America/Sao_Paulo', from: '2018-11-03T12:00-03:00', to: '2018-11-05T12:00-02:00' };
    expect(localTimes('0 0 * * *', night)).toEqual(['11-04 01:00', '11-05 00:00']);
  });

  test('fires after the gap of half an hour in Australia/Lord_Howe', () => {
    const night = { timezone: 'Australia/Lord_Howe', from: '2026-10-04T00:00+10:30', to: '2026-10-05T12:00+11:00' };
    expect(localTimes('15 2 * * *', night)).toEqual(['10-04 02:30', '10-05 02:15']);
  });

  test('is not lost on the day that Pacific/Apia skipped, 2011-12-30', () => {
    const days = { timezone: 'Pacific/Apia', from: '2011-12-29T06:00-10:00', to: '2011-12-31T23:00+14:00' };
    expect(localTimes('0 12 * * *', days)).toEqual(['12-29 12:00', '12-31 00:00', '12-31 12:00']);
  });
});

describe('an expression with a star in minute or hour', () => {
  const morning = { ...day, from: '2026-03-08T01:00-05:00', to: '2026-03-08T04:01-04:00' };

  test.each([
    ['*/30 * * * *', ['03-08 01:00', '03-08 01:30', '03-08 03:00', '03-08 03:30', '03-08 04:00']],
    ['0 * * * *', ['03-08 01:00', '03-08 03:00', '03-08 04:00']],
    ['0 */2 * * *', ['03-08 04:00']],
    ['*/20 2 * * *', []],
    ['30 */2 * * *', []],
  ])('%s goes by elapsed time and has no times in the gap', (cron, times) => {
    expect(localTimes(cron, morning)).toEqual(times);
  });

  test('fires every half hour of elapsed time across the gap', () => {
    expect(localTimes('*/30 * * * *', { ...day, to: '2026-03-09T00:00-04:00' })).toHaveLength(2 * 23);
  });
});
