import type {
  BatchRun,
  ChildResult,
  EnqueueOptions,
  Json,
  LogLevel,
  RunContext,
  RunLog,
  SpawnOptions,
} from '../../core/job.ts';
import { withoutCode } from '../../core/unique.ts';
import { rateLimited } from '../../core/rate_limited.ts';
import { snooze } from '../../core/snooze.ts';
import { createRunNotes, type RunNotes } from '../run_notes.ts';
import type { AttemptFacts, FromAttempt, Question, ToAttempt } from './messages.ts';
import { fromWire } from './wire_error.ts';

/** The parent keeps only the last fraction, so sending each of a tight loop's would be work for nothing. */
const PROGRESS_PAUSE_MS = 100;

type Answer = Extract<ToAttempt, { type: 'answer' | 'refusal' }>;

type AttemptContext = {
  /** The context that the handler gets, whose calls travel to the parent as messages. */
  complete(facts: AttemptFacts): RunContext;
  /** For a gather, see GatherContext. */
  resultOf(child: ChildResult): Promise<Json | undefined>;
  /** Hands an answer of the parent to the call that waits for it. */
  settle(answer: Answer): void;
  /** Sends what is held back, and waits for what is still being noted. */
  flush(): Promise<void>;
};

export function createAttemptContext(parent: {
  send(message: FromAttempt): void;
  signal: AbortSignal;
}): AttemptContext {
  const questions = createQuestions(parent.send);
  const progress = createProgress(parent.send);
  let notes: RunNotes | undefined;
  const enqueueMany = (job: string, payloads: Json[], options: EnqueueOptions = {}): Promise<string[]> =>
    questions.ask({ kind: 'enqueue', job, payloads, options: withoutCode(options) }) as Promise<string[]>;
  const spawnMany = (job: string, payloads: Json[], options: SpawnOptions = {}): Promise<string[]> =>
    questions.ask({ kind: 'spawn', job, payloads, options }) as Promise<string[]>;
  const addToBatch = (runs: BatchRun[]): Promise<string[]> =>
    questions.ask({ kind: 'batch', runs }) as Promise<string[]>;
  return {
    complete: ({ payload, run, attempt, traceparent, memory, batch }) => {
      const noted = createRunNotes(memory, async (field, value) => {
        await questions.ask({ kind: 'note', field, value });
      });
      notes = noted;
      return {
        payload,
        run,
        attempt,
        traceparent,
        signal: parent.signal,
        log: createLog(parent.send),
        progress: progress.report,
        enqueue: async (job, ...words) => {
          const [payloadOfJob = null, options] = words as [Json?, EnqueueOptions?];
          const [runId] = await enqueueMany(job, [payloadOfJob], options);
          return runId as string;
        },
        enqueueMany: (job, payloads, options) => enqueueMany(job, payloads as Json[], options),
        rateLimited,
        snooze,
        spawn: async (job, ...words) => {
          const [payloadOfChild = null, options] = words as [Json?, SpawnOptions?];
          const [runId] = await spawnMany(job, [payloadOfChild], options);
          return runId as string;
        },
        spawnMany: (job, payloads, options) => spawnMany(job, payloads as Json[], options),
        batch: batch === undefined ? undefined : { id: batch, add: addToBatch },
        checkpoint: noted.checkpoint,
        get checkpointed() {
          return noted.checkpointed();
        },
        once: noted.once,
      };
    },
    resultOf: (child) => questions.ask({ kind: 'result', child }) as Promise<Json | undefined>,
    settle: questions.settle,
    async flush() {
      progress.flush();
      await notes?.idle();
    },
  };
}

function createQuestions(send: (message: FromAttempt) => void) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  return {
    ask: (wanted: Question): Promise<unknown> =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        send({ type: 'ask', question: last, wanted });
      }),
    settle: (answer: Answer): void => {
      const call = waiting.get(answer.question);
      waiting.delete(answer.question);
      if (answer.type === 'answer') call?.resolve(answer.value);
      else call?.reject(fromWire(answer.error));
    },
  };
}

function createProgress(send: (message: FromAttempt) => void) {
  let latest: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (latest !== undefined) send({ type: 'progress', fraction: latest });
    latest = undefined;
  };
  const report = (fraction: number): void => {
    latest = fraction;
    timer ??= setTimeout(flush, PROGRESS_PAUSE_MS).unref();
  };
  return { report, flush };
}

function createLog(send: (message: FromAttempt) => void): RunLog {
  const write =
    (level: LogLevel) =>
    (message: string, fields?: Record<string, unknown>): void =>
      send({
        type: 'log',
        level,
        message,
        fields: fields === undefined ? undefined : toPlain(fields),
      });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Log fields as JSON keeps them: what cannot be cloned must not fail the handler that only wanted to log. */
function toPlain(fields: Record<string, unknown>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    try {
      const json = JSON.stringify(value instanceof Error ? { name: value.name, message: value.message } : value);
      if (json !== undefined) plain[key] = JSON.parse(json) as Json;
    } catch {
      plain[key] = String(value);
    }
  }
  return plain;
}
