import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BelfryError } from '../../../src/core/errors.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import type { Timing } from '../../../src/core/time/timing.ts';
import { cronCase, timeField } from './cron_arbitrary.ts';
import { bruteForce, readWindow } from './wall_clock_model.ts';
import type { Window } from './wall_clock_model.ts';

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
  test.each([...CHANGES_OF_THE_CLOCK, ...QUIET_WINDOWS])(
    'across $what: $zone from $from',
    ({ zone, from, to, stepS }) => {
      const readings = readWindow({ zone, from, to, stepS });
      expectSameAnswers(cronCase(), { zone, from, to, numRuns: 60 }, (cron) => bruteForce(cron, readings, stepS));
    },
  );
});

test.each(CHANGES_OF_THE_CLOCK)('the window for $what has one', (where) => {
  const steps = readWindow(where).map(
    ({ local }, index, all) => local - (all[index - 1]?.local ?? local - where.stepS),
  );
  expect(steps.some((step) => step !== where.stepS)).toBe(true);
});

describe('walking finds what asking each second finds', () => {
  const seconds = timeField({ min: 0, max: 59 });
  test.each([
    { zone: 'America/New_York', from: '2026-03-08T05:30:00Z', to: '2026-03-08T08:00:00Z' },
    { zone: 'America/New_York', from: '2026-11-01T04:30:00Z', to: '2026-11-01T07:30:00Z' },
    { zone: 'Africa/Monrovia', from: '1972-01-06T23:00:00Z', to: '1972-01-07T02:00:00Z' },
  ])('$zone from $from', ({ zone, from, to }) => {
    const readings = readWindow({ zone, from, to, stepS: 1 });
    expectSameAnswers(cronCase(seconds), { zone, from, to, numRuns: 25 }, (cron) => bruteForce(cron, readings, 1));
  });
});

/** More than any window holds, so that a walk that stands still fails instead of hanging. */
const MOST_TIMES = 20_000;

type Range = { zone: string; from: string; to: string; numRuns: number };
type Case = ReturnType<typeof cronCase> extends fc.Arbitrary<infer Value> ? Value : never;

function expectSameAnswers(cases: fc.Arbitrary<Case>, range: Range, model: (cron: Case) => number[]): void {
  const property = fc.property(cases, (cron) => {
    const timing = compileUnlessImpossible(cron.text, range.zone);
    fc.pre(timing !== undefined);
    const expected = model(cron);
    expect(walkForward(timing, range), cron.text).toEqual(expected);
    expect(walkBackward(timing, range), cron.text).toEqual(expected);
  });
  fc.assert(property, { numRuns: range.numRuns, maxSkipsPerRun: 1_000 });
}

function compileUnlessImpossible(text: string, zone: string): Timing | undefined {
  try {
    return compileTiming({ c: text, z: zone }, 'seed');
  } catch (error) {
    if (error instanceof BelfryError && error.message.includes('no year has a date')) return undefined;
    throw error;
  }
}

function walkForward(timing: Timing, { from, to }: Range): number[] {
  const times: number[] = [];
  let at = timing.next(Date.parse(from) - 1);
  while (at !== undefined && at < Date.parse(to) && times.length < MOST_TIMES) {
    times.push(at);
    at = timing.next(at);
  }
  return times;
}

function walkBackward(timing: Timing, { from, to }: Range): number[] {
  const times: number[] = [];
  let at = timing.previous(Date.parse(to));
  while (at !== undefined && at >= Date.parse(from) && times.length < MOST_TIMES) {
    times.unshift(at);
    at = timing.previous(at);
  }
  return times;
}
