import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EventBus } from '../core/events.ts';
import { REFUSALS } from '../core/seal.ts';
import { VERDICT_WORDS, type VerdictWord } from '../core/verdict.ts';
import { cached } from './label_cache.ts';

/** Seconds. Waits reach from a millisecond on an idle system to an hour in an outage. */
const WAIT_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
const RUN_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400];
const CALL_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export type Metrics = {
  registry: Registry;
  /** Calls this before each rendering, which waits for it: for values that are read when somebody asks. */
  onScrape(refresh: () => Promise<void> | void): void;
  /** Text in the exposition format, with its content type. */
  render(): Promise<{ contentType: string; text: string }>;
};

/** The registry of a process, with the metrics of Node itself and what Belfry was built from. */
export function createMetrics({ version, nodeVersion }: { version: string; nodeVersion: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'belfry_build_info',
    help: 'Always 1; the labels say which Belfry and which Node this process is.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version, node_version: nodeVersion }, 1);
  const refreshes: (() => Promise<void> | void)[] = [];
  return {
    registry,
    onScrape: (refresh) => void refreshes.push(refresh),
    async render() {
      await Promise.all(refreshes.map(async (refresh) => refresh()));
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/**
 * Counts and times what this process does. Listeners of single runs use label children that are looked up once per job
 * and allocate nothing: about half a microsecond a run.
 */
export function countEvents(events: EventBus, registry: Registry): void {
  countRuns(events, registry);
  countRefusals(events, registry);
  countVerdicts(events, registry);
  countLeadership(events, registry);
  timeRedis(events, registry);
}

function countRuns(events: EventBus, registry: Registry): void {
  const registers = [registry];
  const delay = new Histogram({
    name: 'belfry_schedule_delay_seconds',
    help: 'From the fire time of a scheduled run to the start of its first attempt. Catch-ups and backfills are left out: they are late on purpose, and counted in belfry_verdicts_total.',
    labelNames: ['job_name'],
    buckets: WAIT_BUCKETS,
    registers,
  });
  const wait = new Histogram({
    name: 'belfry_queue_wait_seconds',
    help: 'From the creation of a run (or its fire time) to the start of its first attempt. Catch-ups and backfills are left out.',
    labelNames: ['queue'],
    buckets: WAIT_BUCKETS,
    registers,
  });
  const duration = new Histogram({
    name: 'belfry_run_duration_seconds',
    help: 'Duration of the attempt that ended a run.',
    labelNames: ['job_name'],
    buckets: RUN_BUCKETS,
    registers,
  });
  const runs = new Counter({
    name: 'belfry_runs_total',
    help: 'Runs that ended, by outcome: succeeded, dead, cancelled or expired (not started by its deadline, or not over by its expiry).',
    labelNames: ['job_name', 'outcome'],
    registers,
  });
  const retries = new Counter({
    name: 'belfry_retries_total',
    help: 'Attempts that failed or crashed and are followed by another one.',
    labelNames: ['job_name'],
    registers,
  });
  const delayOf = cached((job) => delay.labels(job));
  const waitOf = cached((queue) => wait.labels(queue));
  const durationOf = cached((job) => duration.labels(job));
  const runsOf = {
    succeeded: cached((job) => runs.labels(job, 'succeeded')),
    dead: cached((job) => runs.labels(job, 'dead')),
    cancelled: cached((job) => runs.labels(job, 'cancelled')),
    expired: cached((job) => runs.labels(job, 'expired')),
  };
  events.on('run.started', ({ job, queue, attempt, origin, lagMs, waitMs }) => {
    if (attempt > 1 || origin === 'catch-up' || origin === 'backfill') return;
    if (origin === 'scheduled') delayOf(job).observe(lagMs / 1_000);
    waitOf(queue).observe(waitMs / 1_000);
  });
  events.on('run.finished', ({ job, outcome, tookMs }) => {
    runsOf[outcome](job).inc();
    durationOf(job).observe(tookMs / 1_000);
  });
  events.on('run.expired', ({ job }) => runsOf.expired(job).inc());
  events.on('run.retrying', ({ job }) => retries.labels(job).inc());
  events.on('run.crashed', ({ job, fate }) => {
    if (fate === 'dead') runsOf.dead(job).inc();
    else retries.labels(job).inc();
  });
}

/** Why a fire time made no run; each other verdict is a run's. */
const MISSED: Readonly<Partial<Record<VerdictWord, string>>> = {
  'skipped(overlap)': 'overlap',
  'skipped(paused)': 'paused',
  'skipped(blackout)': 'blackout',
  'skipped(freeze)': 'freeze',
  'missed(deadline)': 'deadline',
  'missed(catch-up)': 'catch_up',
};

/** Schedules of the API count under their job, so that a million of them are a series or two. */
function countVerdicts(events: EventBus, registry: Registry): void {
  const verdicts = new Counter({
    name: 'belfry_verdicts_total',
    help: 'Fire times by what became of them: fired, late, caught-up, merged, replayed, skipped(…), missed(…), marked or backfilled.',
    labelNames: ['job_name', 'verdict'],
    registers: [registry],
  });
  const missed = new Counter({
    name: 'belfry_missed_runs_total',
    help: 'Fire times that made no run: overlap (the last run still lived), paused, blackout, freeze, deadline (startDeadline), catch_up (older than what is caught up).',
    labelNames: ['job_name', 'reason'],
    registers: [registry],
  });
  const verdictsOf = new Map(VERDICT_WORDS.map((word) => [word, cached((job) => verdicts.labels(job, word))]));
  events.on('schedule.verdict', ({ job, word, count }) => {
    verdictsOf.get(word)?.(job).inc(count);
    const reason = MISSED[word];
    if (reason !== undefined) missed.labels(job, reason).inc(count);
  });
}

function countLeadership(events: EventBus, registry: Registry): void {
  const registers = [registry];
  const changes = new Counter({
    name: 'belfry_leader_changes_total',
    help: 'Times this process became the leader of a shard.',
    labelNames: ['shard'],
    registers,
  });
  const fenced = new Counter({
    name: 'belfry_fenced_writes_total',
    help: 'Writes that Redis refused because a newer leader or attempt exists: leader, settle, heartbeat, log or progress.',
    labelNames: ['kind'],
    registers,
  });
  const tick = new Histogram({
    name: 'belfry_tick_duration_seconds',
    help: "Duration of a leader's pass over what is due.",
    labelNames: ['shard'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const tickOf = cached((shard) => tick.labels(shard));
  for (const kind of ['leader', 'settle', 'heartbeat', 'log', 'progress']) fenced.labels(kind).inc(0);
  events.on('leader.elected', ({ shard }) => changes.labels(String(shard)).inc());
  events.on('leader.write_refused', () => fenced.labels('leader').inc());
  events.on('attempt.fenced', ({ kind }) => fenced.labels(kind).inc());
  events.on('tick.done', ({ shard, tookMs }) => tickOf(String(shard)).observe(tookMs / 1_000));
}

function countRefusals(events: EventBus, registry: Registry): void {
  const refused = new Counter({
    name: 'belfry_refused_runs_total',
    help: 'Runs that became dead letters because their payload cannot or must not be used: unsigned, unknown_signing_key, bad_signature, no_payload_key or bad_payload.',
    labelNames: ['reason'],
    registers: [registry],
  });
  for (const reason of REFUSALS) refused.labels(reason).inc(0);
  events.on('run.refused', ({ reason }) => refused.labels(reason).inc());
}

function timeRedis(events: EventBus, registry: Registry): void {
  const registers = [registry];
  const called = new Histogram({
    name: 'belfry_redis_command_duration_seconds',
    help: "Duration of the calls of Belfry's scripts, as this process saw them.",
    labelNames: ['script'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const skew = new Gauge({
    name: 'belfry_clock_skew_seconds',
    help: 'Redis time minus the clock of this process.',
    registers,
  });
  const calledOf = cached((script) => called.labels(script));
  events.on('redis.called', ({ script, tookMs }) => calledOf(script).observe(tookMs / 1_000));
  events.on('clock.measured', ({ offsetMs }) => skew.set(offsetMs / 1_000));
}
