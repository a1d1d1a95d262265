import type { EventBus } from '../core/events.ts';
import type { Families } from './exposition/families.ts';

/**
 * Seconds. Waits reach from milliseconds on an idle system to an hour in an outage. Few buckets: each is a series for every job
 * in every process that runs it.
 */
const WAIT_BUCKETS = [0.01, 0.05, 0.25, 1, 2.5, 10, 30, 60, 300, 1_800];
const RUN_BUCKETS = [0.01, 0.1, 0.5, 1, 5, 30, 60, 300, 1_800, 7_200];

/** A job that this process has to do with. */
export type CountedJob = { name: string; isScheduled: boolean };

/** Counts runs by job and outcome, and times them. */
export function countRuns(events: EventBus, families: Families): { expect(job: CountedJob): void } {
  timeStarts(events, families);
  const duration = families.histogram({
    name: 'belfry_run_duration_seconds',
    help: 'Duration of the attempt that ended a run.',
    labels: ['job_name'],
    buckets: RUN_BUCKETS,
  });
  const runs = families.counter({
    name: 'belfry_runs_total',
    help: 'Runs that ended, by outcome: succeeded, dead, cancelled or expired (not started by its deadline, or not over by its expiry).',
    labels: ['job_name', 'outcome'],
  });
  const retries = families.counter({
    name: 'belfry_retries_total',
    help: 'Attempts that failed or crashed and are followed by another one.',
    labels: ['job_name'],
  });
  events.on('run.finished', ({ job, outcome, tookMs, traceparent }) => {
    runs.inc(job, outcome);
    duration.observe(tookMs / 1_000, job, traceparent);
  });
  events.on('run.expired', ({ job }) => runs.inc(job, 'expired'));
  events.on('run.retrying', ({ job }) => retries.inc(job));
  events.on('run.crashed', ({ job, fate }) => {
    if (fate === 'dead') runs.inc(job, 'dead');
    else retries.inc(job);
  });
  return {
    expect({ name }) {
      runs.open(name, 'succeeded');
      runs.open(name, 'dead');
    },
  };
}

function timeStarts(events: EventBus, families: Families): void {
  const delay = families.histogram({
    name: 'belfry_schedule_delay_seconds',
    help: 'From the fire time of a scheduled run to the start of its first attempt. Catch-ups and backfills are left out: they are late on purpose, and counted in belfry_verdicts_total.',
    labels: ['job_name'],
    buckets: WAIT_BUCKETS,
  });
  const wait = families.histogram({
    name: 'belfry_queue_wait_seconds',
    help: 'From the creation of a run (or its fire time) to the start of its first attempt. Catch-ups and backfills are left out.',
    labels: ['queue'],
    buckets: WAIT_BUCKETS,
  });
  const attempts = families.counter({
    name: 'belfry_attempts_started_total',
    help: 'Attempts that workers of this process began.',
    labels: ['queue'],
  });
  events.on('run.started', ({ job, queue, attempt, origin, lagMs, waitMs, traceparent }) => {
    attempts.inc(queue);
    if (attempt > 1 || origin === 'catch-up' || origin === 'backfill') return;
    if (origin === 'scheduled') delay.observe(lagMs / 1_000, job, traceparent);
    wait.observe(waitMs / 1_000, queue);
  });
}
