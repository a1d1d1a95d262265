import * as unit from '@grafana/grafana-foundation-sdk/units';
import { line, type DashboardSpec } from './dashboard.ts';
import { heatMap } from './heat_map.ts';
import { lines, stack } from './lines.ts';
import { PAGES, UIDS } from './links.ts';
import { goodBelow, PLAIN, warnFrom } from './panel.ts';
import { age, heat, perSecond, quantile, whole } from './promql.ts';
import { buckets, latest, rows, series } from './query.ts';
import { stat } from './stat.ts';
import { table } from './table.ts';
import { meanings, timeline } from './timeline.ts';

const CHOSEN = '{queue=~"$queue"}';
const LIMITS = '{limit=~"$limit"}';
const READY = whole('belfry_queue_depth{queue=~"$queue", state="ready"}', 'queue');
const DELAYED = whole('belfry_queue_depth{queue=~"$queue", state="delayed"}', 'queue');
const PAUSED = meanings({ 0: { text: 'open', color: 'green' }, 1: { text: 'paused', color: 'orange' } });

const now = line(
  4,
  stat({
    title: 'Ready runs',
    description: 'Runs that could start now.',
    unit: unit.Short,
    width: 4,
    steps: PLAIN,
    queries: [latest(`sum(${READY})`)],
  }),
  stat({
    title: 'Delayed runs',
    description: 'Runs that wait for their time: a delay, a retry or a due time with jitter.',
    unit: unit.Short,
    width: 4,
    steps: PLAIN,
    queries: [latest(`sum(${DELAYED})`)],
  }),
  stat({
    title: 'Oldest ready run',
    description: 'How long the oldest ready run has waited.',
    unit: unit.Seconds,
    width: 4,
    noValue: 'none waits',
    steps: warnFrom(60, 600),
    queries: [latest(`time() - min(belfry_queue_oldest_ready_timestamp_seconds${CHOSEN})`)],
  }),
  stat({
    title: 'Started per second',
    description: 'Attempts that began, retries included.',
    unit: unit.CountsPerSecond,
    width: 4,
    steps: PLAIN,
    queries: [latest(perSecond(`belfry_attempts_started_total${CHOSEN}`))],
  }),
  stat({
    title: 'Paused queues',
    description: 'Queues that somebody has paused. Their runs wait.',
    unit: unit.NoUnit,
    width: 4,
    steps: [
      { value: null, color: 'green' },
      { value: 1, color: 'orange' },
    ],
    queries: [latest(`sum(${whole(`belfry_queue_paused${CHOSEN}`, 'queue')})`)],
  }),
  stat({
    title: 'Without a worker',
    description: 'Ready runs of jobs that no live worker has code for. They wait and are never discarded.',
    unit: unit.Short,
    width: 4,
    noValue: 'none',
    steps: goodBelow(1),
    queries: [latest(`sum(${whole(`belfry_queued_without_worker${CHOSEN}`, 'queue')})`)],
  }),
);

const backlog = line(
  9,
  stack({
    title: 'Waiting runs',
    description: 'By queue and state: ready to start, or delayed until later.',
    unit: unit.Short,
    width: 12,
    alerts: ['BelfryQueueBacklog'],
    queries: [series(READY, '{{queue}} ready'), series(DELAYED, '{{queue}} delayed')],
  }),
  lines({
    title: 'Age of the oldest ready run',
    description: 'A line that climbs with the clock is a queue of which nothing starts.',
    unit: unit.Seconds,
    width: 12,
    alerts: ['BelfryQueueStalled'],
    queries: [series(`time() - min by (queue) (belfry_queue_oldest_ready_timestamp_seconds${CHOSEN})`, '{{queue}}')],
  }),
);

const waiting = line(
  9,
  heatMap({
    title: 'Wait in the queue',
    description: 'From the creation of a run, or its fire time, to the start of its first attempt.',
    unit: unit.Seconds,
    width: 8,
    queries: [buckets(heat(`belfry_queue_wait_seconds${CHOSEN}`))],
  }),
  lines({
    title: 'Wait in the queue, p99',
    description: 'Ninety-nine of a hundred runs waited less.',
    unit: unit.Seconds,
    width: 8,
    queries: [series(quantile(0.99, `belfry_queue_wait_seconds${CHOSEN}`, 'queue'), '{{queue}}')],
  }),
  lines({
    title: 'Started per second',
    description: 'Attempts that began, retries included.',
    unit: unit.CountsPerSecond,
    width: 8,
    queries: [series(perSecond(`belfry_attempts_started_total${CHOSEN}`, 'queue'), '{{queue}}')],
  }),
);

const states = line(
  8,
  table({
    title: 'Queues',
    description: 'What waits in each queue now, and whether somebody has paused it.',
    unit: unit.Short,
    width: 12,
    key: 'queue',
    highestFirst: 'Ready',
    queries: [
      rows(READY),
      rows(DELAYED),
      rows(`time() - min by (queue) (belfry_queue_oldest_ready_timestamp_seconds${CHOSEN})`),
      rows(whole(`belfry_queue_paused${CHOSEN}`, 'queue')),
    ],
    columns: [
      { from: 'queue', title: 'Queue', url: PAGES.queues },
      { from: { query: 0 }, title: 'Ready', width: 100 },
      { from: { query: 1 }, title: 'Delayed', width: 100 },
      { from: { query: 2 }, title: 'Oldest waits', unit: unit.Seconds, width: 130, steps: warnFrom(60, 600) },
      { from: { query: 3 }, title: 'State', mappings: PAUSED, width: 100 },
    ],
  }),
  timeline({
    title: 'Paused',
    description: 'When each queue was paused.',
    unit: unit.NoUnit,
    width: 6,
    mappings: PAUSED,
    queries: [series(whole(`belfry_queue_paused${CHOSEN}`, 'queue'), '{{queue}}')],
  }),
  lines({
    title: 'Dead letters',
    description: 'Runs of all queues that are out of attempts: belfry dead list.',
    unit: unit.Short,
    width: 6,
    alerts: ['BelfryDeadLettersGrowing'],
    links: [{ title: 'Dead letters in Belfry', url: PAGES.deadLetters }],
    queries: [series(whole('belfry_dead_letters'), 'dead letters')],
  }),
);

const limits = line(
  9,
  lines({
    title: 'Lanes held back',
    description: 'Lanes that a rate, a concurrency limit or an order holds back now, by the name of the limit.',
    unit: unit.Short,
    width: 12,
    queries: [series(whole(`belfry_limited_lanes${LIMITS}`, 'limit'), '{{limit}}')],
  }),
  lines({
    title: 'Oldest run held back',
    description: 'How long the oldest run behind a limit has waited: a limit that is always full is too small.',
    unit: unit.Seconds,
    width: 12,
    alerts: ['BelfryRateLimitSaturated'],
    queries: [series(age(`belfry_limited_oldest_timestamp_seconds${LIMITS}`, 'limit'), '{{limit}}')],
  }),
);

/** What waits, why, and for how long. */
export const QUEUES: DashboardSpec = {
  uid: UIDS.queues,
  title: 'Belfry / Queues and limits',
  description: 'What waits, for how long, and what holds it back?',
  choices: [
    { name: 'queue', label: 'Queue', metric: 'belfry_queue_depth', start: 'all' },
    { name: 'limit', label: 'Limit', metric: 'belfry_limited_lanes', start: 'all' },
  ],
  page: PAGES.queues,
  sections: [
    { title: 'Now', lines: [now] },
    { title: 'Backlog', lines: [backlog, waiting, states] },
    { title: 'Limits', lines: [limits] },
  ],
};
