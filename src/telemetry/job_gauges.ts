import type { JobState } from '../client/job_states.ts';
import { DEFAULT_FAILURES } from '../core/slo.ts';
import type { EpochMs } from '../core/time/units.ts';
import { describeRule } from '../core/time/words.ts';
import type { Families } from './exposition/families.ts';
import { OTHER } from './exposition/fold.ts';
import { labelText } from './exposition/labels.ts';
import type { Fleet } from './fleet.ts';

/** Gauges that are written anew for each scrape. */
export type FleetGauges = { show(fleet: Fleet): void; clear(): void };

type JobGauge = { name: string; help: string; value: (job: JobState) => number | undefined };

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
    name: 'belfry_job_interval_seconds',
    help: 'From the next fire time of the job to the one after; no sample where there are not two.',
    value: ({ intervalMs }) => seconds(intervalMs),
  },
  {
    name: 'belfry_job_registered_timestamp_seconds',
    help: 'First registration of the job.',
    value: ({ stats }) => seconds(stats.registeredAt),
  },
  {
    name: 'belfry_job_last_start_timestamp_seconds',
    help: 'Last time that a worker took a run of the job.',
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
    name: 'belfry_job_failures_threshold',
    help: 'Failed attempts in a row until the job counts as failing (slo.failures of its file, else 3).',
    value: ({ record }) => record.slo?.failures ?? DEFAULT_FAILURES,
  },
  {
    name: 'belfry_job_success_objective_ratio',
    help: 'Share of its runs that are to succeed (slo.success of its file); no sample for a job without an objective.',
    value: ({ record }) => record.slo?.success,
  },
  {
    name: 'belfry_job_duration_threshold_seconds',
    help: 'How long an attempt may run (slo.duration of its file, else its timeout); no sample for a job without either.',
    value: ({ record }) => seconds(record.slo?.durationMs ?? (record.policy.timeoutMs || undefined)),
  },
  {
    name: 'belfry_job_paused',
    help: "1 while the job's own schedule is paused.",
    value: ({ isPaused }) => (isPaused ? 1 : 0),
  },
  {
    name: 'belfry_job_quarantined',
    help: '1 while the schedule of the job is taken out because it cannot be planned.',
    value: ({ isQuarantined }) => (isQuarantined ? 1 : 0),
  },
];

/** One sample per job and gauge. Jobs beyond the cap are left out: there is no gauge of many jobs at once. */
export function createJobGauges(families: Families): FleetGauges {
  const gauges = JOB_GAUGES.map(({ name, help, value }) => ({
    gauge: families.keyed({ name, help, labels: ['job_name'] }),
    value,
    shown: new Float64Array(0),
  }));
  const info = families.keyed({
    name: 'belfry_job_info',
    help: 'Always 1; the labels say where the job runs, who owns it and, in words, when it fires.',
    labels: ['job_name', 'queue', 'owner', 'schedule', 'timezone'],
  });
  const fold = families.fold('job_name');
  let labels: JobLabels | undefined;
  let states: readonly JobState[] = [];
  return {
    clear() {
      labels = undefined;
      info.clear();
      for (const { gauge } of gauges) gauge.clear();
    },
    show({ jobs: all }) {
      const jobs = fold === undefined ? all : all.filter(({ record }) => fold.admit(record.name) !== OTHER);
      const before = labels;
      labels = labelsOf(jobs, info.labels, labels);
      const isSame = labels === before;
      if (!isSame) info.showAll(labels.infos, new Float64Array(jobs.length).fill(1));
      const changed = changedOf(jobs, isSame ? states : []);
      for (const each of gauges) {
        const values = isSame ? each.shown.slice() : new Float64Array(jobs.length);
        for (const i of changed) values[i] = each.value(jobs[i] as JobState) ?? NaN;
        each.shown = values;
        each.gauge.showAll(labels.names, values);
      }
      states = jobs;
    },
  };
}

/** Places of the jobs that do not stand as they stood. */
function changedOf(jobs: readonly JobState[], before: readonly JobState[]): number[] {
  const places: number[] = [];
  for (let i = 0; i < jobs.length; i += 1) if (jobs[i] !== before[i]) places.push(i);
  return places;
}

/** Labels of jobs as text, in their order. */
type JobLabels = { records: JobState['record'][]; names: string[]; infos: string[] };

/** The same object while the records are the same objects: describing a rule is slow. */
function labelsOf(jobs: readonly JobState[], names: readonly string[], before: JobLabels | undefined): JobLabels {
  const isSame = before?.records.length === jobs.length && jobs.every(({ record }, i) => before.records[i] === record);
  if (isSame && before !== undefined) return before;
  const known = new Map(before?.records.map((record, i) => [record, before.infos[i] as string]));
  return {
    records: jobs.map(({ record }) => record),
    names: jobs.map(({ record }) => labelText(['job_name'], [record.name])),
    infos: jobs.map((job) => known.get(job.record) ?? infoOf(job, names)),
  };
}

function infoOf({ record, rule }: JobState, names: readonly string[]): string {
  const { name, queue, owner } = record;
  const schedule = rule === undefined ? '' : describeRule(rule, name);
  const timezone = rule === undefined ? '' : (rule.z ?? 'UTC');
  return labelText(names, [name, queue, owner, schedule, timezone]);
}
