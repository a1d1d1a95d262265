import { describe, expect, test } from 'vitest';
import { compileJob } from '../../../src/core/compile_job.ts';
import type { JobSpec } from '../../../src/core/job.ts';
import type { LINT_RULES, LintFinding } from '../../../src/core/lint/finding.ts';
import { lintJobs, type LintQuestion } from '../../../src/core/lint/lint.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';

const NOW = Date.parse('2026-11-23T09:00:30Z');

function lint(specs: Record<string, Partial<JobSpec>>, over: Partial<LintQuestion> = {}): LintFinding[] {
  const jobs = Object.entries(specs).map(([name, spec]) =>
    compileJob(name, { run: () => null, timeout: '1m', ...spec }),
  );
  return lintJobs({ jobs, budget: undefined, owner: 'optional', timingOf: compileTiming, ...over }, NOW);
}

const rulesOf = (findings: LintFinding[]): string[] => findings.map(({ rule }) => rule);
const one = (spec: Partial<JobSpec>): string[] => rulesOf(lint({ job: spec }));

test('a job that is all right has no finding', () => {
  expect(lint({ job: { owner: 'a@example.com', schedule: { cron: '5 9 * * *', timezone: 'Europe/Berlin' } } })).toEqual(
    [],
  );
  expect(lint({ job: {} })).toEqual([]);
});

describe('keys of limits', () => {
  const limits = [{ key: 'partner:{partner}', rate: '100/1m' }];
  test('should have one limit', () => {
    const findings = lint({ poll: { limits }, push: { limits: [{ key: 'partner:{partner}', rate: '50/1m' }] } });
    expect(rulesOf(findings)).toEqual(['shared-limit-differs']);
    expect(findings[0]).toMatchObject({ job: 'push', field: 'limits' });
    expect(findings[0]?.says).toContain('50 per 1m here and 100 per 1m in poll');
    expect(lint({ poll: { limits }, push: { limits } })).toEqual([]);
    expect(lint({ poll: { limits }, push: { fairness: { key: 'partner:{partner}', weight: 2 } } })).toEqual([]);
  });

  test('are counted by each shard by itself, which is told where something is counted', () => {
    const spread = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`job${String(i)}`, { limits }]));
    expect(rulesOf(lint(spread, { shards: 8 }))).toEqual(['shared-key-spans-shards']);
    expect(lint(spread, { shards: 1 })).toEqual([]);
    const fair = Object.fromEntries(Object.keys(spread).map((name) => [name, { fairness: 'partner:{partner}' }]));
    expect(lint(fair, { shards: 8 })).toEqual([]);
  });

  test('should differ between runs where they take turns', () => {
    expect(lint({ job: { fairness: 'tenant' } })).toMatchObject([
      { rule: 'same-fairness-key', job: 'job', field: 'fairness', says: expect.stringContaining('tenant') as unknown },
    ]);
    expect(one({ fairness: 'tenant:{tenant}' })).toEqual([]);
    expect(one({ fairness: { key: 'mail', weight: 3 } })).toEqual([]);
    expect(one({ ordered: 'one-by-one' })).toEqual([]);
  });
});

describe('rules about one schedule', () => {
  test.each<[rule: keyof typeof LINT_RULES, JobSpec['schedule'], says: string]>([
    ['both-day-fields', { cron: '0 9 1 * MON' }, '"0 9 1 * MON" fires on days that match either'],
    ['never-fires', { at: '2020-01-01T00:00:00Z' }, 'no fire time to come'],
    ['never-fires', { cron: '0 9 * * *', end: '2026-01-01T00:00:00Z' }, 'no fire time to come'],
    [
      'clock-change',
      { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
      '2027-03-28 02:00→03:00 gap: 02:30 fires at 03:00',
    ],
    [
      'clock-change',
      { every: '30m', between: '02:00-02:59', timezone: 'America/New_York' },
      '2027-03-14 02:00→03:00 gap: fires at 03:00; 2027-11-07 02:00→01:00 overlap: fires at 02:00',
    ],
    [
      'clock-change',
      { repeat: 'R/2026-11-01T02:30:00/P1D', timezone: 'Europe/Berlin' },
      '2027-03-28 02:00→03:00 gap: fires at 03:',
    ],
    ['never-fires', { cron: '0 2 * * *', blackout: [{ cron: '0 2 * * *', for: '2h' }] }, 'lies in a blackout'],
    [
      'never-fires',
      { at: '2026-12-25T09:00:00Z', blackout: [{ from: '2026-12-24T00:00:00Z', to: '2027-01-02T00:00:00Z' }] },
      'until 2026-12-25 lies in a blackout',
    ],
    ['dense-catch-up', { every: '10s', catchUp: 'all' }, 'catch up on 8640 fire times'],
    ['dense-catch-up', { every: '10s', catchUp: { max: 2_000 } }, 'catch up on 2000 fire times'],
    ['deadline-below-delay', { cron: '5 * * * *', startDeadline: '10s', jitter: '20s' }, '10s is shorter than jitter'],
    ['deadline-below-delay', { cron: '5 * * * *', startDeadline: '1m', window: '5m' }, '1m is shorter than jitter'],
  ])('%s is found in %j', (rule, schedule, says) => {
    const findings = lint({ job: { schedule: schedule as NonNullable<JobSpec['schedule']> } });
    expect(rulesOf(findings)).toEqual([rule]);
    expect(findings[0]).toMatchObject({ level: 'warning', job: 'job' });
    expect(findings[0]?.says).toContain(says);
    expect(findings[0]?.hint).not.toBe('');
  });

  test.each<[why: string, JobSpec['schedule']]>([
    ['both day fields that must both match', { cron: '0 9 1 * MON', dst: 'cronos' }],
    ['a day field that is open', { cron: '0 9 1 * *' }],
    ['a clock change at another hour', { cron: '30 5 * * *', timezone: 'Europe/Berlin' }],
    ['a clock change in a schedule of each hour', { cron: '30 * * * *', timezone: 'Europe/Berlin' }],
    ['a blackout that leaves times', { cron: '0 2 * * *', blackout: [{ cron: '0 2 * * SUN', for: '2h' }] }],
    [
      'a blackout of years',
      { cron: '* * * * *', blackout: [{ from: '2026-01-01T00:00:00Z', to: '2036-01-01T00:00:00Z' }] },
    ],
    ['a change of the clock far from a window', { every: '30m', between: '09:00-17:00', timezone: 'Europe/Berlin' }],
    ['a change of the clock in a dense window', { every: '10m', between: '00:00-23:59', timezone: 'Europe/Berlin' }],
    ['a zone without changes', { cron: '30 2 * * *', timezone: 'Asia/Kolkata' }],
    ['a catch-up on few', { cron: '0 * * * *', catchUp: 'all' }],
    ['a catch-up that is bounded', { every: '10s', catchUp: { max: 100 } }],
    ['a deadline above the jitter', { cron: '5 * * * *', startDeadline: '5m', jitter: '20s' }],
    ['a schedule that fires at each deployment', { cron: '@reboot' }],
  ])('%s is fine', (_, schedule) => {
    expect(one({ schedule: schedule as NonNullable<JobSpec['schedule']> })).toEqual([]);
  });

  test.each([
    ['skip', ['missing-timeout']],
    ['buffer-one', ['missing-timeout']],
    ['buffer-all', ['missing-timeout']],
    ['allow', []],
    ['terminate', []],
  ] as const)('a missing timeout under overlap %s: %j', (overlap, expected) => {
    expect(rulesOf(lint({ job: { schedule: { cron: '5 * * * *', overlap }, timeout: 0 } }))).toEqual(expected);
  });

  test('a calendar that is not in the folder is a warning, for Redis may hold it', () => {
    const [finding, ...more] = lint({ job: { schedule: { cron: '5 9 * * *', except: 'holidays' } } });
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ rule: 'unplannable-schedule', level: 'warning' });
    expect(finding?.says).toContain('"holidays"');
    const known = lint(
      { job: { schedule: { cron: '5 9 * * *', except: 'holidays' } } },
      { timingOf: (rule, seed) => compileTiming(rule, seed, () => ({ d: ['2026-12-25'] })) },
    );
    expect(known).toEqual([]);
  });

  test('an owner is asked for where one is required, of jobs without a schedule too', () => {
    const findings = lint({ a: { owner: 'a@example.com' }, b: {}, c: { owner: ' ' } }, { owner: 'required' });
    expect(findings.map(({ rule, job }) => [rule, job])).toEqual([
      ['missing-owner', 'b'],
      ['missing-owner', 'c'],
    ]);
  });
});

describe('the budget of a minute', () => {
  const budget = (specs: Record<string, Partial<JobSpec>>, most: number): LintFinding[] =>
    lint(specs, { budget: most }).filter(({ rule }) => rule === 'minute-over-budget');

  test('names the minute, its fires and its jobs, and what each of them could write instead', () => {
    const [finding, ...more] = budget(
      {
        report: { schedule: { cron: '0 9 * * *' } },
        sync: { schedule: { cron: '0,30 * * * *' } },
        sweep: { schedule: { every: '1h' } },
        spread: { schedule: { cron: 'H * * * *' } },
        minutely: { schedule: { cron: '* * * * *' } },
      },
      3,
    );
    expect(more).toEqual([]);
    expect(finding?.says).toBe(
      '4 fires in the minute 2026-11-23T09:00Z, budget 3: minutely, report, sweep, sync; 6 more minutes of the week with the same jobs',
    );
    expect(finding?.proposals).toEqual([
      { job: 'report', cron: 'H 9 * * *', window: '15m' },
      { job: 'sweep', cron: undefined, window: '15m' },
      { job: 'sync', cron: 'H/30 * * * *', window: '5m' },
    ]);
    expect(finding?.hint).toBe(
      "report: write H 9 * * * or add window: '15m'; sweep: add window: '15m'; sync: write H/30 * * * * or add window: '5m'",
    );
  });

  test('is kept by a window, which spreads its fires', () => {
    const jobs = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`j${String(i)}`, { schedule: { cron: '0 * * * *' } }]),
    );
    expect(budget(jobs, 10)).toHaveLength(1);
    const spread = Object.fromEntries(
      Object.keys(jobs).map((name) => [name, { schedule: { cron: '0 * * * *', window: '15m' } }]),
    );
    expect(budget(spread, 10)).toEqual([]);
  });

  test('counts a minute with exactly as many fires as it allows as kept', () => {
    expect(budget({ a: { schedule: { cron: '0 9 * * *' } }, b: { schedule: { cron: '0 9 * * *' } } }, 2)).toEqual([]);
    expect(budget({ a: { schedule: { cron: '0 9 * * *' } }, b: { schedule: { cron: '0 9 * * *' } } }, 1)).toHaveLength(
      1,
    );
  });

  test('says so where nothing can be spread', () => {
    const [finding] = budget({ a: { schedule: { every: '10s' } } }, 5);
    expect(finding?.proposals).toEqual([]);
    expect(finding?.hint).toContain('raise the budget');
  });

  test.each([
    ['*/5 * * * *', 'H/5 * * * *'],
    ['0/15 * * * *', 'H/15 * * * *'],
    ['10,25,40,55 * * * *', 'H/15 * * * *'],
    ['@daily', 'H 0 * * *'],
    ['0 0 9 * * *', '0 H 9 * * *'],
    ['0,10,15 9 * * *', undefined],
  ])('proposes for %s the text %s', (cron, expected) => {
    const [finding] = budget({ a: { schedule: { cron } }, b: { schedule: { cron } } }, 1);
    expect(finding?.proposals?.[0]?.cron).toBe(expected);
  });
});
