import type { IsolationCaps } from '../../core/compile_isolation.ts';
import type { JobDefinition } from '../../core/definition.ts';
import { BelfryError, messageOf } from '../../core/errors.ts';
import type { BatchRun, ChildResult, Json, LogLevel } from '../../core/job.ts';
import type { DurationMs } from '../../core/time/units.ts';
import { createBreach } from './breach.ts';
import type { SpawnWords } from '../kin.ts';
import { captureOutput } from './captured_output.ts';
import type { Host, StartHost } from './host.ts';
import type { AttemptFacts, AttemptOrder, EnqueueRequest, FromAttempt, Question } from './messages.ts';
import { startProcess } from './process_host.ts';
import { startThread } from './thread_host.ts';
import { fromWire, toWire } from './wire_error.ts';

export type IsolatedAttempt = {
  definition: Pick<JobDefinition, 'name' | 'file'>;
  /** Payload (as the job's schema answered it), run and attempt number. */
  context: AttemptFacts;
  kind: 'thread' | 'process';
  /** Its abort is handed on to the handler, which then has `killAfterMs` to end by itself. */
  signal: AbortSignal;
  /** What it may take. Default: no caps, and the first 256 KiB of output are kept. */
  caps?: IsolationCaps;
  /** Default 5 s. */
  killAfterMs?: DurationMs;
  /** Folder for compiled TypeScript; without it each attempt compiles its job file again. */
  cacheDirectory?: string | undefined;
  onLog(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  onProgress(fraction: number): void;
  /** Enqueues one run per payload; resolves with their ids, in order. */
  onEnqueue(request: EnqueueRequest): Promise<string[]>;
  /** Keeps a note of the run for its later attempts. */
  onNote(field: string, value: string): Promise<void>;
  /** Adds children; resolves with their ids, in order. */
  onSpawn(words: SpawnWords): Promise<string[]>;
  /** Adds runs to the batch of this one. */
  onAddToBatch(runs: BatchRun[]): Promise<string[]>;
  /** What a child returned, for a gather. */
  onResultOf(child: ChildResult): Promise<Json | undefined>;
};

type Outcome = Extract<FromAttempt, { type: 'succeeded' | 'failed' }>;

const DEFAULT_KILL_AFTER_MS: DurationMs = 5_000;
const START: Record<IsolatedAttempt['kind'], StartHost> = { thread: startThread, process: startProcess };

/**
 * Runs one attempt of a job in a thread or process of its own and resolves with its result.
 *
 * Rejects with what the handler threw (class, code and stack kept); with the signal's reason when the handler had to be
 * killed after an abort; with MEMORY_EXCEEDED or OUTPUT_EXCEEDED when it took more than its caps; with ATTEMPT_CRASHED when the host ended by itself without a word: a failure of this attempt
 * and of nothing else. When the promise settles, the thread or process group is gone.
 */
export async function runIsolated(attempt: IsolatedAttempt): Promise<Json> {
  attempt.signal.throwIfAborted();
  const order = writeOrder(attempt);
  let outcome: Outcome | undefined;
  const answers: Promise<void>[] = [];
  const killer = createKiller(attempt.killAfterMs ?? DEFAULT_KILL_AFTER_MS);

  const caps = attempt.caps ?? {};
  const breach = createBreach(caps, () => host.kill());
  const receive = (message: FromAttempt): void => {
    if (message.type === 'log') attempt.onLog(message.level, message.message, message.fields);
    else if (message.type === 'progress') attempt.onProgress(message.fraction);
    else if (message.type === 'ask') answers.push(answer(host, message, attempt));
    else {
      outcome = message;
      // It has nothing left to do but to end; a handler that left an endless exit hook behind does not get round this.
      killer.arm(host);
    }
  };
  const host: Host = START[attempt.kind]({
    receive,
    memoryBytes: caps.memoryBytes,
    onMemoryExceeded: breach.ofMemory,
  });
  captureOutput(host.output, attempt.onLog, { bytes: caps.outputBytes, onExceeded: breach.ofOutput });
  const abort = (): void => {
    host.send({ type: 'abort', reason: toWire(attempt.signal.reason) });
    killer.arm(host);
  };
  attempt.signal.addEventListener('abort', abort, { once: true });
  try {
    await sendOrder(host, order);
    const { how, cause } = await host.ended;
    await Promise.all(answers);
    return readOutcome(outcome, { attempt, how, cause, breach: breach.error() });
  } finally {
    killer.disarm();
    attempt.signal.removeEventListener('abort', abort);
  }
}

function writeOrder({ definition, context, cacheDirectory }: IsolatedAttempt): AttemptOrder {
  const { name, file } = definition;
  if (file === undefined) throw new BelfryError('BAD_JOB', `job ${name} has no file to run in isolation`);
  return { ...context, job: { name, file }, cacheDirectory };
}

async function sendOrder(host: Host, order: AttemptOrder): Promise<void> {
  try {
    host.send({ type: 'start', order });
  } catch (error) {
    host.kill();
    await host.ended;
    throw new BelfryError('BAD_PAYLOAD', `the payload cannot be handed to another thread: ${messageOf(error)}`, {
      field: 'payload',
      hint: 'an isolated job gets what structured clone can copy: let its schema answer plain data, not functions',
      cause: error,
    });
  }
}

async function answer(
  host: Host,
  { question, wanted }: Extract<FromAttempt, { type: 'ask' }>,
  attempt: IsolatedAttempt,
): Promise<void> {
  try {
    host.send({ type: 'answer', question, value: await ask(attempt, wanted) });
  } catch (error) {
    host.send({ type: 'refusal', question, error: toWire(error) });
  }
}

function ask(
  { onEnqueue, onNote, onSpawn, onAddToBatch, onResultOf }: IsolatedAttempt,
  wanted: Question,
): Promise<unknown> {
  switch (wanted.kind) {
    case 'enqueue':
      return onEnqueue(wanted);
    case 'note':
      return onNote(wanted.field, wanted.value);
    case 'spawn':
      return onSpawn(wanted);
    case 'batch':
      return onAddToBatch(wanted.runs);
    case 'result':
      return onResultOf(wanted.child);
  }
}

function readOutcome(
  outcome: Outcome | undefined,
  { attempt, how, cause, breach }: { attempt: IsolatedAttempt; how: string; cause: unknown; breach: Error | undefined },
): Json {
  if (outcome?.type === 'succeeded') return outcome.result;
  if (outcome?.type === 'failed') throw fromWire(outcome.error);
  if (breach !== undefined) throw breach;
  attempt.signal.throwIfAborted();
  const why = cause === undefined ? '' : `: ${messageOf(cause)}`;
  throw new BelfryError('ATTEMPT_CRASHED', `${how}${why}`, {
    hint: 'its last output is in the run log; out of memory, a native crash and process.exit() look like this',
    cause,
  });
}

/** Kills a host that has not ended within a time of being told to. */
function createKiller(afterMs: DurationMs) {
  let timer: NodeJS.Timeout | undefined;
  return {
    arm: (host: Host): void => {
      timer ??= setTimeout(() => host.kill(), afterMs);
    },
    disarm: (): void => clearTimeout(timer),
  };
}
