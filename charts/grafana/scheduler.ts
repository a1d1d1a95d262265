import * as unit from '@grafana/grafana-foundation-sdk/units';
import { line, type DashboardSpec } from './dashboard.ts';
import { PAGES, UIDS } from './links.ts';
import { leadership, ticks } from './leadership.ts';
import { lines, signedLines } from './lines.ts';
import { goodBelow, goodFrom } from './panel.ts';
import { whole } from './promql.ts';
import { latest, rows, series } from './query.ts';
import { memory, redisNow, safety, scripts } from './redis.ts';
import { stat } from './stat.ts';
import { table } from './table.ts';

const SHARDS = '{shard=~"$shard"}';

const now = line(
  4,
  stat({
    title: 'Shards without a leader',
    description: 'Nothing of such a shard fires. A hand-over takes a second, a failover as long as the lease.',
    unit: unit.NoUnit,
    width: 4,
    steps: goodBelow(1),
    queries: [latest(`sum(${whole(`belfry_scheduler_leader${SHARDS}`, 'shard')} == bool 0)`)],
  }),
  stat({
    title: 'Scheduler replicas',
    description: 'Processes that lead or could lead. One alone is no spare.',
    unit: unit.NoUnit,
    width: 4,
    steps: [
      { value: null, color: 'red' },
      { value: 1, color: 'orange' },
      { value: 2, color: 'green' },
    ],
    queries: [latest(`count(max by (job, instance) (belfry_scheduler_leader${SHARDS}))`)],
  }),
  stat({
    title: 'Most overdue schedule',
    description: 'How long the most overdue schedule has waited for its leader.',
    unit: unit.Seconds,
    width: 4,
    steps: [
      { value: null, color: 'green' },
      { value: 2, color: 'orange' },
      { value: 30, color: 'red' },
    ],
    queries: [latest(whole(`belfry_scheduler_lag_seconds${SHARDS}`))],
  }),
  stat({
    title: 'Quarantined schedules',
    description: 'Schedules that are taken out because they cannot be planned. The others go on.',
    unit: unit.NoUnit,
    width: 4,
    steps: goodBelow(1),
    queries: [latest(whole('belfry_schedules_quarantined'))],
  }),
  stat({
    title: 'Processes without Redis',
    description: 'Processes that get no answer from Redis: they do no work.',
    unit: unit.NoUnit,
    width: 4,
    steps: goodBelow(1),
    queries: [latest('sum(belfry_redis_up == bool 0)')],
  }),
  stat({
    title: 'Jobs that differ',
    description: 'What belfry plan would change: the files of a replica against what is registered.',
    unit: unit.NoUnit,
    width: 4,
    steps: goodBelow(1),
    queries: [latest(`sum(${whole('belfry_registration_drift_jobs', 'kind')})`)],
  }),
);

const replicas = line(
  8,
  signedLines({
    title: 'Clock skew',
    description: 'Redis time minus the clock of each process. Only Redis time counts; a wrong clock misleads people.',
    unit: unit.Seconds,
    width: 8,
    alerts: ['BelfryClockSkew'],
    queries: [series('belfry_clock_skew_seconds', '{{instance}}')],
  }),
  table({
    title: 'Time zone data',
    description: 'Which data each process has. More than one row: replicas may compute different fire times.',
    unit: unit.NoUnit,
    width: 8,
    key: 'tzdata',
    alerts: ['BelfryTzdataMismatch'],
    queries: [rows('count by (tzdata) (belfry_tzdata_info)')],
    columns: [
      { from: 'tzdata', title: 'tzdata' },
      { from: { query: 0 }, title: 'Processes' },
    ],
  }),
  stat({
    title: 'Replicas that abstain',
    description: 'Schedulers that do not lead because another one has newer time zone data.',
    unit: unit.NoUnit,
    width: 8,
    steps: goodBelow(1),
    queries: [latest('sum(belfry_scheduler_abstains)')],
  }),
);

const definitions = line(
  8,
  lines({
    title: 'Jobs that differ from the files',
    description: 'Added, changed or removed in the files of a replica, and not applied: belfry plan names them.',
    unit: unit.NoUnit,
    width: 12,
    queries: [series(whole('belfry_registration_drift_jobs', 'kind'), '{{kind}}')],
  }),
  lines({
    title: 'Quarantined schedules',
    description: 'Schedules that are taken out because they cannot be planned.',
    unit: unit.NoUnit,
    width: 12,
    alerts: ['BelfryJobMissedRun'],
    queries: [series(whole('belfry_schedules_quarantined'), 'quarantined')],
  }),
);

const versions = line(
  7,
  table({
    title: 'Redis',
    description: 'Each primary that holds shards. The policy has to be noeviction.',
    unit: unit.NoUnit,
    width: 16,
    key: 'node',
    queries: [
      rows('max by (node, redis_version, mode, maxmemory_policy) (belfry_redis_info)'),
      rows(whole('belfry_redis_connected_replicas', 'node')),
      rows(whole('belfry_redis_fragmentation_ratio', 'node')),
    ],
    columns: [
      { from: 'node', title: 'Node', width: 80 },
      { from: 'redis_version', title: 'Version' },
      { from: 'mode', title: 'Mode' },
      { from: 'maxmemory_policy', title: 'When memory is full' },
      { from: { query: 1 }, title: 'Replicas', width: 100 },
      { from: { query: 2 }, title: 'Fragmentation', width: 130 },
    ],
  }),
  stat({
    title: 'Belfrys that report',
    description: 'Processes that Prometheus scrapes. None: every other panel here is blind.',
    unit: unit.NoUnit,
    width: 8,
    steps: goodFrom(1),
    queries: [latest('count(belfry_build_info)')],
  }),
);

/** Who leads, is it in time, and is Redis well? */
export const SCHEDULER: DashboardSpec = {
  uid: UIDS.scheduler,
  title: 'Belfry / Scheduler and Redis',
  description: 'Who leads which shard, does it keep up, and is Redis safe and fast?',
  choices: [{ name: 'shard', label: 'Shard', metric: 'belfry_scheduler_leader', start: 'all' }],
  page: PAGES.home,
  sections: [
    { title: 'Now', lines: [now] },
    { title: 'Leadership', lines: [leadership, ticks] },
    { title: 'Redis', lines: [redisNow, scripts, memory, safety, versions] },
    { title: 'Replicas and definitions', lines: [replicas, definitions] },
  ],
};
