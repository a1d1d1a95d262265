export { BelfryError, NonRetryableError, type ErrorCode } from './core/errors.ts';
export { defineJob } from './core/job.ts';
export type {
  BackoffSpec,
  EnqueueOptions,
  Isolation,
  Json,
  JobSpec,
  LimitSpec,
  LogLevel,
  RetrySpec,
  RunContext,
  RunLog,
  ScheduleSpec,
} from './core/job.ts';
