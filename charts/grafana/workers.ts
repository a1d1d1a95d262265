import * as unit from '@grafana/grafana-foundation-sdk/units';
import { line, type DashboardSpec } from './dashboard.ts';
import { bars, lines, linesWithLimit, stack } from './lines.ts';
import { PAGES, UIDS } from './links.ts';
import { goodBelow, goodFrom, PLAIN, warnFrom } from './panel.ts';
import { perMinute, perSecond, share, whole } from './promql.ts';
import { latest, rows, series } from './query.ts';
import { stat } from './stat.ts';
import { table } from './table.ts';

const CHOSEN = '{pool=~"$pool"}';
const SLOTS = `sum by (pool) (${whole(`belfry_worker_slots${CHOSEN}`, 'pool, state')})`;
const slots = (state: string): string => whole(`belfry_worker_slots{pool=~"$pool", state="${state}"}`, 'pool');
/** Other Node programs in the same Prometheus export the same metrics of the process. */
const ofBelfry = (vector: string): string => `${vector} and on (job, instance) belfry_build_info`;

const now = line(
  4,
  stat({
    title: 'Workers',
    description: 'Live workers of the chosen pools.',
    unit: unit.NoUnit,
    width: 4,
    steps: goodFrom(1),
    queries: [latest(`sum(${whole(`belfry_workers${CHOSEN}`, 'pool')})`)],
  }),
  stat({
    title: 'Draining',
    description: 'Workers that finish what they run and take nothing new: a deploy, or a restart in waves.',
    unit: unit.NoUnit,
    width: 4,
    steps: PLAIN,
    queries: [latest(`sum(${whole('belfry_worker_state{pool=~"$pool", state="draining"}', 'pool')})`)],
  }),
  stat({
    title: 'Busy slots',
    description: 'Slots that run something.',
    unit: unit.Short,
    width: 4,
    steps: PLAIN,
    queries: [latest(`sum(${slots('busy')})`)],
  }),
  stat({
    title: 'Free slots',
    description: 'Slots that wait for work. None free and runs ready: scale the pool.',
    unit: unit.Short,
    width: 4,
    steps: [
      { value: null, color: 'orange' },
      { value: 1, color: 'green' },
    ],
    queries: [latest(`sum(${slots('free')})`)],
  }),
  stat({
    title: 'Saturation',
    description: 'Part of the slots that are busy.',
    unit: unit.PercentUnit,
    width: 4,
    noValue: 'no slots',
    steps: warnFrom(0.8, 0.95),
    queries: [latest(share(`sum(${slots('busy')})`, `sum(${SLOTS})`))],
  }),
  stat({
    title: 'Versions',
    description: 'Versions of Belfry that run side by side. More than one outlasts no deploy.',
    unit: unit.NoUnit,
    width: 4,
    steps: [
      { value: null, color: 'green' },
      { value: 2, color: 'orange' },
    ],
    queries: [latest('count(count by (version) (belfry_build_info))')],
  }),
);

const pools = line(
  9,
  stack({
    title: 'Workers',
    description: 'By pool and state: running, or draining before they end.',
    unit: unit.NoUnit,
    width: 8,
    alerts: ['BelfryNoWorkers'],
    queries: [series(whole(`belfry_worker_state${CHOSEN}`, 'pool, state'), '{{pool}} {{state}}')],
  }),
  stack({
    title: 'Slots',
    description: 'By pool: busy or free.',
    unit: unit.Short,
    width: 8,
    queries: [series(whole(`belfry_worker_slots${CHOSEN}`, 'pool, state'), '{{pool}} {{state}}')],
  }),
  linesWithLimit({
    title: 'Saturation',
    description: 'Part of the slots of a pool that are busy.',
    unit: unit.PercentUnit,
    width: 8,
    max: 1,
    limit: 0.95,
    alerts: ['BelfryPoolSaturated'],
    queries: [series(share(slots('busy'), SLOTS), '{{pool}}')],
  }),
);

const work = line(
  8,
  lines({
    title: 'Attempts started per second',
    description: 'By worker process. A process far below the others is stuck or starved.',
    unit: unit.CountsPerSecond,
    width: 8,
    queries: [series('sum by (instance) (rate(belfry_attempts_started_total[$__rate_interval]))', '{{instance}}')],
  }),
  lines({
    title: 'Runs per second',
    description: 'Runs that ended, by worker process.',
    unit: unit.CountsPerSecond,
    width: 8,
    queries: [series(perSecond('belfry_runs_total', 'instance'), '{{instance}}')],
  }),
  bars({
    title: 'Fenced writes',
    description:
      'Writes that Redis refused because a newer leader or attempt exists. A few after a failover are right.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [series(perMinute('belfry_fenced_writes_total', 'kind'), '{{kind}}')],
  }),
);

const processes = line(
  9,
  lines({
    title: 'CPU',
    description: 'Of each process, in cores: 1 is a whole core.',
    unit: unit.Short,
    width: 8,
    queries: [series(ofBelfry('rate(process_cpu_seconds_total[$__rate_interval])'), '{{instance}}')],
  }),
  lines({
    title: 'Memory',
    description: 'Resident memory of each process.',
    unit: unit.BytesIEC,
    width: 8,
    queries: [series(ofBelfry('process_resident_memory_bytes'), '{{instance}}')],
  }),
  lines({
    title: 'Event loop lag, p99',
    description:
      'How long Node did not come round. Leases are renewed beside the loop, so a blocked one keeps its runs.',
    unit: unit.Seconds,
    width: 8,
    queries: [series(ofBelfry('nodejs_eventloop_lag_p99_seconds'), '{{instance}}')],
  }),
);

const versions = line(
  8,
  table({
    title: 'Versions',
    description: 'How many processes run which Belfry on which Node.',
    unit: unit.NoUnit,
    width: 12,
    key: 'version',
    queries: [rows('count by (version, node_version) (belfry_build_info)')],
    columns: [
      { from: 'version', title: 'Belfry' },
      { from: 'node_version', title: 'Node' },
      { from: { query: 0 }, title: 'Processes', width: 120 },
    ],
  }),
  stat({
    title: 'Restarts',
    description: 'Processes that started in the time range, deploys included.',
    unit: unit.NoUnit,
    width: 6,
    steps: PLAIN,
    queries: [
      latest(
        'count(process_start_time_seconds > time() - $__range_s and on (job, instance) belfry_build_info) or vector(0)',
      ),
    ],
  }),
  stat({
    title: 'Folded series',
    description:
      'Values of a label beyond the cap, counted under _other: more jobs or limits than a scrape should carry.',
    unit: unit.Short,
    width: 6,
    steps: goodBelow(1),
    queries: [latest('sum(max by (label) (belfry_folded_series_total))')],
  }),
);

/** Who does the work, and have they room for more? */
export const WORKERS: DashboardSpec = {
  uid: UIDS.workers,
  title: 'Belfry / Workers',
  description: 'Who does the work, is there room for more, and are the processes well?',
  choices: [{ name: 'pool', label: 'Pool', metric: 'belfry_workers', start: 'all' }],
  page: PAGES.workers,
  sections: [
    { title: 'Now', lines: [now] },
    { title: 'Pools', lines: [pools] },
    { title: 'Work', lines: [work] },
    { title: 'Processes', lines: [processes, versions] },
  ],
};
