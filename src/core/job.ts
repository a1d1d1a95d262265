import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { KeySpec } from './key_template.ts';
import type { Duration } from './time/units.ts';

/** A schedule's answer to a change of the clock: a known system's, or one put together. See docs/guides/dst.md. */
export type DstSpec =
  | 'vixie'
  | 'cronos'
  | 'quartz'
  | 'kubernetes'
  | { gap: 'transition' | 'shift' | 'skip'; overlap: 'first' | 'last' | 'both'; dayMatch?: 'or' | 'and' };

/** Times that are left out: the name of a calendar, or a rule written in place. Dates are local to the schedule's zone. */
export type ExceptSpec =
  | string
  | {
      /** Whole days, `2026-12-25`. */
      dates?: readonly string[];
      /** Whole days of every year, `12-25`. */
      yearly?: readonly string[];
      /** Whole weekdays as cron writes them, `SAT,SUN`. */
      weekdays?: string;
      /** Each instant that this cron text matches. */
      cron?: string;
    };

/** When. Exactly one of `cron`, `every`, `at`, `repeat`, `rrule`, `afterCompletion` and `anyOf`. */
export type WhenSpec = {
  /** 5 to 7 fields (seconds first, year last), or an alias such as `@daily`, `@every 90s` or `@reboot`. */
  cron?: string;
  /** Fixed interval, counted from `anchor` (so that it is the same on each replica). */
  every?: Duration;
  /** Instant that `every` counts from. Default: the epoch. */
  anchor?: string;
  /** With `every`: only in this part of each local day, counted from its beginning; both ends fire: `09:00-17:00`. */
  between?: string;
  /** One instant or several, each once: ISO 8601, local to `timezone` where it has no offset. */
  at?: string | readonly string[];
  /** ISO 8601 repeating interval: `R10/2026-01-01T00:00:00Z/PT1H`; `R/` for ever. */
  repeat?: string;
  /** RFC 5545 recurrence, with its DTSTART. Needs the package `rrule-temporal`. */
  rrule?: string;
  /** Fixed delay after the end of the run before. */
  afterCompletion?: Duration;
  /** Several of these at once; an instant that two of them name fires once. Each inherits `timezone` and `dst`. */
  anyOf?: readonly WhenSpec[];
  /** IANA zone, default `UTC`. */
  timezone?: string;
  /** What a change of the clock does. Default `vixie`. */
  dst?: DstSpec;
  /** Only every nth firing, counted from `start`, which it needs. */
  nth?: number;
  /** Left out: these are no fire times at all. */
  except?: ExceptSpec | readonly ExceptSpec[];
  /** No fire time before this instant. */
  start?: string;
  /** No fire time at or after this instant. */
  end?: string;
};

/** Fire times inside get the verdict `skipped(blackout)`: between two instants, or for a while from each match of a cron text. */
export type BlackoutSpec = { from: string; to: string } | { cron: string; for: Duration };

export type OverlapPolicy = 'allow' | 'skip' | 'buffer-one' | 'buffer-all' | 'cancel' | 'terminate';

export type CatchUpSpec =
  | 'none'
  | 'latest'
  | 'all'
  | {
      /** The newest so many; older ones are merged into the oldest of them. */
      max: number | 'all';
      /** How fast missed fire times are released, below live work. Default `60/1m`. */
      rate?: string;
    };

/** When a job fires by itself, and what is done about late, early, overlapping and unwanted fire times. */
export type ScheduleSpec = WhenSpec & {
  /** Random-looking delay per fire time, at most this long and never past the next fire time. */
  jitter?: Duration;
  /** Spreads schedules: a delay within this window that is always the same for one schedule. */
  window?: Duration;
  /** What happens when the last run still lives. Default `skip`. */
  overlap?: OverlapPolicy;
  /** What is done about fire times that were missed. Default `latest`. */
  catchUp?: CatchUpSpec;
  /** Fire times older than this are recorded as missed, not caught up. Default 24 h. */
  catchUpWindow?: Duration;
  /** A fire time that could not be fired within this long is recorded as missed. Default: none. */
  startDeadline?: Duration;
  /** Fire times that are recorded as skipped. */
  blackout?: readonly BlackoutSpec[];
  /** Pauses the schedule when this many of its runs in a row became dead letters. */
  pauseOnFailure?: number;
  /** Ends after this many runs. */
  maxRuns?: number;
  /** What becomes of a schedule without fire times to come. Default `keep`; `delete` is for schedules of the API. */
  afterLast?: 'keep' | 'delete';
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

/** How many runs may start, and run at once, shared by the whole fleet. At least one of `rate` and `concurrency`. */
export type LimitSpec<Payload = Json> = {
  /** What is counted together: a template such as `partner:{partner}`, or a function that only fills in fields. Default: all runs of the job. */
  key?: KeySpec<Payload>;
  /** `20/1s`, `100/1m`, `5000/1d`: never more starts than this in any window of that length. */
  rate?: string;
  /** Starts that may come at once out of `rate`. Default: a tenth of its count. */
  burst?: number;
  /** Runs at once. */
  concurrency?: number;
  /** A key of weight 4 gets four times the turns of one of weight 1. Default 1. */
  weight?: number;
};

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
  limits?: LimitSpec<Payload>[];
  /** Keys that take turns, so that a key with a million waiting runs does not delay one with a single run. Keys of `limits` do so anyway. */
  fairness?: KeySpec<Payload> | { key: KeySpec<Payload>; weight?: number };
  /** Runs of one key start one at a time, in the order they were enqueued; a failing one keeps the next ones waiting until it is over. */
  ordered?: KeySpec<Payload>;
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
