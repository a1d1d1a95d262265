import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import type { DstSpec } from '../../../src/core/job.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { expectFires, timingOf } from './fire_table.ts';
import { assertLaws, dstTexts, hardZones, instants, walk, zones } from './timing_laws.ts';

const ALL_YEARS = '1970-01-01/2200-01-01';

describe('a repeating interval', () => {
  test.each<[string, string | undefined, string]>([
    ['R3/2026-01-01T00:00:00Z/PT1H', undefined, '2026-01-01T00:00,01:00,02:00'],
    ['R1/2026-01-01T00:00:00Z/PT1H', undefined, '2026-01-01'],
    ['R2/2026-01-01T00:00:00+05:30/P1D', undefined, '2025-12-31T18:30 2026-01-01T18:30'],
    ['R2/2026-01-01/PT90S', undefined, '2026-01-01T00:00,00:01:30'],
    ['R2/2026-01-01T00:00:00.250Z/PT1.5S', undefined, '2026-01-01T00:00:00.250,00:00:01.750'],
    ['R2/2026-01-01T09:00/P1W', 'Asia/Tokyo', '2026-01-01 2026-01-08'],
    ['R4/2026-01-31T08:00/P1M', 'Europe/Berlin', '2026-01-31T07:00 2026-02-28T07:00 2026-03-31T06:00 2026-04-30T06:00'],
    ['R3/2024-02-29/P1Y', undefined, '2024-02-29 2025-02-28 2026-02-28'],
    ['R3/2025-12-31/P2M', undefined, '2025-12-31 2026-02-28 2026-04-30'],
    ['R3/2026-01-01/P1DT12H', undefined, '2026-01-01 2026-01-02T12:00 2026-01-04'],
    ['R3/2026-03-28T12:00Z/P1D', 'Europe/Berlin', '2026-03-28T12:00 2026-03-29T11:00 2026-03-30T11:00'],
    ['R3/2026-03-28T12:00Z/PT24H', undefined, '2026-03-28T12:00 2026-03-29T12:00 2026-03-30T12:00'],
    ['R2/2199-12-31/P1D', undefined, '2199-12-31'],
  ])('%s in %s', (repeat, timezone, fires) => {
    expectFires(timingOf({ repeat, ...(timezone !== undefined && { timezone }) }), ALL_YEARS, { fires });
  });

  test('without a count goes on for ever', () => {
    expectFires(timingOf({ repeat: 'R/2026-01-31/P1M' }), '2150-06-01', { fires: '2150-06-30 2150-07-31' });
  });
});

/** Berlin leaves out 2026-03-29 02:30 and shows 2026-10-25 02:30 twice. */
describe('a period of days that meets a change of the clock', () => {
  test.each<[string, DstSpec, string]>([
    [
      'R3/2026-03-28T02:30/P1D',
      { gap: 'transition', overlap: 'first' },
      '2026-03-28T01:30 2026-03-29T01:00 2026-03-30T00:30',
    ],
    [
      'R3/2026-03-28T02:30/P1D',
      { gap: 'shift', overlap: 'first' },
      '2026-03-28T01:30 2026-03-29T01:30 2026-03-30T00:30',
    ],
    ['R3/2026-03-28T02:30/P1D', { gap: 'skip', overlap: 'first' }, '2026-03-28T01:30 2026-03-30T00:30'],
    [
      'R3/2026-10-24T02:30/P1D',
      { gap: 'skip', overlap: 'first' },
      '2026-10-24T00:30 2026-10-25T00:30 2026-10-26T01:30',
    ],
    ['R3/2026-10-24T02:30/P1D', { gap: 'skip', overlap: 'last' }, '2026-10-24T00:30 2026-10-25T01:30 2026-10-26T01:30'],
    [
      'R3/2026-10-24T02:30/P1D',
      { gap: 'skip', overlap: 'both' },
      '2026-10-24T00:30 2026-10-25T00:30,01:30 2026-10-26T01:30',
    ],
    ['R2/2026-10-25T01:30:00Z/P1D', { gap: 'skip', overlap: 'first' }, '2026-10-25T01:30 2026-10-26T01:30'],
  ])('%s under %j', (repeat, dst, fires) => {
    expectFires(timingOf({ repeat, timezone: 'Europe/Berlin', dst }), ALL_YEARS, { fires });
  });
});

const periods = fc
  .record({
    months: fc.constantFrom(0, 0, 1, 2, 3, 7, 12, 13),
    days: fc.constantFrom(0, 0, 1, 2, 7, 10, 45),
    minutes: fc.constantFrom(0, 0, 1, 37, 90, 60 * 26),
  })
  .filter(({ months, days, minutes }) => months + days + minutes > 0);
const textOf = ({ months, days, minutes }: { months: number; days: number; minutes: number }): string =>
  `P${months ? `${months}M` : ''}${days ? `${days}D` : ''}${minutes ? `T${minutes}M` : ''}`;
const starts = fc
  .integer({ min: Date.UTC(2005, 0, 1) / 60_000, max: Date.UTC(2030, 0, 1) / 60_000 })
  .map((minute) => minute * 60_000);

test('the laws of time hold for any period, zone and policy', () => {
  const counts = fc.constantFrom('', '1', '3', '1000');
  const property = fc.property(
    fc.tuple(counts, starts, periods),
    fc.tuple(hardZones, dstTexts),
    instants,
    ([count, start, period], [z, t], at) => {
      const written = new Date(start).toISOString();
      const i = `R${count}/${(start / 60_000) % 2 === 0 ? written.slice(0, 19) : written}/${textOf(period)}`;
      assertLaws(compileTiming({ i, z, ...(t !== undefined && { t }) }, ''), at);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test('each fire time is what Temporal adds to the start', () => {
  const property = fc.property(starts, periods, zones, fc.integer({ min: 0, max: 300 }), (start, period, z, index) => {
    const i = `R/${new Date(start).toISOString()}/${textOf(period)}`;
    const timing = compileTiming({ i, z, t: 'shift first or' }, '');
    const { months, days, minutes } = period;
    const first = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(z);
    const added = first
      .add({ months: months * index, days: days * index })
      .add({ minutes: minutes * index }).epochMilliseconds;
    fc.pre(added < Date.UTC(2200, 0, 1));
    expect(timing.next(added - 1)).toBe(added);
  });
  fc.assert(property, { numRuns: 500 });
});

test('no fire time is left out or put in between', () => {
  const property = fc.property(starts, periods, zones, (start, period, z) => {
    const timing = compileTiming(
      { i: `R40/${new Date(start).toISOString()}/${textOf(period)}`, z, t: 'shift first or' },
      '',
    );
    const { months, days, minutes } = period;
    const first = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(z);
    const expected = Array.from({ length: 40 }, (_, index) => {
      const dated = first.add({ months: months * index, days: days * index });
      return dated.add({ minutes: minutes * index }).epochMilliseconds;
    });
    expect(walk(timing.next, 0, { count: 50 })).toEqual(expected);
    expect(walk(timing.previous, Infinity, { count: 50 }).toReversed()).toEqual(expected);
  });
  fc.assert(property, { numRuns: 200 });
});
