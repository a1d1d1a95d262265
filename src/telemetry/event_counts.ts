import type { EventBus } from '../core/events.ts';
import { REFUSALS } from '../core/seal.ts';
import { VERDICT_WORDS, type VerdictWord } from '../core/verdict.ts';
import type { Families } from './exposition/families.ts';
import { countRuns, type CountedJob } from './run_counts.ts';

/** Seconds. */
const CALL_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counters that are there, at 0, before the first event, so that Prometheus sees it as an increase. */
export type EventCounts = {
  /** This process may run these jobs. */
  expectRuns(jobs: readonly CountedJob[]): void;
  /** This process may fire these jobs. */
  expectVerdicts(jobs: readonly CountedJob[]): void;
};

/**
 * Counts and times what this process does. Listeners of single runs look their series up and allocate nothing, but for an
 * exemplar where the run is traced.
 */
export function countEvents(events: EventBus, families: Families): EventCounts {
  const runs = countRuns(events, families);
  countRefusals(events, families);
  const verdicts = countVerdicts(events, families);
  countLeadership(events, families);
  timeRedis(events, families);
  return {
    expectRuns(jobs) {
      for (const job of jobs) runs.expect(job);
    },
    expectVerdicts(jobs) {
      for (const job of jobs) verdicts.expect(job);
    },
  };
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
/** Reasons that nobody has asked for: an alert is waiting for their first one. */
const UNWANTED = ['overlap', 'deadline', 'catch_up'];

/** Schedules of the API count under their job, so that a million of them are a series or two. */
function countVerdicts(events: EventBus, families: Families): { expect(job: CountedJob): void } {
  const verdicts = families.counter({
    name: 'belfry_verdicts_total',
    help: 'Fire times by what became of them: fired, late, caught-up, merged, replayed, skipped, missed, marked or backfilled; skipped and missed with the reason.',
    labels: ['job_name', 'verdict'],
  });
  const missed = families.counter({
    name: 'belfry_missed_runs_total',
    help: 'Fire times that made no run: overlap (the last run still lived), paused, blackout, freeze, deadline (startDeadline), catch_up (older than what is caught up).',
    labels: ['job_name', 'reason'],
  });
  const known = new Set<string>(VERDICT_WORDS);
  events.on('schedule.verdict', ({ job, word, count }) => {
    if (known.has(word)) verdicts.inc(job, word, count);
    const reason = MISSED[word];
    if (reason !== undefined) missed.inc(job, reason, count);
  });
  return {
    expect({ name, isScheduled }) {
      if (isScheduled) for (const reason of UNWANTED) missed.open(name, reason);
    },
  };
}

function countLeadership(events: EventBus, families: Families): void {
  const changes = families.counter({
    name: 'belfry_leader_changes_total',
    help: 'Times this process became the leader of a shard.',
    labels: ['shard'],
  });
  const fenced = families.counter({
    name: 'belfry_fenced_writes_total',
    help: 'Writes that Redis refused because a newer leader or attempt exists: leader, settle, heartbeat, log, progress or note.',
    labels: ['kind'],
  });
  const tick = families.histogram({
    name: 'belfry_tick_duration_seconds',
    help: "Duration of a leader's pass over what is due.",
    labels: ['shard'],
    buckets: CALL_BUCKETS,
  });
  for (const kind of ['leader', 'settle', 'heartbeat', 'log', 'progress', 'note']) fenced.open(kind);
  events.on('leader.elected', ({ shard }) => changes.inc(String(shard)));
  events.on('leader.write_refused', () => fenced.inc('leader'));
  events.on('attempt.fenced', ({ kind }) => fenced.inc(kind));
  events.on('tick.done', ({ shard, tookMs }) => tick.observe(tookMs / 1_000, String(shard)));
}

function countRefusals(events: EventBus, families: Families): void {
  const refused = families.counter({
    name: 'belfry_refused_runs_total',
    help: 'Runs that became dead letters because their payload cannot or must not be used: unsigned, unknown_signing_key, bad_signature, no_payload_key or bad_payload.',
    labels: ['reason'],
  });
  for (const reason of REFUSALS) refused.open(reason);
  events.on('run.refused', ({ reason }) => refused.inc(reason));
}

function timeRedis(events: EventBus, families: Families): void {
  const called = families.histogram({
    name: 'belfry_redis_command_duration_seconds',
    help: "Duration of the calls of Belfry's scripts, as this process saw them.",
    labels: ['script'],
    buckets: CALL_BUCKETS,
  });
  const skew = families.gauge({
    name: 'belfry_clock_skew_seconds',
    help: 'Redis time minus the clock of this process.',
  });
  events.on('redis.called', ({ script, tookMs }) => called.observe(tookMs / 1_000, script));
  events.on('clock.measured', ({ offsetMs }) => skew.set(offsetMs / 1_000));
}
