import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { IsolationSpec, RetrySpec } from './attempt_spec.ts';
import type { PayloadOf, PayloadThen } from './job_payloads.ts';
import type { Json } from './json.ts';
import type { KeySpec } from './key_spec.ts';
import type { ScheduleSpec } from './schedule_spec.ts';
import type { SloSpec } from './slo.ts';
import type { Duration } from './time/units.ts';
import type { UniqueSpec } from './unique_spec.ts';

export type { BackoffSpec, Isolation, IsolationSpec, RetryFailure, RetrySpec } from './attempt_spec.ts';
export type { Json } from './json.ts';
export type {
  BlackoutSpec,
  CatchUpSpec,
  DstSpec,
  ExceptSpec,
  OverlapPolicy,
  ScheduleSpec,
  WhenSpec,
} from './schedule_spec.ts';

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

/** The jobs that a job comes after: it fires when they have succeeded since its own last firing. */
export type AfterSpec =
  | readonly string[]
  | {
      jobs: readonly string[];
      /** Whether each of them is waited for, or one is enough. Default `all`. */
      need?: 'all' | 'any';
      /** `success`: only runs that succeed count; `end`: every run that is over. Default `success`. */
      on?: 'success' | 'end';
    };

/** How a child run ended. */
export type ChildResult = {
  id: string;
  job: string;
  state: 'succeeded' | 'dead' | 'cancelled';
  /** What it returned; undefined for nothing, and for what `inlined` is false. */
  result?: Json;
  error?: { name: string; message: string; code?: string };
  /** False where its result is too large to be handed over, or behind the first thousand: `resultOf` reads it. */
  inlined: boolean;
};

/** What a gather handler is given: the context of its run, and what became of the children. */
export type GatherContext<Payload = Json> = Omit<RunContext<Payload>, 'spawn' | 'spawnMany'> & {
  /** Children that succeeded, in the order in which they were spawned. */
  results: ChildResult[];
  /** Children that did not; always empty where `children` is `all`. */
  failures: ChildResult[];
  /** What a child returned, from the history where it was not handed over. Throws NOT_FOUND once the history has let go of it. */
  resultOf(child: ChildResult): Promise<Json | undefined>;
};

export type SpawnOptions = Pick<EnqueueOptions, 'delay' | 'priority'> & {
  /**
   * Names the child within its run: a retry that spawns the same key makes no second one. Default: how many this attempt
   * has spawned before, so a handler that spawns the same in the same order needs no key.
   */
  key?: string;
};

/** Runs of the batch that a run belongs to. */
export type RunBatch = {
  id: string;
  /** Adds runs to the batch, also when it is closed for others: it is not over while this run is not. */
  add(runs: BatchRun[]): Promise<string[]>;
};

export type BatchRun = { job: string; payload?: Json; delay?: Duration; priority?: number };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type RunLog = Record<LogLevel, (message: string, fields?: Record<string, unknown>) => void>;

export type EnqueueOptions = {
  /** Not before this long from now. */
  delay?: Duration;
  /** 0 to 9, 9 is most urgent. Default: the job's own. */
  priority?: number;
  /** Own run id, for idempotent enqueues: a second enqueue with the same id changes nothing. */
  id?: string;
  /** At most one run of a key; `false` for none, whatever the job says. Resolves with the id of the run that stands for it. */
  unique?: UniqueSpec<Json> | false;
  /** No attempt starts after this: an instant with its offset, `2026-03-01T09:00:00Z`, or so long after the run is due. */
  deadline?: Duration;
  /** Ends the run, waiting or running, where it is not over so long after it was due. */
  expiry?: Duration;
  /** W3C trace context to link the run's span to. Default: the active span's, where OpenTelemetry is set up. */
  traceparent?: string;
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
  /** W3C trace context of this attempt's span, or without OpenTelemetry the one that the run was enqueued with. */
  traceparent?: string | undefined;
  log: RunLog;
  /** 0 to 1. Throttled; only the last value is kept. */
  progress(fraction: number): void;
  /**
   * Keeps a position for the next attempt of this run, after a failure, a crash or a deploy: JSON of up to 64 KiB. Resolves
   * when it, or a later one, is stored; rejects with LEASE_LOST when the run is another worker's by now.
   */
  checkpoint(value: Json): Promise<void>;
  /** What `checkpoint` was last called with by any attempt of this run; undefined if it never was. */
  readonly checkpointed: Json | undefined;
  /**
   * Runs the effect unless an attempt of this run has completed it, and resolves with its result as JSON keeps it (up to
   * 16 KiB). A crash between the effect and the note of it lets it run again, so it runs at least once: hand the
   * idempotency key, which stays the same over attempts, to whoever performs the effect.
   */
  once<Result>(key: string, effect: (idempotencyKey: string) => Result | Promise<Result>): Promise<Result>;
  /**
   * Ends this attempt without counting it; the run comes again after that long. It throws, so nothing behind it happens:
   * do not catch what it throws. After `maxSnoozes` of them the run is a dead letter.
   */
  snooze(length: Duration): never;
  /** Enqueue one run of another job (or of this one). Resolves with the run id. */
  enqueue<Job extends string>(job: Job, ...words: PayloadThen<Job, EnqueueOptions>): Promise<string>;
  /** Enqueue many runs of one job in one call. Resolves with the run ids, in order. */
  enqueueMany<Job extends string>(
    job: Job,
    payloads: PayloadOf<Job>[],
    options?: Omit<EnqueueOptions, 'id'>,
  ): Promise<string[]>;
  /**
   * Says that a partner takes no more for a while. Throws, which ends the attempt: the run goes back to the front of its
   * lane uncounted, and no run with the key starts before `retryAfter` is over, on any worker (a second at least, a day at most).
   * `key` is one of the run's keys; default is the first of its payload, or else the job's.
   */
  rateLimited(...words: [retryAfter: Duration] | [key: string, retryAfter: Duration]): never;
  /**
   * Adds a child: a run that this one waits for. When the handler is done and every child is over, the run ends, or goes
   * on with the job's `gather`. Resolves with the child's id.
   */
  spawn<Job extends string>(job: Job, ...words: PayloadThen<Job, SpawnOptions>): Promise<string>;
  /** Adds many children of one job in one call. With a `key`, theirs are `<key>/0`, `<key>/1` and so on. */
  spawnMany<Job extends string>(job: Job, payloads: PayloadOf<Job>[], options?: SpawnOptions): Promise<string[]>;
  /** The batch that the run belongs to, where it does. */
  batch?: RunBatch | undefined;
};

/** A job as a file in `jobs/` writes it. `Input` is what an enqueue hands over where a schema makes something else of it. */
export type JobSpec<Payload = Json, Input = unknown> = {
  description?: string;
  owner?: string;
  schedule?: ScheduleSpec;
  /** Fires it when other jobs have run. Not beside a schedule. */
  after?: AfterSpec;
  /** Payload of the runs that the schedule, or `after`, fires. Default `null`. */
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
  /**
   * A handler that throws an answer with status 429 and a Retry-After (itself, as `response` or as `cause`): `hold` sends
   * the run back uncounted and holds its first payload key, or else the job, for that long; `fail` is a failure as any
   * other. Default `hold`.
   */
  on429?: 'hold' | 'fail';
  slo?: SloSpec;
  /** Default for its runs. A fire time is recorded as skipped while a run has the key; released and backfilled ones have none. */
  unique?: UniqueSpec<Payload>;
  /** No attempt of a run starts later than this after the run was due. Default: none. */
  deadline?: Duration;
  /** Ends a run, waiting or running, that is not over so long after it was due. Default: none. */
  expiry?: Duration;
  /** How often a run may be put off by `snooze`. Default 100. */
  maxSnoozes?: number;
  isolation?: IsolationSpec;
  /** A Standard Schema (zod, valibot, arktype) or a JSON Schema object. */
  payload?: StandardSchemaV1<Input, Payload> | Record<string, unknown>;
  run(context: RunContext<Payload>): unknown;
  /**
   * What follows when all children that a run has spawned are over; its answer is the result of the run. It has attempts of its own, by the
   * same policy.
   */
  gather?(context: GatherContext<Payload>): unknown;
  /** `all` (default): a run whose child did not succeed becomes a dead letter. `settled`: it goes on all the same. */
  children?: 'all' | 'settled';
};

/** Says what a job is. A file in `jobs/` exports its answer as default; nothing is registered here. */
export function defineJob<Payload = Json, Input = unknown>(spec: JobSpec<Payload, Input>): JobSpec<Payload, Input> {
  return spec;
}
