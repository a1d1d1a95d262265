import * as unit from '@grafana/grafana-foundation-sdk/units';
import { line, type DashboardSpec } from './dashboard.ts';
import { heatMap } from './heat_map.ts';
import { bars, LIMIT_LINE, lines, OUTCOME_COLOURS, stack } from './lines.ts';
import { PAGES, UIDS } from './links.ts';
import { goodBelow, PLAIN, warnFrom } from './panel.ts';
import { age, heat, perMinute, perSecond, quantile, share, whole } from './promql.ts';
import { buckets, latest, rows, series, traced } from './query.ts';
import { stat } from './stat.ts';
import { table } from './table.ts';
import { meanings } from './timeline.ts';

const CHOSEN = '{job_name=~"$job_name"}';
const gauge = (name: string): string => whole(`belfry_job_${name}${CHOSEN}`, 'job_name');
const moment = (name: string): string => `1000 * ${gauge(`${name}_timestamp_seconds`)}`;

const WHEN = { unit: unit.DateTimeFromNow, width: 4, steps: PLAIN, noValue: 'never' };
const PAUSED = meanings({ 0: { text: 'no', color: 'green' }, 1: { text: 'paused', color: 'orange' } });

const facts = line(
  6,
  table({
    title: 'What it is',
    description: 'From the job file: where the job runs, when it fires and who owns it.',
    unit: unit.NoUnit,
    width: 24,
    key: 'job_name',
    queries: [
      rows(`max by (job_name, queue, owner, schedule, timezone) (belfry_job_info${CHOSEN})`),
      rows(gauge('lag_threshold_seconds')),
      rows(gauge('duration_threshold_seconds')),
      rows(gauge('interval_seconds')),
    ],
    columns: [
      { from: 'job_name', title: 'Job', url: PAGES.job('${__value.text}') },
      { from: 'schedule', title: 'Fires' },
      { from: 'timezone', title: 'Zone', width: 140 },
      { from: 'queue', title: 'Queue', width: 140 },
      { from: 'owner', title: 'Owner' },
      { from: { query: 1 }, title: 'Lag limit', unit: unit.Seconds, width: 110 },
      { from: { query: 2 }, title: 'Longest run allowed', unit: unit.Seconds, width: 160 },
      { from: { query: 3 }, title: 'Distance of fire times', unit: unit.Seconds, width: 170 },
    ],
  }),
);

const moments = line(
  4,
  stat({
    ...WHEN,
    title: 'Next fire time',
    description: 'When it fires next. Past: the scheduler does not move on.',
    queries: [latest(moment('next_run'), '{{job_name}}')],
  }),
  stat({
    ...WHEN,
    title: 'Last success',
    description: 'The last run that ended well; the registration of the job where none has yet.',
    alerts: ['BelfryJobNeverSucceeded'],
    queries: [latest(moment('last_success'), '{{job_name}}')],
  }),
  stat({
    ...WHEN,
    title: 'Last failure',
    description: 'The last attempt that failed.',
    queries: [latest(moment('last_failure'), '{{job_name}}')],
  }),
  stat({
    title: 'Failures in a row',
    description:
      'Failed attempts since the last success. From slo.failures on (3 where it is not set) it counts as failing.',
    unit: unit.NoUnit,
    width: 4,
    steps: warnFrom(1, 3),
    queries: [latest(gauge('consecutive_failures'), '{{job_name}}')],
  }),
  stat({
    title: 'Paused',
    description: "Whether the job's own schedule is paused.",
    unit: unit.NoUnit,
    width: 4,
    mappings: PAUSED,
    steps: goodBelow(1),
    queries: [latest(gauge('paused'), '{{job_name}}')],
  }),
  stat({
    title: 'Runs for',
    description: 'How long the oldest attempt that runs now has been running.',
    unit: unit.Seconds,
    width: 4,
    noValue: 'does not run',
    steps: PLAIN,
    queries: [
      latest(`time() - min by (job_name) (belfry_job_oldest_running_start_timestamp_seconds${CHOSEN})`, '{{job_name}}'),
    ],
  }),
);

const onTime = line(
  9,
  lines({
    title: 'Lag against its limit',
    description:
      'Since the oldest fire time that is due and has not started. The dashed line is slo.lag of the job file.',
    unit: unit.Seconds,
    width: 8,
    alerts: ['BelfryJobLate'],
    patterns: { '/limit$/': LIMIT_LINE },
    queries: [
      series(gauge('lag_seconds'), '{{job_name}}'),
      series(gauge('lag_threshold_seconds'), '{{job_name}} limit'),
    ],
  }),
  lines({
    title: 'Delay of starts',
    description:
      'From the fire time to the start of the first attempt. Catch-ups and backfills are left out. Dots lead to traces.',
    unit: unit.Seconds,
    width: 8,
    queries: [
      series(quantile(0.5, `belfry_schedule_delay_seconds${CHOSEN}`, 'job_name'), '{{job_name}} p50'),
      series(quantile(0.9, `belfry_schedule_delay_seconds${CHOSEN}`, 'job_name'), '{{job_name}} p90'),
      traced(series(quantile(0.99, `belfry_schedule_delay_seconds${CHOSEN}`, 'job_name'), '{{job_name}} p99')),
    ],
  }),
  heatMap({
    title: 'Delay of starts, all runs',
    description: 'The same as a heat map: a few late runs show as a thin band at the top.',
    unit: unit.Seconds,
    width: 8,
    queries: [buckets(heat(`belfry_schedule_delay_seconds${CHOSEN}`))],
  }),
);

const outcomes = line(
  9,
  stack({
    title: 'Runs by outcome',
    description: 'Runs that ended, per minute.',
    unit: unit.OpsPerMinute,
    width: 8,
    fields: OUTCOME_COLOURS,
    queries: [series(perMinute(`belfry_runs_total${CHOSEN}`, 'outcome'), '{{outcome}}')],
  }),
  lines({
    title: 'Duration',
    description: 'Of the attempts that ended a run. The dashed line is slo.duration, or the timeout, of the job file.',
    unit: unit.Seconds,
    width: 8,
    alerts: ['BelfryJobStuck'],
    patterns: { '/limit$/': LIMIT_LINE },
    queries: [
      series(quantile(0.5, `belfry_run_duration_seconds${CHOSEN}`, 'job_name'), '{{job_name}} p50'),
      traced(series(quantile(0.99, `belfry_run_duration_seconds${CHOSEN}`, 'job_name'), '{{job_name}} p99')),
      series(gauge('duration_threshold_seconds'), '{{job_name}} limit'),
    ],
  }),
  bars({
    title: 'Retries',
    description: 'Attempts that failed or crashed and are followed by another one.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [series(perMinute(`belfry_retries_total${CHOSEN}`, 'job_name'), '{{job_name}}')],
  }),
);

const objective = line(
  8,
  lines({
    title: 'Success against its objective',
    description: 'Part of the runs that ended well. The dashed line is slo.success of the job file, where it is set.',
    unit: unit.PercentUnit,
    width: 12,
    max: 1,
    alerts: ['BelfryErrorBudgetBurn'],
    patterns: { '/objective$/': LIMIT_LINE },
    queries: [
      series(
        share(
          perSecond('belfry_runs_total{job_name=~"$job_name", outcome="succeeded"}', 'job_name'),
          perSecond('belfry_runs_total{job_name=~"$job_name", outcome!="cancelled"}', 'job_name'),
        ),
        '{{job_name}}',
      ),
      series(gauge('success_objective_ratio'), '{{job_name}} objective'),
    ],
  }),
  lines({
    title: 'Failures in a row',
    description: 'Failed attempts since the last success. The dashed line is slo.failures of the job file.',
    unit: unit.NoUnit,
    width: 12,
    alerts: ['BelfryJobFailing'],
    patterns: { '/limit$/': LIMIT_LINE },
    queries: [
      series(gauge('consecutive_failures'), '{{job_name}}'),
      series(gauge('failures_threshold'), '{{job_name}} limit'),
    ],
  }),
);

const fireTimes = line(
  8,
  stack({
    title: 'Fire times by verdict',
    description: 'What became of each fire time: every one gets exactly one verdict.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [series(perMinute(`belfry_verdicts_total${CHOSEN}`, 'verdict'), '{{verdict}}')],
  }),
  bars({
    title: 'Fire times without a run',
    description: 'By reason. Only deadline and catch_up are losses; the others were asked for.',
    unit: unit.OpsPerMinute,
    width: 8,
    alerts: ['BelfryJobMissedRun'],
    queries: [series(perMinute(`belfry_missed_runs_total${CHOSEN}`, 'reason'), '{{reason}}')],
  }),
  lines({
    title: 'Since the last start',
    description:
      'Age of the start of the last attempt that has ended. Far above the dashed line, the distance of fire times: it stands still.',
    unit: unit.Seconds,
    width: 8,
    patterns: { '/distance$/': LIMIT_LINE },
    queries: [
      series(age(`belfry_job_last_start_timestamp_seconds${CHOSEN}`, 'job_name'), '{{job_name}}'),
      series(gauge('interval_seconds'), '{{job_name}} distance'),
    ],
  }),
);

/** Everything about the chosen jobs. */
export const JOB: DashboardSpec = {
  uid: UIDS.job,
  title: 'Belfry / Job',
  description: 'When does this job fire, is it on time, does it succeed, and how long does it take?',
  choices: [{ name: 'job_name', label: 'Job', metric: 'belfry_job_info', start: 'one' }],
  page: PAGES.job('${job_name}'),
  sections: [
    { title: 'The job', lines: [facts, moments] },
    { title: 'On time?', lines: [onTime] },
    { title: 'Runs', lines: [outcomes, objective] },
    { title: 'Fire times', lines: [fireTimes] },
  ],
};
