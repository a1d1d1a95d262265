import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DstSpec, ScheduleSpec, WhenSpec } from '../../../src/core/job.ts';
import { compileRule } from '../../../src/core/time/compile_rule.ts';
import { specOf } from '../../../src/core/time/spec_of_rule.ts';
import { offerRrule } from '../../../src/runtime/rrule_package.ts';

offerRrule();

const ID = 'reports/daily:acme';
const cron = '0 9 * * *';

test.each<ScheduleSpec>([
  { cron },
  { cron: '0 H H(2-4) L-3 * ? 2027', timezone: 'Europe/Berlin', dst: 'quartz', nth: 3, start: '2026-01-01T00:00:00' },
  { cron, dst: { gap: 'shift', overlap: 'last', dayMatch: 'and' }, timezone: 'America/New_York' },
  { every: '1h 30m', anchor: '2026-01-01T00:10:00', timezone: 'Asia/Kathmandu' },
  { every: '10m', between: '09:00-17:00:30', timezone: 'Asia/Tokyo', dst: 'cronos' },
  { at: ['2026-03-01T09:00:00', '2026-03-02T09:00:00.250'], timezone: 'Asia/Tokyo' },
  { repeat: 'R10/2026-01-01T00:00:00Z/PT1H', end: '2026-06-01T00:00:00Z' },
  { rrule: 'DTSTART;TZID=Europe/Berlin:20270104T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO', timezone: 'Europe/Berlin' },
  { afterCompletion: '5m', maxRuns: 4, overlap: 'allow' },
  {
    anyOf: [{ cron }, { every: '1m 30s' }, { cron: '0 1 * * *', timezone: 'UTC', dst: 'vixie' }],
    timezone: 'Asia/Tokyo',
    dst: 'cronos',
  },
  {
    cron,
    except: ['holidays', { dates: ['2026-12-25'], yearly: ['01-01'], weekdays: 'SAT,SUN' }, { cron: '0 9 1 * *' }],
  },
  {
    every: '1h',
    blackout: [
      { cron: '0 22 * * *', for: '8h' },
      { from: '2026-07-01T00:00:00', to: '2026-07-02T00:00:00' },
    ],
    timezone: 'Asia/Tokyo',
  },
  {
    cron,
    jitter: '30s',
    window: '10m',
    overlap: 'buffer-one',
    catchUp: { max: 5, rate: '10/1m' },
    catchUpWindow: '1h',
    startDeadline: '5m',
    pauseOnFailure: 3,
    maxRuns: 10,
    afterLast: 'delete',
  },
  { anyOf: [{ every: '1h' }, { cron, timezone: 'Europe/Berlin' }], dst: { preset: 'quartz', dayMatch: 'or' } },
  { cron, catchUp: 'all' },
  { cron, catchUp: { max: 'all', rate: '5/1s' } },
])('%j is told as it was written', (spec) => {
  expect(roundTrip(spec)).toEqual(compileRule(spec, { id: ID }));
  const { except, at } = spec;
  const asList = {
    ...(except !== undefined && { except: [except].flat() }),
    ...(at !== undefined && { at: [at].flat() }),
  };
  expect(specOf(compileRule(spec, { id: ID }))).toEqual({ ...spec, ...asList });
});

const whens: fc.Arbitrary<WhenSpec> = fc.oneof(
  fc.constantFrom<WhenSpec>(
    { cron },
    { cron: '@reboot' },
    { cron: '@every 90s' },
    { every: '7m', anchor: '2026-10-25T02:30' },
    { every: '1h', between: '08:00-09:30' },
    { at: '2026-10-25T02:30:00+01:00' },
    { at: ['2026-10-25T01:30', '2026-03-29T02:30'] },
    { repeat: 'R/2026-01-01T00:00/P1D' },
    { repeat: 'R5/2026-01-01T00:00:00Z/PT1H' },
    { rrule: 'DTSTART:20270104T090000Z\nRRULE:FREQ=DAILY' },
    { afterCompletion: '10s' },
  ),
);
const limits = fc.record(
  {
    timezone: fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'UTC'),
    dst: fc.constantFrom<DstSpec>(
      'vixie',
      'cronos',
      'kubernetes',
      { gap: 'skip', overlap: 'both' },
      { preset: 'quartz', dayMatch: 'or' },
    ),
    nth: fc.integer({ min: 1, max: 9 }),
    except: fc.constantFrom('holidays', [{ weekdays: 'SUN' }]),
    start: fc.constantFrom('2026-01-01', '2026-01-01T12:00:00Z'),
    end: fc.constantFrom('2028-10-29T02:30', '2028-01-01T00:00:00+02:00'),
  },
  { requiredKeys: [] },
);
const single = fc.tuple(whens, limits).map(([when, limit]): WhenSpec => Object.assign({}, when, limit));
const union = fc
  .tuple(fc.array(single, { minLength: 1, maxLength: 3 }), limits)
  .map(([anyOf, limit]): WhenSpec => Object.assign({ anyOf }, limit));

describe('any rule', () => {
  test('is made again of what is told of it', () => {
    let compiled = 0;
    fc.assert(
      fc.property(fc.oneof(single, union), fc.boolean(), (when, isBlackedOut) => {
        const spec: ScheduleSpec = isBlackedOut
          ? { ...when, blackout: [{ from: '2026-07-01', to: '2026-07-02' }] }
          : when;
        const rule = compiledOrRefused(spec);
        if (rule === undefined) return;
        compiled += 1;
        expect(JSON.stringify(roundTrip(spec))).toBe(JSON.stringify(rule));
      }),
      { numRuns: 3_000 },
    );
    expect(compiled).toBeGreaterThan(300);
  });
});

function roundTrip(spec: ScheduleSpec) {
  return compileRule(specOf(compileRule(spec, { id: ID })), { id: ID });
}

function compiledOrRefused(spec: ScheduleSpec) {
  try {
    return compileRule(spec, { id: ID });
  } catch {
    return undefined;
  }
}
