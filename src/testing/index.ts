import { offerAjv } from '../runtime/ajv_package.ts';
import { offerRrule } from '../runtime/rrule_package.ts';

export { runJob, type JobRun, type RunJobOptions } from './run_job.ts';
export { createTestBelfry, type TestBelfry, type TestBelfryOptions } from './test_belfry.ts';
export type { AttemptEnd } from './attempt_end.ts';
export type { TestAttempt } from './drain.ts';
export type { EnqueuedRun } from './enqueued.ts';
export type { LoggedLine } from './log_line.ts';
export type { PayloadMatcher } from './match.ts';
export type { AttemptRecord, Wanted } from './recorder.ts';

// As the index does, for a test that imports only this.
offerAjv();
offerRrule();
