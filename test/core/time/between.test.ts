import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DstSpec } from '../../../src/core/job.ts';
import { localTime } from '../../../src/core/time/local_time.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { expectFires, timingOf } from './fire_table.ts';
import { assertLaws, dstTexts, hardZones, instants, walk, zones } from './timing_laws.ts';

const DAY_MS = 86_400_000;

describe('an interval between two times of the day', () => {
  test.each([
    ['09:00-17:00', '4h', '2026-01-02T09:00,13:00,17:00 2026-01-03T09:00'],
    ['09:00-16:59', '4h', '2026-01-02T09:00,13:00 2026-01-03T09:00,13:00'],
    ['09:00-17:00', '24h', '2026-01-02T09:00 2026-01-03T09:00 2026-01-04T09:00 2026-01-05T09:00'],
    ['09:00-09:00', '5m', '2026-01-02T09:00 2026-01-03T09:00 2026-01-04T09:00 2026-01-05T09:00'],
    ['00:00-23:59:59', '8h', '2026-01-02T00:00,08:00,16:00 2026-01-03'],
    ['23:00-23:59', '25m', '2026-01-02T23:00,23:25,23:50 2026-01-03T23:00'],
    ['00:00-23:59', '7h', '2026-01-02T00:00,07:00,14:00,21:00'],
  ])('fires from the beginning of %s, every %s, both ends counted', (between, every, fires) => {
    expectFires(timingOf({ every, between, timezone: 'Africa/Abidjan' }), '2026-01-02', { fires });
  });

  test('goes by the day of its zone', () => {
    const timing = timingOf({ every: '30m', between: '09:00-09:30', timezone: 'Asia/Tokyo' });
    expectFires(timing, '2026-01-01/2026-01-03', { fires: '2026-01-01T00:00,00:30 2026-01-02T00:00,00:30' });
  });
});

/** Berlin, in UTC: on 2026-03-29 at 01:00 its 02:00 becomes 03:00, on 2026-10-25 at 01:00 its 03:00 becomes 02:00. */
describe('when the clock changes, the time that passed is counted', () => {
  const timezone = 'Europe/Berlin';
  const [spring, autumn] = ['2026-03-28T20:00', '2026-10-24T20:00'];

  test.each<[string, string, string, DstSpec | undefined, string]>([
    ['across a gap', '01:00-05:00', spring, undefined, '2026-03-29T00:00,01:00,02:00,03:00'],
    ['across an overlap', '01:00-03:00', autumn, undefined, '2026-10-24T23:00 2026-10-25T00:00,01:00,02:00'],
    ['from inside a gap', '02:30-05:00', spring, undefined, '2026-03-29T01:00,02:00,03:00 2026-03-30T00:30'],
    [
      'from inside a gap that shifts',
      '02:30-05:00',
      spring,
      { gap: 'shift', overlap: 'first' },
      '2026-03-29T01:30,02:30 2026-03-30T00:30,01:30',
    ],
    ['up to inside a gap', '01:00-02:30', spring, undefined, '2026-03-29T00:00,01:00,23:00 2026-03-30'],
    [
      'up to inside a gap that is skipped',
      '01:00-02:30',
      spring,
      { gap: 'skip', overlap: 'first' },
      '2026-03-29T00:00,23:00 2026-03-30T00:00,23:00',
    ],
    [
      'all inside a gap',
      '02:10-02:50',
      spring,
      undefined,
      '2026-03-29T01:00 2026-03-30T00:10 2026-03-31T00:10 2026-04-01T00:10',
    ],
    [
      'all inside a gap that is skipped',
      '02:10-02:50',
      spring,
      { gap: 'skip', overlap: 'first' },
      '2026-03-30T00:10 2026-03-31T00:10 2026-04-01T00:10 2026-04-02T00:10',
    ],
    [
      'up to an overlap, first pass',
      '01:30-02:30',
      autumn,
      undefined,
      '2026-10-24T23:30 2026-10-25T00:30 2026-10-26T00:30,01:30',
    ],
    [
      'up to an overlap, last pass',
      '01:30-02:30',
      autumn,
      { gap: 'skip', overlap: 'last' },
      '2026-10-24T23:30 2026-10-25T00:30,01:30 2026-10-26T00:30',
    ],
    ['from an overlap, first pass', '02:00-03:00', autumn, undefined, '2026-10-25T00:00,01:00,02:00 2026-10-26T01:00'],
    [
      'from an overlap, last pass',
      '02:00-03:00',
      autumn,
      { gap: 'skip', overlap: 'last' },
      '2026-10-25T01:00,02:00 2026-10-26T01:00,02:00',
    ],
  ])('%s', (...[, between, from, dst, fires]) => {
    expectFires(timingOf({ every: '1h', between, timezone, ...(dst !== undefined && { dst }) }), from, { fires });
  });

  test('a day that a zone leaves out has its window at the change, or none', () => {
    const spec = { every: '4h', between: '09:00-17:00', timezone: 'Pacific/Apia' };
    const local = { clock: spec.timezone };
    expectFires(timingOf(spec), '2011-12-30T04:00', { fires: '2011-12-31T00:00,09:00,13:00', ...local });
    const skipping = timingOf({ ...spec, dst: { gap: 'skip', overlap: 'first' } });
    expectFires(skipping, '2011-12-30T04:00', { fires: '2011-12-31T09:00,13:00', ...local });
  });
});

const windows = fc
  .tuple(fc.integer({ min: 0, max: 86_399 }), fc.integer({ min: 0, max: 86_399 }))
  .map(([one, other]): [number, number] => [Math.min(one, other), Math.max(one, other)]);
const intervals = fc.integer({ min: 60_000, max: DAY_MS });

test('the laws of time hold for any window, zone and policy', () => {
  const property = fc.property(intervals, windows, hardZones, dstTexts, instants, (...[e, y, z, t, at]) => {
    assertLaws(compileTiming({ e, y, z, ...(t !== undefined && { t }) }, ''), at);
  });
  fc.assert(property, { numRuns: 400 });
});

/** Away from changes of the clock: second by second arithmetic on what the wall clock shows. */
test('on a day without a change each fire time is shown as beginning + k × interval within the window', () => {
  const property = fc.property(intervals, windows, zones, instants, (e, y, z, at) => {
    const times = walk(compileTiming({ e, y, z }, '').next, at, { count: 40 });
    for (const time of times) {
      const dayAround = [time - DAY_MS, time + DAY_MS].map((near) => localTime(near, z).offset);
      const local = localTime(time, z);
      if (dayAround.some((offset) => offset !== local.offset)) continue;
      const sinceMidnightMs = Date.parse(`1970-01-01T${local.time}Z`);
      expect((sinceMidnightMs - y[0] * 1_000) % e).toBe(0);
      expect(sinceMidnightMs).toBeGreaterThanOrEqual(y[0] * 1_000);
      expect(sinceMidnightMs).toBeLessThanOrEqual(y[1] * 1_000);
    }
  });
  fc.assert(property, { numRuns: 60 });
});
