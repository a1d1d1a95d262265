import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { recordOf } from '../../src/core/job_record.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import type { Fleet, WatchedJob } from '../../src/telemetry/fleet.ts';
import { createJobGauges } from '../../src/telemetry/job_gauges.ts';
import { job } from '../support/engine.ts';

function watched(name: string, rule: ScheduleRule | undefined, more: Partial<WatchedJob> = {}): WatchedJob {
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
    nextDue: undefined,
    quarantined: undefined,
    pause: undefined,
    blocked: undefined,
    lagMs: 0,
    ...more,
  };
}

test('the gauges of jobs say who is paused, and when each fires in words', async () => {
  const registry = new Registry();
  const gauges = createJobGauges(registry);
  const jobs = [
    watched('report', { c: '0 9 * * MON-FRI', z: 'Europe/Berlin' }),
    watched('poll', { e: 90_000 }, { pause: { at: 5, by: 'ada', note: 'not now' } }),
    watched('mail', undefined),
  ];
  gauges.show({ overview: {} as Fleet['overview'], jobs });
  const text = await registry.metrics();
  expect(text).toContain('belfry_job_paused{job_name="report"} 0\n');
  expect(text).toContain('belfry_job_paused{job_name="poll"} 1\n');
  expect(text).toContain(
    'belfry_job_info{job_name="report",queue="default",owner="a@example.com",schedule="At 09:00, Monday through Friday, Europe/Berlin time",timezone="Europe/Berlin"} 1\n',
  );
  expect(text).toMatch(/belfry_job_info\{job_name="poll",.*schedule="Every 1m 30s"/i);
  expect(text).toContain('job_name="mail",queue="default",owner="a@example.com",schedule="",timezone=""} 1\n');
  gauges.clear();
  expect(await registry.metrics()).not.toContain('job_name="poll"');
});
