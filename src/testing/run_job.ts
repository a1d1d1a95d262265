import { compileJob } from '../core/compile_job.ts';
import type { JobDefinition } from '../core/definition.ts';
import { BelfryError } from '../core/errors.ts';
import { createEventBus } from '../core/events.ts';
import { packExtras } from '../core/extras.ts';
import type { ChildResult, JobSpec, Json, RunContext } from '../core/job.ts';
import { packParent } from '../core/kin.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import { needsPayload, packKeys } from '../core/limit.ts';
import { scheduledRunId, type Run, type Settlement } from '../core/run.ts';
import { NO_SEAL_KEYS } from '../core/seal.ts';
import { NO_TRACING } from '../core/tracing.ts';
import { systemClock } from '../runtime/clock.ts';
import { createSeal } from '../runtime/seal.ts';
import { createExecutor } from '../worker/executor.ts';
import { LiveAttempt } from '../worker/live_attempt.ts';
import { endOf, type AttemptEnd } from './attempt_end.ts';
import { wholeDelay } from './whole_delay.ts';
import { createRecorder, notesOf, type AttemptRecord } from './recorder.ts';

export type RunJobOptions<Payload = Json> = {
  /** Goes through JSON and the job's schema, as a worker does it. Default null. */
  payload?: Payload | Json;
  /** 1 (default) for the first attempt: those before it have failed. */
  attempt?: number;
  /** The run that the handler sees. With a `schedule` its id is that of a scheduled run. */
  run?: Partial<RunContext['run']>;
  /** What an earlier attempt has left with `checkpoint`. */
  checkpointed?: Json;
  /** Results of the effects that earlier attempts have completed with `once`, by key. */
  completed?: Record<string, Json>;
  /** Id of the batch that the run belongs to. */
  batch?: string;
  /** Runs `gather` instead of `run`, with these. */
  children?: ChildResult[];
  /** When it is aborted the attempt is stopped as by a worker that shuts down. */
  signal?: AbortSignal;
  /** `told`: an attempt that fails is answered, as `dead` or `retrying`, and not thrown. Default `thrown`. */
  failure?: 'thrown' | 'told';
};

export type JobRun = AttemptEnd &
  AttemptRecord & {
    /** The last one said; undefined for none. */
    progress: number | undefined;
  };

const OPTIONS = [
  'payload',
  'attempt',
  'run',
  'checkpointed',
  'completed',
  'batch',
  'children',
  'signal',
  'failure',
] as const satisfies readonly (keyof RunJobOptions)[];
/** A handler that ignores its signal is left behind after this long, as in a worker. */
const GRACE_MS = 1_000;
const MAX_RESULT_BYTES = 1_048_576;

/**
 * Runs one attempt of a job in this process, without Redis, by the worker's own executor, and answers what the handler
 * did: what it logged, enqueued, spawned and noted, and its result. The timeout of the job holds, its isolation does not.
 * Rejects with what the handler threw (unless `failure` says otherwise), BAD_PAYLOAD for a payload that the schema refuses,
 * BAD_JOB and the like for a job that no worker would take.
 */
export async function runJob<Payload>(
  job: JobSpec<Payload>,
  options: RunJobOptions<NoInfer<Payload>> = {},
): Promise<JobRun> {
  assertKnownKeys(options, OPTIONS, { code: 'BAD_USAGE', field: 'options' });
  const { record, deps } = createRecorder(options.children);
  const { definition, thrown } = watchThrows(compileOnce(options.run?.job ?? 'job', job));
  const live = new LiveAttempt({
    attempt: { run: makeRun(definition, options), token: '1' },
    definition,
    policy: definition.policy,
    row: 0,
    startedAt: systemClock.monotonic(),
    notes: notesOf(options.checkpointed, options.completed),
  });
  const settlement = await new Promise<Settlement>((resolve) => {
    const executor = createExecutor({
      ...deps,
      events: createEventBus(),
      seal: createSeal(NO_SEAL_KEYS),
      tracing: NO_TRACING,
      maxResultBytes: MAX_RESULT_BYTES,
      killAfterMs: GRACE_MS,
      cacheDirectory: undefined,
      random: wholeDelay,
      now: systemClock.now,
      onEnd(_live, ended) {
        endWatch();
        resolve(ended);
      },
    });
    const endWatch = watchTime(live, { signal: options.signal, abandon: () => executor.abandon(live) });
    executor.run(live, systemClock.now());
  });
  await live.notes?.idle();
  const hasFailed = settlement.outcome === 'dead' || settlement.outcome === 'retrying';
  if (hasFailed && options.failure !== 'told') {
    const failure = (live.stopError() ?? thrown() ?? errorOf(settlement)) as Error; // or whatever was thrown
    throw failure;
  }
  return { ...endOf(settlement), ...record, progress: live.progress };
}

/** A job that was handed over in code has no file that a thread or process could load: it runs inline. */
export function compileInline(name: string, job: unknown): JobDefinition {
  const isSpec = typeof job === 'object' && job !== null && 'isolation' in job;
  return compileJob(name, isSpec ? { ...job, isolation: undefined } : job);
}

/** To compile a schema takes longer than most handlers, and a test may run a job many times. */
const compiled = new WeakMap<object, JobDefinition>();

function compileOnce(name: string, job: object): JobDefinition {
  const known = compiled.get(job);
  if (known?.name === name) return known;
  const definition = compileInline(name, job);
  compiled.set(job, definition);
  return definition;
}

/** The same job, and what its code has thrown last: a settlement has but the words of it. */
function watchThrows(definition: JobDefinition): { definition: JobDefinition; thrown: () => unknown } {
  let last: { error: unknown } | undefined;
  const watch =
    <Args extends unknown[], Answer>(act: (...args: Args) => Answer) =>
    async (...args: Args): Promise<Awaited<Answer>> => {
      try {
        return await act(...args);
      } catch (error) {
        last = { error };
        throw error;
      }
    };
  const { gather } = definition;
  const watched = { ...definition, validate: watch(definition.validate), run: watch(definition.run) };
  return {
    definition: gather === undefined ? watched : { ...watched, gather: watch(gather) },
    thrown: () => (isSignal(last?.error) ? undefined : last?.error),
  };
}

/** Thrown to end an attempt and not for a failure: where it became one, the settlement says why. */
function isSignal(error: unknown): boolean {
  return error instanceof BelfryError && (error.code === 'SNOOZED' || error.code === 'RATE_LIMITED');
}

function errorOf(settlement: Settlement): Error {
  const { name = 'Error', message = '', code } = endOf(settlement).error ?? {};
  return Object.assign(new Error(message), code === undefined ? { name } : { name, code });
}

function makeRun({ name, queue, priority, limits, gather }: JobDefinition, options: RunJobOptions<unknown>): Run {
  const { payload = null, attempt = 1, run = {}, batch, children } = options;
  if (!Number.isSafeInteger(attempt) || attempt < 1) {
    throw new BelfryError('BAD_USAGE', `attempt is ${attempt}`, { field: 'attempt', hint: '1 for the first attempt' });
  }
  if (children !== undefined && gather === undefined) {
    throw new BelfryError('BAD_USAGE', 'children were given, and the job has no gather', { field: 'children' });
  }
  const payloadJson = JSON.stringify(payload) ?? 'null';
  const { fireTime = systemClock.now(), schedule } = run;
  return {
    id: run.id ?? (schedule === undefined ? `${name}-run` : scheduledRunId(schedule, fireTime)),
    job: name,
    queue: run.queue ?? queue,
    priority,
    keys: needsPayload(limits) ? packKeys(limits, JSON.parse(payloadJson) as Json) : '',
    extras: packExtras({
      ...(batch === undefined ? {} : { parent: packParent('batch', 0, batch) }),
      ...(children === undefined ? {} : { children: 'gather' }),
    }),
    policy: '',
    fireTime,
    attempts: attempt - 1,
    failures: attempt - 1,
    crashes: 0,
    payloadJson,
  };
}

type Watch = { signal: AbortSignal | undefined; abandon: () => void };

/** Stops the attempt at its timeout or when it is told to; answers how to end the watch. */
function watchTime(live: LiveAttempt, { signal, abandon }: Watch): () => void {
  const timers: NodeJS.Timeout[] = [];
  const stop = (reason: 'timeout' | 'drain'): void => {
    if (live.stop(reason, systemClock.monotonic())) timers.push(setTimeout(abandon, GRACE_MS));
  };
  const onAbort = (): void => stop('drain');
  const { timeoutMs } = live.policy;
  if (timeoutMs > 0) timers.push(setTimeout(() => stop('timeout'), timeoutMs));
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort);
  return () => {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
}
