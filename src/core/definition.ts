import type { Isolation, Json, JobSpec } from './job.ts';
import type { JobLimit } from './limit.ts';
import type { RunPolicy } from './policy.ts';
import type { ScheduleRule } from './schedule.ts';
import type { DurationMs } from './time/units.ts';

/** A job after validation: defaults filled in, durations in ms, names checked. What everything but the loader works with. */
export type JobDefinition = {
  /** Path under `jobs/` without its extension: `partners/poll`. */
  name: string;
  description: string;
  owner: string;
  queue: string;
  priority: number;
  policy: RunPolicy;
  limits: JobLimit[];
  isolation: Isolation;
  /** Lag threshold, ms. */
  sloLagMs: DurationMs;
  schedule: ScheduleRule | undefined;
  schedulePayload: Json;
  /** Absolute path of the file it came from; undefined for a job that was handed over in code. */
  file: string | undefined;
  run: JobSpec['run'];
  /** Resolves with the payload as the handler gets it, or throws BAD_PAYLOAD naming the field. */
  validate(payload: Json): Promise<Json> | Json;
};
