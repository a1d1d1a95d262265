import { offerAjv } from './runtime/ajv_package.ts';
import { offerRrule } from './runtime/rrule_package.ts';
import type { ConnectionOptions, LibraryClient, Running, SchedulerOptions, WorkerOptions } from './library.ts';

export { BelfryError, NonRetryableError, type ErrorCode } from './core/errors.ts';
export { RateLimitedError } from './core/rate_limited.ts';
export { defineJob } from './core/job.ts';
export type { UniqueMode, UniqueSpec } from './core/unique_spec.ts';
export { SnoozeError } from './core/snooze.ts';
export type { EnqueueOutcome } from './core/unique.ts';
export type { Enqueued } from './store/unique_runs.ts';
export type { JobPayloads, JobRef, PayloadOf } from './core/job_payloads.ts';
export { jobRef, type BulkEntries, type BulkEntry, type PayloadArguments } from './core/job_ref.ts';
export type {
  AfterSpec,
  BackoffSpec,
  BatchRun,
  ChildResult,
  GatherContext,
  RunBatch,
  SpawnOptions,
  BlackoutSpec,
  CatchUpSpec,
  DstSpec,
  EnqueueOptions,
  ExceptSpec,
  Isolation,
  IsolationSpec,
  Json,
  JobSpec,
  LimitSpec,
  LogLevel,
  OverlapPolicy,
  RetryFailure,
  RetrySpec,
  RunContext,
  RunLog,
  ScheduleSpec,
  WhenSpec,
} from './core/job.ts';
export type { ErrorDetail } from './core/errors.ts';
export type { EventName, Events } from './core/events.ts';
export type { KeySpec } from './core/key_spec.ts';
export type { FinishedRun, RunError, RunState } from './core/run.ts';
export type { SloSpec } from './core/slo.ts';
export type { Duration, DurationMs, EpochMs } from './core/time/units.ts';
export type { LedgerEntry } from './core/verdict.ts';
export type { Backlog, BacklogQuestion } from './client/backlog.ts';
export type { BackfillRequest } from './client/backfills.ts';
export type { RestartPreview, RestartRequest } from './client/begin_restart.ts';
export type { Batch, BatchCallback, BatchRequestOptions } from './client/batches.ts';
export type { BulkRequest } from './client/bulk.ts';
export type { RunSelection } from './client/bulk_filter.ts';
export type { BulkView } from './client/bulk_view.ts';
export type { ControlAnswer, ScheduleTarget } from './client/control_schedules.ts';
export type { LetterFilter, LetterPage, LetterQuery } from './client/dead_letters.ts';
export type { FreezeRequest } from './client/freezes.ts';
export type { LimitView } from './client/limit_view.ts';
export type { JobView } from './client/job_view.ts';
export type { LimitPage, LimitWish } from './client/limits.ts';
export type { SchedulePage, ScheduleQuery } from './client/list_schedules.ts';
export type { PauseWords } from './client/notes.ts';
export type { QueueView } from './client/queues.ts';
export type { RestartWatch, ResumeRequest } from './client/run_restart.ts';
export type { CancelResult, RunFilter, RunView } from './client/runs.ts';
export type { SaveAnswer, SaveMode } from './client/save_schedules.ts';
export type { ScheduleEntry } from './client/schedule_entry.ts';
export type { ScheduleView } from './client/schedule_view.ts';
export type { Triggered, TriggerOptions } from './client/trigger.ts';
export type { DrainWords, WorkerView } from './client/workers.ts';
export type { Freeze, PauseNote } from './core/freeze.ts';
export type { Restart, RestartTerms } from './core/restart/restart.ts';
export type { ResumeTerms } from './core/restart/resume.ts';
export type { CalendarRule, ScheduleRule } from './core/schedule.ts';
export { compileCalendar, type CalendarSpec } from './core/time/calendar.ts';
export { nextFireTimes, previousFireTime, type FireTimeOptions } from './core/time/fire_times.ts';
export type {
  ConnectionOptions,
  JobsOption,
  LibraryClient,
  Running,
  SchedulerOptions,
  WorkerOptions,
} from './library.ts';

offerAjv();
offerRrule();

// The engine is loaded on first use: a job file imports this module for defineJob, and the child process of an isolated
// attempt would otherwise load all of it each time.
const engine = () => import('./library.ts');

/** Connects and answers a client: runs, jobs, schedules, backfills, freezes, calendars. Throws coded errors (BelfryError). */
export async function createClient(options?: ConnectionOptions): Promise<LibraryClient> {
  return (await engine()).createClient(options);
}

/** Registers the jobs and starts a replica of the scheduler in this process. */
export async function createScheduler(options: SchedulerOptions): Promise<Running> {
  return (await engine()).createScheduler(options);
}

/** Starts a worker in this process, for jobs that a scheduler registers. */
export async function createWorker(options: WorkerOptions): Promise<Running> {
  return (await engine()).createWorker(options);
}
