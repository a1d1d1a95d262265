import * as unit from '@grafana/grafana-foundation-sdk/units';
import { line } from './dashboard.ts';
import { bars, LIMIT_LINE, lines, linesWithLimit } from './lines.ts';
import { goodBelow, warnFrom } from './panel.ts';
import { perSecond, quantile, whole } from './promql.ts';
import { latest, series } from './query.ts';
import { stat } from './stat.ts';
import { meanings, timeline } from './timeline.ts';

const USED = whole('belfry_redis_memory_used_bytes', 'node');
const ALLOWED = whole('belfry_redis_memory_limit_bytes', 'node');
const SAFE = meanings({ 0: { text: 'no', color: 'red' }, 1: { text: 'yes', color: 'green' } });

export const redisNow = line(
  4,
  stat({
    title: 'Memory used',
    description: 'Part of what Redis may use. Full, it refuses new work; ending and taking work goes on.',
    unit: unit.PercentUnit,
    width: 6,
    noValue: 'no limit',
    steps: warnFrom(0.7, 0.85),
    queries: [latest(`max(${USED} / on (node) ${ALLOWED})`)],
  }),
  stat({
    title: 'Nodes without AOF',
    description: 'A Redis without an append-only file loses what it acknowledged when it restarts.',
    unit: unit.NoUnit,
    width: 6,
    steps: goodBelow(1),
    queries: [latest(`sum(${whole('belfry_redis_durable', 'node')} == bool 0)`)],
  }),
  stat({
    title: 'Evicted keys',
    description: 'Keys that Redis threw away to make room, in the time range. One is too many: set noeviction.',
    unit: unit.Short,
    width: 6,
    steps: goodBelow(1),
    queries: [latest('sum(max by (node) (increase(belfry_redis_evicted_keys_total[$__range])))')],
  }),
  stat({
    title: 'Calls per second',
    description: "Calls of Belfry's scripts; each takes many entries.",
    unit: unit.OpsPerSecond,
    width: 6,
    steps: [{ value: null, color: 'blue' }],
    queries: [latest(perSecond('belfry_redis_command_duration_seconds_count'))],
  }),
);

export const scripts = line(
  9,
  lines({
    title: 'Duration of calls by script, p99',
    description: 'As the processes saw them: the network, the queue in Redis and the script.',
    unit: unit.Seconds,
    width: 12,
    queries: [series(quantile(0.99, 'belfry_redis_command_duration_seconds', 'script'), '{{script}}')],
  }),
  lines({
    title: 'Calls by script',
    description: 'Calls per second.',
    unit: unit.OpsPerSecond,
    width: 12,
    queries: [series(perSecond('belfry_redis_command_duration_seconds_count', 'script'), '{{script}}')],
  }),
);

export const memory = line(
  8,
  lines({
    title: 'Memory',
    description: 'Used, and what is allowed: maxmemory, or the memory of the machine where it is not set.',
    unit: unit.BytesIEC,
    width: 8,
    patterns: { '/limit$/': LIMIT_LINE },
    queries: [series(USED, 'node {{node}}'), series(ALLOWED, 'node {{node}} limit')],
  }),
  linesWithLimit({
    title: 'Memory against its limit',
    description: 'Part of the memory that Redis may use. Full, it refuses new work.',
    unit: unit.PercentUnit,
    width: 8,
    max: 1,
    limit: 0.85,
    alerts: ['BelfryRedisMemory'],
    queries: [series(`${USED} / on (node) ${ALLOWED}`, 'node {{node}}')],
  }),
  bars({
    title: 'Evictions',
    description: 'Keys that Redis threw away to make room. Belfry needs maxmemory-policy noeviction.',
    unit: unit.OpsPerMinute,
    width: 8,
    queries: [series('60 * max by (node) (rate(belfry_redis_evicted_keys_total[$__rate_interval]))', 'node {{node}}')],
  }),
);

export const safety = line(
  8,
  timeline({
    title: 'Append-only file, and its last write',
    description: 'Whether each Redis keeps an append-only file, and whether its last write to disk went well.',
    unit: unit.NoUnit,
    width: 12,
    mappings: SAFE,
    alerts: ['BelfryRedisNotDurable'],
    queries: [
      series('min by (node) (belfry_redis_durable)', 'node {{node}} AOF'),
      series('min by (node) (belfry_redis_last_write_ok)', 'node {{node}} last write'),
    ],
  }),
  timeline({
    title: 'Redis answers',
    description: 'By process. One red band is a link, all of them are Redis.',
    unit: unit.NoUnit,
    width: 6,
    mappings: SAFE,
    alerts: ['BelfryRedisDown'],
    queries: [series('belfry_redis_up', '{{instance}}')],
  }),
  lines({
    title: 'Replicas',
    description: 'Connected replicas of each primary.',
    unit: unit.NoUnit,
    width: 6,
    queries: [series(whole('belfry_redis_connected_replicas', 'node'), 'node {{node}}')],
  }),
);
