import { offerRrule } from './runtime/rrule_package.ts';
import type { ConnectionOptions, LibraryClient, Running, SchedulerOptions, WorkerOptions } from './library.ts';

export { BelfryError, NonRetryableError, type ErrorCode } from './core/errors.ts';
export { defineJob } from './core/job.ts';
export type {
  BackoffSpec,
  BlackoutSpec,
  CatchUpSpec,
  DstSpec,
  EnqueueOptions,
  ExceptSpec,
  Isolation,
  Json,
  JobSpec,
  LimitSpec,
  LogLevel,
  OverlapPolicy,
  RetrySpec,
  RunContext,
  RunLog,
  ScheduleSpec,
  WhenSpec,
} from './core/job.ts';
export { nextFireTimes, previousFireTime, type FireTimeOptions } from './core/time/fire_times.ts';
export type { ConnectionOptions, LibraryClient, Running, SchedulerOptions, WorkerOptions } from './library.ts';

offerRrule();

// The engine is loaded on first use: a job file imports this module for defineJob, and the child process of an isolated
// attempt would otherwise load all of it each time.
const engine = () => import('./library.ts');

/** Connects and answers a client: enqueue, trigger, list, cancel, retry. Throws coded errors (BelfryError). */
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
