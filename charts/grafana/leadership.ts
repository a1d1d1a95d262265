import * as unit from '@grafana/grafana-foundation-sdk/units';
import { line } from './dashboard.ts';
import { bars, lines } from './lines.ts';
import { goodFrom } from './panel.ts';
import { age, perMinute, quantile, whole } from './promql.ts';
import { series } from './query.ts';
import { meanings, timeline } from './timeline.ts';

const SHARDS = '{shard=~"$shard"}';
const LEADS = meanings({ 0: { text: 'stands by', color: 'transparent' }, 1: { text: 'leads', color: 'green' } });

export const leadership = line(
  9,
  timeline({
    title: 'Who leads',
    description:
      'One band for each replica and shard. For each shard exactly one band is green; a gap is a shard without a leader.',
    unit: unit.NoUnit,
    width: 12,
    mappings: LEADS,
    steps: goodFrom(1),
    alerts: ['BelfryNoLeader'],
    queries: [series(`max by (shard, instance) (belfry_scheduler_leader${SHARDS})`, 'shard {{shard}} · {{instance}}')],
  }),
  bars({
    title: 'Elections',
    description:
      'Times that a process became leader. One at a deploy is right; many are a link or a clock that stutters.',
    unit: unit.OpsPerMinute,
    width: 6,
    alerts: ['BelfryLeaderFlapping'],
    queries: [series(perMinute(`belfry_leader_changes_total${SHARDS}`, 'shard'), 'shard {{shard}}')],
  }),
  lines({
    title: 'Leads since',
    description: 'How long the present leader of each shard has led.',
    unit: unit.Seconds,
    width: 6,
    queries: [series(age(`belfry_shard_leader_since_timestamp_seconds${SHARDS}`, 'shard'), 'shard {{shard}}')],
  }),
);

export const ticks = line(
  8,
  lines({
    title: 'Scheduler lag',
    description: 'How long the most overdue schedule of a shard has waited. Near zero: the leader keeps up.',
    unit: unit.Seconds,
    width: 8,
    queries: [series(whole(`belfry_scheduler_lag_seconds${SHARDS}`, 'shard'), 'shard {{shard}}')],
  }),
  lines({
    title: 'Duration of a tick',
    description: "A leader's pass over what is due: reading, planning and committing a batch.",
    unit: unit.Seconds,
    width: 8,
    queries: [
      series(quantile(0.5, `belfry_tick_duration_seconds${SHARDS}`, 'shard'), 'shard {{shard}} p50'),
      series(quantile(0.99, `belfry_tick_duration_seconds${SHARDS}`, 'shard'), 'shard {{shard}} p99'),
    ],
  }),
  bars({
    title: 'Refused leader writes',
    description: 'Writes of a leader whose epoch was over: the fence held. None of them changed anything.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [series(perMinute('belfry_fenced_writes_total{kind="leader"}'), 'refused')],
  }),
);
