import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextFireTimes, previousFireTime } from '../../../src/core/time/fire_times.ts';
import { localTime } from '../../../src/core/time/local_time.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { assertLaws, dstTexts, hardZones, instants, walk, zones } from './timing_laws.ts';

const DAY_MS = 86_400_000;

/** Fire times from one instant on, as the wall clock shows them: `28T09:00+1`, with the hours of the offset. */
function shown(
  spec: { every: string; between: string; timezone: string; dst?: 'quartz' | object },
  from: string,
  count: number,
) {
  const times = nextFireTimes(spec as never, { from: Date.parse(from), count });
  return times.map((at) => {
    const { date, time, offset } = localTime(at, spec.timezone);
    return `${date.slice(8)}T${time.slice(0, 5)}${offset.slice(0, 3)}`;
  });
}

describe('an interval between two times of the day', () => {
  test.each([
    ['09:00-17:00', '4h', ['02T09:00+00', '02T13:00+00', '02T17:00+00', '03T09:00+00']],
    ['09:00-16:59', '4h', ['02T09:00+00', '02T13:00+00', '03T09:00+00', '03T13:00+00']],
    ['09:00-17:00', '24h', ['02T09:00+00', '03T09:00+00', '04T09:00+00', '05T09:00+00']],
    ['09:00-09:00', '5m', ['02T09:00+00', '03T09:00+00', '04T09:00+00', '05T09:00+00']],
    ['00:00-23:59:59', '8h', ['02T00:00+00', '02T08:00+00', '02T16:00+00', '03T00:00+00']],
    ['23:00-23:59', '25m', ['02T23:00+00', '02T23:25+00', '02T23:50+00', '03T23:00+00']],
    ['00:00-23:59', '7h', ['02T00:00+00', '02T07:00+00', '02T14:00+00', '02T21:00+00']],
  ])('fires from the beginning of %s, every %s, both ends counted', (between, every, expected) => {
    expect(shown({ every, between, timezone: 'Africa/Abidjan' }, '2026-01-01T23:59:59.999Z', 4)).toEqual(expected);
  });

  test('goes by the day of its zone', () => {
    const spec = { every: '30m', between: '09:00-09:30', timezone: 'Asia/Tokyo' };
    expect(nextFireTimes(spec, { from: Date.parse('2026-01-01T12:00:00Z'), count: 3 })).toEqual([
      Date.parse('2026-01-02T00:00:00Z'),
      Date.parse('2026-01-02T00:30:00Z'),
      Date.parse('2026-01-03T00:00:00Z'),
    ]);
    expect(previousFireTime(spec, { from: Date.parse('2026-01-02T00:00:00Z') })).toBe(
      Date.parse('2026-01-01T00:30:00Z'),
    );
  });
});

/** Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00. */
describe('when the clock changes, the time that passed is counted', () => {
  const timezone = 'Europe/Berlin';
  const [spring, autumn] = ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z'];

  test.each<[string, string, string, object | undefined, string[]]>([
    ['across a gap', '01:00-05:00', spring, undefined, ['29T01:00+01', '29T03:00+02', '29T04:00+02', '29T05:00+02']],
    [
      'across an overlap',
      '01:00-03:00',
      autumn,
      undefined,
      ['25T01:00+02', '25T02:00+02', '25T02:00+01', '25T03:00+01'],
    ],
    [
      'from inside a gap',
      '02:30-05:00',
      spring,
      undefined,
      ['29T03:00+02', '29T04:00+02', '29T05:00+02', '30T02:30+02'],
    ],
    [
      'from inside a gap that shifts',
      '02:30-05:00',
      spring,
      { gap: 'shift', overlap: 'first' },
      ['29T03:30+02', '29T04:30+02', '30T02:30+02', '30T03:30+02'],
    ],
    [
      'up to inside a gap',
      '01:00-02:30',
      spring,
      undefined,
      ['29T01:00+01', '29T03:00+02', '30T01:00+02', '30T02:00+02'],
    ],
    [
      'up to inside a gap that is skipped',
      '01:00-02:30',
      spring,
      { gap: 'skip', overlap: 'first' },
      ['29T01:00+01', '30T01:00+02', '30T02:00+02', '31T01:00+02'],
    ],
    [
      'all inside a gap',
      '02:10-02:50',
      spring,
      undefined,
      ['29T03:00+02', '30T02:10+02', '31T02:10+02', '01T02:10+02'],
    ],
    [
      'all inside a gap that is skipped',
      '02:10-02:50',
      spring,
      { gap: 'skip', overlap: 'first' },
      ['30T02:10+02', '31T02:10+02', '01T02:10+02', '02T02:10+02'],
    ],
    [
      'up to an overlap, first pass',
      '01:30-02:30',
      autumn,
      undefined,
      ['25T01:30+02', '25T02:30+02', '26T01:30+01', '26T02:30+01'],
    ],
    [
      'up to an overlap, last pass',
      '01:30-02:30',
      autumn,
      { gap: 'skip', overlap: 'last' },
      ['25T01:30+02', '25T02:30+02', '25T02:30+01', '26T01:30+01'],
    ],
    [
      'from an overlap, first pass',
      '02:00-03:00',
      autumn,
      undefined,
      ['25T02:00+02', '25T02:00+01', '25T03:00+01', '26T02:00+01'],
    ],
    [
      'from an overlap, last pass',
      '02:00-03:00',
      autumn,
      { gap: 'skip', overlap: 'last' },
      ['25T02:00+01', '25T03:00+01', '26T02:00+01', '26T03:00+01'],
    ],
  ])('%s', (...[, between, from, dst, expected]) => {
    expect(shown({ every: '1h', between, timezone, ...(dst && { dst }) }, from, 4)).toEqual(expected);
  });

  test('a day that a zone leaves out has its window at the change, or none', () => {
    const spec = { every: '4h', between: '09:00-17:00', timezone: 'Pacific/Apia' };
    expect(shown(spec, '2011-12-30T04:00:00Z', 3)).toEqual(['31T00:00+14', '31T09:00+14', '31T13:00+14']);
    const skipping = { ...spec, dst: { gap: 'skip', overlap: 'first' } };
    expect(shown(skipping, '2011-12-30T04:00:00Z', 2)).toEqual(['31T09:00+14', '31T13:00+14']);
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
    const times = walk(compileTiming({ e, y, z }, '').next, at, 40);
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
