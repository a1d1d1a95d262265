import { expect, test } from 'vitest';
import type { JobState } from '../../src/client/job_states.ts';
import { recordOf } from '../../src/core/job_record.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { createFamilies } from '../../src/telemetry/exposition/families.ts';
import type { Fleet } from '../../src/telemetry/fleet.ts';
import { createJobGauges } from '../../src/telemetry/job_gauges.ts';
import { job } from '../support/engine.ts';

const clock = { now: () => 0, monotonic: () => 0 };

function state(name: string, rule: ScheduleRule | undefined, more: Partial<JobState> = {}): JobState {
  return {
    record: recordOf(job(name, { owner: 'a@example.com' })),
    rule,
    stats: {
      registeredAt: 1_000,
      lastStart: undefined,
      lastSuccess: undefined,
      lastFailure: undefined,
      consecutiveFailures: 0,
    },
    nextFireTime: undefined,
    intervalMs: undefined,
    isPaused: false,
    isQuarantined: false,
    lagMs: 0,
    ...more,
  };
}

function shown(jobs: JobState[], cap = 100): { text: () => string; clear: () => void } {
  const families = createFamilies(clock, { job_name: cap });
  const gauges = createJobGauges(families);
  gauges.show({ overview: {} as Fleet['overview'], redis: [], jobs });
  return { text: () => Buffer.concat(families.write('text')).toString(), clear: gauges.clear };
}

test('the gauges of jobs say who is paused, and when each fires in words', () => {
  const jobs = [
    state('report', { c: '0 9 * * MON-FRI', z: 'Europe/Berlin' }),
    state('poll', { e: 90_000 }, { isPaused: true }),
    state('mail', undefined),
  ];
  const { text: write, clear } = shown(jobs);
  const text = write();
  expect(text).toContain('belfry_job_paused{job_name="report"} 0\n');
  expect(text).toContain('belfry_job_paused{job_name="poll"} 1\n');
  expect(text).toContain(
    'belfry_job_info{job_name="report",queue="default",owner="a@example.com",schedule="At 09:00, Monday through Friday, Europe/Berlin time",timezone="Europe/Berlin"} 1\n',
  );
  expect(text).toMatch(/belfry_job_info\{job_name="poll",.*schedule="Every 1m 30s"/i);
  expect(text).toContain('job_name="mail",queue="default",owner="a@example.com",schedule="",timezone=""} 1\n');
  clear();
  expect(write()).not.toContain('job_name="poll"');
});

test('what a job promises is told as a number that it can be judged by', () => {
  const slo = { lag: '90s', failures: 7, success: 0.999, duration: '10m' };
  const promising = recordOf(job('promises', { slo }));
  const timed = recordOf(job('timed', { timeout: '2m' }));
  const text = shown([
    state('promises', undefined, { record: promising, stats: { ...state('x', undefined).stats, registeredAt: 5_500 } }),
    state('timed', undefined, { record: timed }),
    state('plain', { e: 60_000 }, { nextFireTime: 120_000, intervalMs: 60_000 }),
  ]).text();
  expect(text).toContain('belfry_job_lag_threshold_seconds{job_name="promises"} 90\n');
  expect(text).toContain('belfry_job_failures_threshold{job_name="promises"} 7\n');
  expect(text).toContain('belfry_job_failures_threshold{job_name="plain"} 3\n');
  expect(text).toContain('belfry_job_success_objective_ratio{job_name="promises"} 0.999\n');
  expect(text).not.toContain('belfry_job_success_objective_ratio{job_name="plain"}');
  expect(text).toContain('belfry_job_duration_threshold_seconds{job_name="promises"} 600\n');
  expect(text).toContain('belfry_job_duration_threshold_seconds{job_name="timed"} 120\n');
  expect(text).not.toContain('belfry_job_duration_threshold_seconds{job_name="plain"}');
  expect(text).toContain('belfry_job_registered_timestamp_seconds{job_name="promises"} 5.5\n');
  expect(text).toContain('belfry_job_last_success_timestamp_seconds{job_name="promises"} 5.5\n');
  expect(text).toContain('belfry_job_interval_seconds{job_name="plain"} 60\n');
  expect(text).not.toContain('belfry_job_interval_seconds{job_name="timed"}');
});

test('jobs beyond the cap have no gauges of their own', () => {
  const text = shown([state('a', undefined), state('b', undefined), state('c', undefined)], 2).text();
  expect([...text.matchAll(/^belfry_job_paused\{(.*)\}/gm)].map(([, labels]) => labels)).toEqual([
    'job_name="a"',
    'job_name="b"',
  ]);
});

test('a scrape shows what changed since the last one, and no line of a job that went', () => {
  const families = createFamilies(clock, { job_name: 100 });
  const gauges = createJobGauges(families);
  const show = (jobs: JobState[]): string => {
    gauges.show({ overview: {} as Fleet['overview'], redis: [], jobs });
    return Buffer.concat(families.write('text')).toString();
  };
  const [a, b, c] = ['a', 'b', 'c'].map((name) => state(name, { e: 60_000 }, { nextFireTime: 60_000 })) as [
    JobState,
    JobState,
    JobState,
  ];
  const first = show([a, b, c]);
  expect(show([a, b, c])).toBe(first);
  const late = { ...b, lagMs: 2_500, nextFireTime: undefined, isPaused: true };
  const second = show([a, late, c]);
  expect(second).toContain('belfry_job_lag_seconds{job_name="b"} 2.5\n');
  expect(second).toContain('belfry_job_paused{job_name="b"} 1\n');
  expect(second).toContain('belfry_job_next_run_timestamp_seconds{job_name="c"} 60\n');
  expect(second).not.toContain('belfry_job_next_run_timestamp_seconds{job_name="b"}');
  expect(show([a, b, c])).toBe(first);
  expect(show([a, c])).not.toContain('job_name="b"');
  expect(show([a, b, c])).toBe(first);
  gauges.clear();
  expect(Buffer.concat(families.write('text')).toString()).not.toContain('job_name=');
  expect(show([a, b, c])).toBe(first);
});
