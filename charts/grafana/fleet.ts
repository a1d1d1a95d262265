import * as unit from '@grafana/grafana-foundation-sdk/units';
import { alertList } from './alert_list.ts';
import { line, type DashboardSpec } from './dashboard.ts';
import { heatMap } from './heat_map.ts';
import { bars, lines, linesWithLimit, OUTCOME_COLOURS, stack } from './lines.ts';
import { dashboardWith, PAGES, UIDS } from './links.ts';
import { goodBelow, goodFrom, PLAIN, warnFrom } from './panel.ts';
import { heat, highest, perMinute, perSecond, share, whole } from './promql.ts';
import { buckets, latest, rows, series } from './query.ts';
import { stat } from './stat.ts';
import { table } from './table.ts';

const LAG = whole('belfry_job_lag_seconds', 'job_name');
const LAG_LIMIT = whole('belfry_job_lag_threshold_seconds', 'job_name');
const LATEST_JOBS = `topk(20, ${LAG})`;
const toJob = (name: string): { title: string; url: string } => ({
  title: 'This job',
  url: dashboardWith(UIDS.job, 'job_name', name),
});
const ofLine = '${__field.labels.job_name}';

const now = line(
  4,
  stat({
    title: 'Jobs late',
    description: 'Jobs whose lag is above the limit of their own file (slo.lag) now.',
    unit: unit.NoUnit,
    width: 3,
    steps: goodBelow(1),
    queries: [latest(`sum(${LAG} > bool on (job_name) ${LAG_LIMIT})`)],
  }),
  stat({
    title: 'Worst lag',
    description: 'The longest that a fire time which is due has waited for its start.',
    unit: unit.Seconds,
    width: 3,
    steps: PLAIN,
    queries: [latest(whole('belfry_job_lag_seconds'))],
  }),
  stat({
    title: 'Runs per second',
    description: 'Runs that ended, over all workers.',
    unit: unit.CountsPerSecond,
    width: 3,
    steps: PLAIN,
    queries: [latest(perSecond('belfry_runs_total'))],
  }),
  stat({
    title: 'Succeeded',
    description: 'Part of the runs that ended well, of those that nobody cancelled, over the time range.',
    unit: unit.PercentUnit,
    width: 3,
    noValue: 'no runs',
    steps: [
      { value: null, color: 'red' },
      { value: 0.95, color: 'orange' },
      { value: 0.99, color: 'green' },
    ],
    queries: [
      latest(
        share(
          'sum(increase(belfry_runs_total{outcome="succeeded"}[$__range]))',
          'sum(increase(belfry_runs_total{outcome!="cancelled"}[$__range]))',
        ),
      ),
    ],
  }),
  stat({
    title: 'Dead letters',
    description: 'Runs that are out of attempts and wait for somebody to look at them.',
    unit: unit.Short,
    width: 3,
    steps: warnFrom(1, 100),
    links: [{ title: 'Dead letters in Belfry', url: PAGES.deadLetters }],
    queries: [latest(whole('belfry_dead_letters'))],
  }),
  stat({
    title: 'Workers',
    description: 'Live workers of all pools.',
    unit: unit.NoUnit,
    width: 3,
    steps: goodFrom(1),
    queries: [latest(`sum(${whole('belfry_workers', 'pool')})`)],
  }),
  stat({
    title: 'Leaders',
    description: 'Shards that have a leader. A shard without one fires nothing.',
    unit: unit.NoUnit,
    width: 3,
    steps: goodFrom(1),
    queries: [latest(`sum(${whole('belfry_scheduler_leader', 'shard')})`)],
  }),
  stat({
    title: 'Schedules',
    description: 'Stored schedules: those of job files and those that the API made.',
    unit: unit.Short,
    width: 3,
    steps: PLAIN,
    queries: [latest(whole('belfry_schedules'))],
  }),
);

const lateness = line(
  9,
  heatMap({
    title: 'Lag of starts',
    description: 'From the fire time to the start of scheduled runs. A band that climbs is a system that falls behind.',
    unit: unit.Seconds,
    width: 12,
    queries: [buckets(heat('belfry_schedule_delay_seconds'))],
  }),
  linesWithLimit({
    title: 'Lag against its limit',
    description: 'The ten jobs with the longest lag in the time range: 100 % is slo.lag of the job file.',
    unit: unit.PercentUnit,
    width: 12,
    limit: 1,

    links: [toJob(ofLine)],
    queries: [
      series(
        `${LAG} / on (job_name) ${LAG_LIMIT} and on (job_name) ${highest(10, { gauge: 'belfry_job_lag_seconds', label: 'job_name' })}`,
        '{{job_name}}',
      ),
    ],
  }),
);

const lists = line(
  11,
  table({
    title: 'Latest jobs',
    description: 'The twenty jobs with the longest lag now. Red is past the limit of the job file.',
    unit: unit.Seconds,
    width: 15,
    key: 'job_name',
    highestFirst: 'Of the limit',
    queries: [
      rows(LATEST_JOBS),
      rows(`${LAG_LIMIT} and on (job_name) ${LATEST_JOBS}`),
      rows(`${LATEST_JOBS} / on (job_name) ${LAG_LIMIT}`),
      rows(`${whole('belfry_job_consecutive_failures', 'job_name')} and on (job_name) ${LATEST_JOBS}`),
    ],
    columns: [
      { from: 'job_name', title: 'Job', url: dashboardWith(UIDS.job, 'job_name', '${__value.text}') },
      { from: { query: 0 }, title: 'Lag', unit: unit.Seconds, width: 110 },
      { from: { query: 1 }, title: 'Limit', unit: unit.Seconds, width: 110 },
      { from: { query: 2 }, title: 'Of the limit', unit: unit.PercentUnit, width: 120, steps: warnFrom(0.8, 1) },
      { from: { query: 3 }, title: 'Failures in a row', unit: unit.NoUnit, width: 140, steps: warnFrom(1, 3) },
    ],
  }),
  alertList({
    title: 'Alerts',
    description: 'What fires or is about to. BelfryWatchdog is left out: it always fires.',
    width: 9,
    alerts: ['BelfryMetricsAbsent', 'BelfryWatchdog'],
  }),
);

const runs = line(
  8,
  stack({
    title: 'Runs by outcome',
    description: 'Runs that ended per second. Expired: not started by its deadline, or not over by its expiry.',
    unit: unit.CountsPerSecond,
    width: 8,
    fields: OUTCOME_COLOURS,
    queries: [series(perSecond('belfry_runs_total', 'outcome'), '{{outcome}}')],
  }),
  lines({
    title: 'Success ratio',
    description: 'Part of the runs that ended well, of those that nobody cancelled.',
    unit: unit.PercentUnit,
    width: 8,
    max: 1,
    queries: [
      series(
        share(
          perSecond('belfry_runs_total{outcome="succeeded"}'),
          perSecond('belfry_runs_total{outcome!="cancelled"}'),
        ),
        'succeeded',
      ),
    ],
  }),
  stack({
    title: 'Retries and refusals',
    description: 'Attempts that failed and are tried again, and runs whose payload could not or must not be used.',
    unit: unit.CountsPerSecond,
    width: 8,
    queries: [
      series(perSecond('belfry_retries_total'), 'retried'),
      series(perSecond('belfry_refused_runs_total', 'reason'), 'refused: {{reason}}'),
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
    queries: [series(perMinute('belfry_verdicts_total', 'verdict'), '{{verdict}}')],
  }),
  bars({
    title: 'Herd: fires per minute',
    description: 'Fire times that made a run. Tall bars at full hours want jitter or a window.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [
      series(perMinute('belfry_verdicts_total{verdict=~"fired|late|caught-up|replayed"}', 'verdict'), '{{verdict}}'),
    ],
  }),
  bars({
    title: 'Fire times without a run',
    description: 'By reason. Only deadline and catch_up are losses; the others were asked for.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [series(perMinute('belfry_missed_runs_total', 'reason'), '{{reason}}')],
  }),
);

const load = line(
  8,
  stack({
    title: 'Ready runs by queue',
    description: 'Runs that could start now and wait for a slot or a limit.',
    unit: unit.Short,
    width: 6,
    links: [{ title: 'This queue', url: dashboardWith(UIDS.queues, 'queue', '${__field.labels.queue}') }],
    queries: [series(whole('belfry_queue_depth{state="ready"}', 'queue'), '{{queue}}')],
  }),
  lines({
    title: 'Busy slots by pool',
    description: 'Part of the slots that run something. At 100 % the queues grow.',
    unit: unit.PercentUnit,
    width: 6,
    max: 1,
    links: [{ title: 'This pool', url: dashboardWith(UIDS.workers, 'pool', '${__field.labels.pool}') }],
    queries: [
      series(
        share(
          whole('belfry_worker_slots{state="busy"}', 'pool'),
          `sum by (pool) (${whole('belfry_worker_slots', 'pool, state')})`,
        ),
        '{{pool}}',
      ),
    ],
  }),
  lines({
    title: 'Dead letters',
    description: 'Runs that are out of attempts. Somebody redrives or deletes them: belfry dead list.',
    unit: unit.Short,
    width: 6,
    links: [{ title: 'Dead letters in Belfry', url: PAGES.deadLetters }],
    queries: [series(whole('belfry_dead_letters'), 'dead letters')],
  }),
  lines({
    title: 'Jobs that differ from the files',
    description: 'Added, changed or removed in the files of a scheduler, and not applied: belfry plan names them.',
    unit: unit.NoUnit,
    width: 6,
    alerts: ['BelfryDriftFromRepo'],
    queries: [series(whole('belfry_registration_drift_jobs', 'kind'), '{{kind}}')],
  }),
);

/** Is all well, and where not? */
export const FLEET: DashboardSpec = {
  uid: UIDS.fleet,
  title: 'Belfry / Fleet',
  description: 'Is every job on time, does it succeed, and who is late?',
  choices: [],
  page: PAGES.home,
  sections: [
    { title: 'Now', lines: [now] },
    { title: 'On time?', lines: [lateness, lists] },
    { title: 'Runs', lines: [runs] },
    { title: 'Fire times', lines: [fireTimes] },
    { title: 'Load and definitions', lines: [load] },
  ],
};
