import { Gauge, type Registry } from 'prom-client';
import type { EpochMs } from '../core/time/units.ts';
import { describeRule } from '../core/time/words.ts';
import type { Fleet, WatchedJob } from './fleet.ts';

/** Gauges that are written anew for each scrape. */
export type FleetGauges = { show(fleet: Fleet): void; clear(): void };

type JobGauge = { name: string; help: string; value: (job: WatchedJob) => number | undefined };

const seconds = (ms: EpochMs | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

const JOB_GAUGES: readonly JobGauge[] = [
  {
    name: 'belfry_job_lag_seconds',
    help: 'How late a scheduled job is: since its oldest fire time that is due and has not started; 0 for none.',
    value: ({ rule, lagMs }) => (rule === undefined ? undefined : lagMs / 1_000),
  },
  {
    name: 'belfry_job_lag_threshold_seconds',
    help: 'How late the job may be (slo.lag of its file).',
    value: ({ record }) => record.sloLagMs / 1_000,
  },
  {
    name: 'belfry_job_next_run_timestamp_seconds',
    help: 'Next fire time of the job.',
    value: ({ nextFireTime }) => seconds(nextFireTime),
  },
  {
    name: 'belfry_job_last_start_timestamp_seconds',
    help: 'Start of the last attempt that has ended.',
    value: ({ stats }) => seconds(stats.lastStart),
  },
  {
    name: 'belfry_job_last_success_timestamp_seconds',
    help: 'Last success; the registration of the job where it has not succeeded yet.',
    value: ({ stats }) => seconds(stats.lastSuccess ?? stats.registeredAt),
  },
  {
    name: 'belfry_job_last_failure_timestamp_seconds',
    help: 'Last failed attempt.',
    value: ({ stats }) => seconds(stats.lastFailure),
  },
  {
    name: 'belfry_job_consecutive_failures',
    help: 'Failed attempts since the last success.',
    value: ({ stats }) => stats.consecutiveFailures,
  },
  {
    name: 'belfry_job_paused',
    help: "1 while the job's own schedule is paused.",
    value: ({ pause }) => (pause === undefined ? 0 : 1),
  },
  {
    name: 'belfry_job_quarantined',
    help: '1 while the schedule of the job is taken out because it cannot be planned.',
    value: ({ quarantined }) => (quarantined === undefined ? 0 : 1),
  },
];

/** One sample per job and gauge. */
export function createJobGauges(registry: Registry): FleetGauges {
  const gauges = JOB_GAUGES.map(({ name, help, value }) => ({
    gauge: new Gauge({ name, help, labelNames: ['job_name'], registers: [registry] }),
    value,
  }));
  const info = new Gauge({
    name: 'belfry_job_info',
    help: 'Always 1; the labels say where the job runs, who owns it and, in words, when it fires.',
    labelNames: ['job_name', 'queue', 'owner', 'schedule', 'timezone'],
    registers: [registry],
  });
  const clear = (): void => {
    info.reset();
    for (const { gauge } of gauges) gauge.reset();
  };
  return {
    clear,
    show({ jobs }) {
      clear();
      for (const job of jobs) {
        const { name, queue, owner } = job.record;
        info.set({ job_name: name, queue, owner, ...scheduleLabels(job) }, 1);
        for (const { gauge, value } of gauges) {
          const sample = value(job);
          if (sample !== undefined) gauge.set({ job_name: name }, sample);
        }
      }
    },
  };
}

function scheduleLabels({ rule, record }: WatchedJob): { schedule: string; timezone: string } {
  if (rule === undefined) return { schedule: '', timezone: '' };
  return { schedule: describeRule(rule, record.name), timezone: rule.z ?? 'UTC' };
}
