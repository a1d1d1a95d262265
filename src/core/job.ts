import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from './time/units.ts';

/** When a job fires by itself, as a job file writes it. Exactly one of `cron` and `every`. */
export type ScheduleSpec = {
  /** 5 or 6 fields (seconds first), or an alias such as `@daily`, or `@every 90s`. */
  cron?: string;
  /** Fixed interval, counted from the epoch (so that it is the same on each replica). */
  every?: Duration;
  /** IANA zone, default `UTC`. */
  timezone?: string;
  /** Random-looking delay per fire time, at most this long and never past the next fire time. */
  jitter?: Duration;
  /** What happens when the last run still lives. Default `skip`. */
  overlap?: 'skip' | 'allow';
  /** What is done about fire times that were missed. Default `latest`. */
  catchUp?: 'latest' | 'none';
  /** Fire times older than this are recorded as missed, not caught up. Default 24 h. */
  catchUpWindow?: Duration;
  /** A fire time that could not be fired within this long is recorded as missed. Default: none. */
  startDeadline?: Duration;
};

export type BackoffSpec = {
  type?: 'exponential' | 'fixed';
  /** Delay before the second attempt. Default 1 s. */
  initial?: Duration;
  /** Cap. Default 5 min. */
  max?: Duration;
  /** `full`: uniform in [0, delay]; `none`: exactly the delay. Default `full`. */
  jitter?: 'full' | 'none';
};

export type RetrySpec = {
  /** Attempts in all, the first included. Default 3. */
  attempts?: number;
  backoff?: BackoffSpec;
};

/** How many runs of this job may start: `rate: '20/1s'` shared by the whole fleet. */
export type LimitSpec = { rate: string };

export type Isolation = 'inline' | 'thread' | 'process';

/** A JSON value: what payloads and results are made of. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type RunLog = Record<LogLevel, (message: string, fields?: Record<string, unknown>) => void>;

export type EnqueueOptions = {
  /** Not before this long from now. */
  delay?: Duration;
  /** 0 to 9, 9 is most urgent. Default: the job's own. */
  priority?: number;
  /** Own run id, for idempotent enqueues: a second enqueue with the same id changes nothing. */
  id?: string;
};

/** What a handler is given. */
export type RunContext<Payload = Json> = {
  payload: Payload;
  run: {
    id: string;
    job: string;
    queue: string;
    /** The schedule that fired it; undefined for an enqueued or triggered run. */
    schedule: string | undefined;
    /** Epoch ms the rule names, or of the enqueue where no schedule fired it. */
    fireTime: number;
  };
  /** 1 for the first attempt; counts every start, lost ones too. */
  attempt: number;
  /** Aborted on timeout, cancel, drain deadline and a lost lease. */
  signal: AbortSignal;
  log: RunLog;
  /** 0 to 1. Throttled; only the last value is kept. */
  progress(fraction: number): void;
  /** Enqueue one run of another job (or of this one). Resolves with the run id. */
  enqueue(job: string, payload?: Json, options?: EnqueueOptions): Promise<string>;
  /** Enqueue many runs of one job in one call. Resolves with the run ids, in order. */
  enqueueMany(job: string, payloads: Json[], options?: Omit<EnqueueOptions, 'id'>): Promise<string[]>;
};

/** A job as a file in `jobs/` writes it. */
export type JobSpec<Payload = Json> = {
  description?: string;
  owner?: string;
  schedule?: ScheduleSpec;
  /** Payload of the runs that the schedule fires. Default `null`. */
  schedulePayload?: Json;
  queue?: string;
  /** 0 to 9, 9 is most urgent. Default 5. */
  priority?: number;
  /** Ends an attempt: abort signal, then (isolated jobs) a kill. Default: none. */
  timeout?: Duration;
  retry?: RetrySpec;
  limits?: LimitSpec[];
  slo?: { lag?: Duration };
  isolation?: Isolation;
  /** A Standard Schema (zod, valibot, arktype) or a JSON Schema object. */
  payload?: StandardSchemaV1<unknown, Payload> | Record<string, unknown>;
  run(context: RunContext<Payload>): unknown;
};

/** Says what a job is. A file in `jobs/` exports its answer as default; nothing is registered here. */
export function defineJob<Payload = Json>(spec: JobSpec<Payload>): JobSpec<Payload> {
  return spec;
}
