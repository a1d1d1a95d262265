import type { After } from './after.ts';
import type { IsolationCaps } from './compile_isolation.ts';
import type { Isolation, Json, JobSpec } from './job.ts';
import type { JobLimit } from './limit.ts';
import type { RunPolicy } from './policy.ts';
import type { On429 } from './rate_limited.ts';
import type { RetryCode } from './retry_decision.ts';
import type { ScheduleRule } from './schedule.ts';
import type { Slo } from './slo.ts';
import type { JobBounds } from './start_bounds.ts';
import type { DurationMs } from './time/units.ts';
import type { UniqueRule } from './unique.ts';

/** A job after validation: defaults filled in, durations in ms, names checked. What everything but the loader works with. */
export type JobDefinition = {
  /** Path under `jobs/` without its extension: `partners/poll`. */
  name: string;
  description: string;
  owner: string;
  queue: string;
  priority: number;
  policy: RunPolicy;
  /** The parts of its retry policy that are code; undefined for none. */
  retryCode: RetryCode | undefined;
  limits: JobLimit[];
  on429: On429;
  isolation: Isolation;
  isolationCaps: IsolationCaps;
  unique: UniqueRule | undefined;
  bounds: JobBounds;
  maxSnoozes: number;
  /** Lag threshold, ms. */
  sloLagMs: DurationMs;
  /** What else it promises. */
  slo: Slo;
  schedule: ScheduleRule | undefined;
  schedulePayload: Json;
  /** The jobs that it comes after; undefined for none. */
  after: After | undefined;
  /** Absolute path of the file it came from; undefined for a job that was handed over in code. */
  file: string | undefined;
  run: JobSpec['run'];
  gather: JobSpec['gather'];
  children: 'all' | 'settled';
  /** Resolves with the payload as the handler gets it, or throws BAD_PAYLOAD naming the field. */
  validate(payload: Json): Promise<Json> | Json;
};
