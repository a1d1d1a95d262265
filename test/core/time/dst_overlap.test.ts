import { describe, expect, test } from 'vitest';
import { instants } from './local_times.ts';

// America/New_York goes from 02:00 EDT (-4) back to 01:00 EST (-5) on 2026-11-01, at 06:00Z.
const night = { timezone: 'America/New_York', from: '2026-11-01T04:00:00Z', to: '2026-11-01T08:00:00Z' };

describe('a fixed-time expression whose time comes twice', () => {
  test.each([
    ['30 1 * * *', ['2026-11-01T05:30:00Z']],
    ['0 1 * * *', ['2026-11-01T05:00:00Z']],
    ['0 1,2 * * *', ['2026-11-01T05:00:00Z', '2026-11-01T07:00:00Z']],
    ['15 30 1 * * *', ['2026-11-01T05:30:15Z']],
    ['0,30 0-2 * * *', ['04:00', '04:30', '05:00', '05:30', '07:00', '07:30'].map((time) => `2026-11-01T${time}:00Z`)],
  ])('%s fires on the first pass only', (cron, times) => {
    expect(instants(cron, night)).toEqual(times);
  });

  test('fires on the first pass in a zone that repeats half an hour (Australia/Lord_Howe)', () => {
    const stretch = { timezone: 'Australia/Lord_Howe', from: '2026-04-04T12:00:00Z', to: '2026-04-05T12:00:00Z' };
    expect(instants('45 1 * * *', stretch)).toEqual(['2026-04-04T14:45:00Z']);
  });

  test('keeps to its day when the clock falls back over midnight (America/Sao_Paulo)', () => {
    const stretch = { timezone: 'America/Sao_Paulo', from: '2018-02-17T12:00:00Z', to: '2018-02-19T12:00:00Z' };
    expect(instants('30 23 * * *', stretch)).toEqual(['2018-02-18T01:30:00Z', '2018-02-19T02:30:00Z']);
    expect(instants('0 0 * * *', stretch)).toEqual(['2018-02-18T03:00:00Z', '2018-02-19T03:00:00Z']);
  });
});

describe('an expression with a star in minute or hour', () => {
  const overlap = { ...night, from: '2026-11-01T05:00:00Z', to: '2026-11-01T07:01:00Z' };

  test.each([
    ['*/30 * * * *', ['05:00', '05:30', '06:00', '06:30', '07:00']],
    ['0 * * * *', ['05:00', '06:00', '07:00']],
    ['*/20 1 * * *', ['05:00', '05:20', '05:40', '06:00', '06:20', '06:40']],
    ['30 */1 * * *', ['05:30', '06:30']],
  ])('%s fires on both passes', (cron, times) => {
    expect(instants(cron, overlap)).toEqual(times.map((time) => `2026-11-01T${time}:00Z`));
  });

  test('a hashed step counts as a star', () => {
    expect(instants('H/30 1 * * *', { ...overlap, id: 'poll' })).toHaveLength(4);
  });

  test('a hashed value counts as a fixed time', () => {
    expect(instants('H 1 * * *', { ...overlap, id: 'poll' })).toHaveLength(1);
    expect(instants('H(0-29)/10 1 * * *', { ...overlap, id: 'poll' })).toHaveLength(3);
  });
});
