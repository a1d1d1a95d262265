import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readInstant } from '../../../src/core/time/instant.ts';
import { instantsOf, showingsOf } from '../../../src/core/time/wall.ts';
import { openZone } from '../../../src/core/time/zone.ts';
import { refused } from './refused.ts';
import { instants, zones } from './timing_laws.ts';
import { wallClockOf } from './wall_clock_model.ts';

describe('an instant', () => {
  test.each([
    ['2026-03-01T09:00:00Z', 'Asia/Tokyo', '2026-03-01T09:00:00.000Z'],
    ['2026-03-01t09:00:00z', 'UTC', '2026-03-01T09:00:00.000Z'],
    ['2026-03-01T09:00+02:00', 'UTC', '2026-03-01T07:00:00.000Z'],
    ['2026-03-01T09:00-0530', 'UTC', '2026-03-01T14:30:00.000Z'],
    ['2026-03-01T09:00+02', 'UTC', '2026-03-01T07:00:00.000Z'],
    ['2026-03-01T09:00:00.5Z', 'UTC', '2026-03-01T09:00:00.500Z'],
    ['2026-03-01T09:00:00,123Z', 'UTC', '2026-03-01T09:00:00.123Z'],
    [' 2026-03-01 ', 'UTC', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01', 'Asia/Tokyo', '2026-02-28T15:00:00.000Z'],
    ['2026-03-01Z', 'Asia/Tokyo', '2026-03-01T00:00:00.000Z'],
    ['2026-07-01T09:00', 'Europe/Berlin', '2026-07-01T07:00:00.000Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29T02:30:00.250', 'Europe/Berlin', '2026-03-29T01:00:00.250Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['1970-01-01', 'UTC', '1970-01-01T00:00:00.000Z'],
    ['2199-12-31T23:59:59.999Z', 'UTC', '2199-12-31T23:59:59.999Z'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(new Date(readInstant(text, openZone(zone), 'start')).toISOString()).toBe(expected);
  });

  test.each([
    '',
    'now',
    '2026',
    '2026-3-1',
    '2026-02-29',
    '2026-13-01',
    '2026-04-31',
    '2026-03-01 09:00',
    '2026-03-01T24:00',
    '2026-03-01T09:60',
    '2026-03-01T09:00:60',
    '2026-03-01T09:00:00+25:00',
    '2026-03-01T09:00:00+01:75',
    '2026-03-01T09:00[Europe/Berlin]',
    '1969-12-31T23:59:59Z',
    '2200-01-01',
    1_700_000_000_000,
    null,
    {},
  ])('%j is none', (text) => {
    const error = refused(() => readInstant(text, openZone('UTC'), 'start'));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field: 'start' });
    expect(error.hint).toMatch(/ISO 8601|1970 to 2199/);
  });
});

describe('a local time', () => {
  test('is shown at each instant where the clock of the zone shows it, and at no other', () => {
    const property = fc.property(zones, instants, (zone, at) => {
      const second = Math.floor(at / 1_000);
      const clock = wallClockOf(zone);
      const localAt = (instant: number): number => clock(instant * 1_000);
      const local = localAt(second);
      const showings = showingsOf(openZone(zone), local);
      expect(showings.kind).toBe('shown');
      if (showings.kind !== 'shown') return;
      expect(showings.instants).toContain(second);
      expect(showings.instants.map(localAt)).toEqual(showings.instants.map(() => local));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test.each([
    ['transition first', ['2026-03-29T01:00Z']],
    ['shift first', ['2026-03-29T01:30Z']],
    ['skip first', []],
  ])('in a gap is under %s at %j', (rule, expected) => {
    const [gap, overlap] = rule.split(' ') as ['transition', 'first'];
    const found = instantsOf(openZone('Europe/Berlin'), Date.UTC(2026, 2, 29, 2, 30) / 1_000, { gap, overlap });
    expect(found).toEqual(expected.map((text) => Date.parse(text) / 1_000));
  });

  test.each([
    ['skip first', ['2026-10-25T00:30Z']],
    ['skip last', ['2026-10-25T01:30Z']],
    ['skip both', ['2026-10-25T00:30Z', '2026-10-25T01:30Z']],
  ])('in an overlap is under %s at %j', (rule, expected) => {
    const [gap, overlap] = rule.split(' ') as ['skip', 'first'];
    const found = instantsOf(openZone('Europe/Berlin'), Date.UTC(2026, 9, 25, 2, 30) / 1_000, { gap, overlap });
    expect(found).toEqual(expected.map((text) => Date.parse(text) / 1_000));
  });

  test('outside the years that are planned is at none', () => {
    const rule = { gap: 'transition', overlap: 'first' } as const;
    expect(instantsOf(openZone('UTC'), -1, rule)).toEqual([]);
    expect(instantsOf(openZone('UTC'), Date.UTC(2200, 0, 1) / 1_000, rule)).toEqual([]);
    expect(instantsOf(openZone('Asia/Tokyo'), Date.UTC(2300, 0, 1) / 1_000, rule)).toEqual([]);
  });
});
