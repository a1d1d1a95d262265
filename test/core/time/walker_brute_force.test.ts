import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextTransitions } from '../../../src/core/time/transitions.ts';
import { openZone } from '../../../src/core/time/zone.ts';
import { compileUnlessImpossible } from './compiled.ts';
import { cronCase, timeField } from './cron_arbitrary.ts';
import type { CronCase } from './cron_arbitrary.ts';
import { walk } from './timing_laws.ts';
import { POLICIES, bruteForce, hasChange, modelRule, recordWindow } from './wall_clock_model.ts';
import type { ClockRecord, Window } from './wall_clock_model.ts';

const CHANGES_OF_THE_CLOCK: readonly (Window & { what: string })[] = [
  window('a gap of an hour', 'America/New_York', '2026-03-06', '2026-03-10'),
  window('an overlap of an hour', 'America/New_York', '2026-10-30', '2026-11-03'),
  window('a gap just after midnight UTC', 'Europe/London', '2026-03-27', '2026-03-31'),
  window('a gap at midnight', 'America/Sao_Paulo', '2018-11-03', '2018-11-06'),
  window('an overlap into the day before', 'America/Sao_Paulo', '2018-02-17', '2018-02-20'),
  window('a gap at midnight at the end of a week', 'Africa/Cairo', '2024-04-24', '2024-04-28'),
  window('a gap at midnight of a month', 'Asia/Beirut', '2025-03-28', '2025-04-01'),
  window('the start of Ramadan', 'Africa/Casablanca', '2025-02-21', '2025-02-25'),
  window('the end of Ramadan', 'Africa/Casablanca', '2025-04-04', '2025-04-08'),
  window('a gap of half an hour', 'Australia/Lord_Howe', '2026-10-02', '2026-10-06'),
  window('an overlap of half an hour', 'Australia/Lord_Howe', '2026-04-03', '2026-04-07'),
  window('a gap of two hours', 'Antarctica/Troll', '2026-03-28', '2026-03-31'),
  window('an overlap of two hours', 'Antarctica/Troll', '2026-10-24', '2026-10-27'),
  window('a skipped day', 'Pacific/Apia', '2011-12-28', '2012-01-02'),
  window('another skipped day', 'Pacific/Kwajalein', '1993-08-19', '1993-08-24'),
  window('an overlap of seven hours', 'Antarctica/Vostok', '1994-01-30', '1994-02-03'),
  window('a gap of a quarter of an hour', 'Asia/Kathmandu', '1985-12-30', '1986-01-02'),
  window('two changes in a week', 'America/Noronha', '2000-10-06', '2000-10-17'),
  window('the years to come', 'America/New_York', '2189-03-06', '2189-03-10'),
];

const QUIET_WINDOWS: readonly (Window & { what: string })[] = [
  window('a leap day and a month end', 'Asia/Kolkata', '2028-02-27', '2028-03-02'),
  window('the end of a year', 'UTC', '2026-12-29', '2027-01-03'),
];

function window(what: string, zone: string, from: string, to: string): Window & { what: string } {
  return { what, zone, from: `${from}T00:00:00Z`, to: `${to}T00:00:00Z`, stepS: 60 };
}

describe('walking finds what asking each minute finds', () => {
  test.each([...CHANGES_OF_THE_CLOCK, ...QUIET_WINDOWS])('across $what: $zone from $from', (where) => {
    expectSameAnswers(cronCase(), { ...where, record: recordWindow(where), numRuns: 120 });
  });
});

test.each(CHANGES_OF_THE_CLOCK)('the window for $what has one', (where) => {
  expect(hasChange(recordWindow(where))).toBe(true);
});

describe('walking finds what asking each second finds', () => {
  const seconds = timeField({ min: 0, max: 59 });
  test.each([
    { zone: 'America/New_York', from: '2026-03-08T05:30:00Z', to: '2026-03-08T08:00:00Z' },
    { zone: 'America/New_York', from: '2026-11-01T04:30:00Z', to: '2026-11-01T07:30:00Z' },
    { zone: 'Africa/Monrovia', from: '1972-01-06T23:00:00Z', to: '1972-01-07T02:00:00Z' },
  ])('$zone from $from', ({ zone, from, to }) => {
    const record = recordWindow({ zone, from, to, stepS: 1 });
    expectSameAnswers(cronCase(seconds), { zone, record, numRuns: 25 });
  });
});

/** A sixth of the zones at a time: six tests, so that a slow machine does not run into the limit of one. */
describe.each([0, 1, 2, 3, 4, 5])('in each zone of the world, at a change of its clock: part %i of 6', (part) => {
  const zones = Intl.supportedValuesOf('timeZone').filter((_, index) => index % 6 === part);
  test('walking finds what asking each minute finds', () => {
    for (const zone of zones) {
      const [hour = 0] = fc.sample(fc.noBias(fc.integer({ min: 8_800, max: 600_000 })), 1);
      const change = nextTransitions(openZone(zone), hour * 3_600_000, 1)[0]?.at ?? hour * 3_600_000;
      const iso = (at: number): string => new Date(at).toISOString();
      // Monrovia was 44 minutes and 30 seconds behind until 1972.
      const stepS = change < Date.UTC(1972, 0, 8) && zone === 'Africa/Monrovia' ? 30 : 60;
      const [from, to] = [iso(change - 4 * 3_600_000), iso(change + 4 * 3_600_000)];
      const record = recordWindow({ zone, from, to, stepS });
      expectSameAnswers(cronCase(), { zone, record, numRuns: 6 });
    }
  });
});

/** More than any window holds, so that a walk that stands still fails instead of hanging. */
const MOST_TIMES = 20_000;

type Trial = { zone: string; record: ClockRecord; numRuns: number };

function expectSameAnswers(cases: fc.Arbitrary<CronCase>, { zone, record, numRuns }: Trial): void {
  const property = fc.property(cases, fc.constantFrom(...POLICIES), (cron, policy) => {
    const timing = compileUnlessImpossible({ c: cron.text, z: zone, t: policy });
    const expected = bruteForce(cron, modelRule(policy, cron), record);
    const { from, to } = record;
    const forwards = walk(timing.next, from - 1, { count: MOST_TIMES, isInside: (at) => at < to });
    const backwards = walk(timing.previous, to, { count: MOST_TIMES, isInside: (at) => at >= from });
    const about = `${cron.text} in ${zone}, ${policy}, from ${new Date(from).toISOString()}`;
    expect(forwards, about).toEqual(expected);
    expect(backwards.toReversed(), about).toEqual(expected);
  });
  fc.assert(property, { numRuns, maxSkipsPerRun: 1_000 });
}
