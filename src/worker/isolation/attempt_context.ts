import type { Json, LogLevel, RunContext, RunLog } from '../../core/job.ts';
import type { AttemptFacts, EnqueueRequest, FromAttempt, ToAttempt } from './messages.ts';
import { fromWire } from './wire_error.ts';

/** The parent keeps only the last fraction, so sending each of a tight loop's would be work for nothing. */
const PROGRESS_PAUSE_MS = 100;

type Answer = Extract<ToAttempt, { type: 'enqueued' | 'not-enqueued' }>;

type AttemptContext = {
  /** The context that the handler gets, whose calls travel to the parent as messages. */
  complete(facts: AttemptFacts): RunContext;
  /** Hands an answer of the parent to the call that waits for it. */
  settle(answer: Answer): void;
  /** Sends what is held back. */
  flush(): void;
};

export function createAttemptContext(parent: {
  send(message: FromAttempt): void;
  signal: AbortSignal;
}): AttemptContext {
  const enqueues = createEnqueues(parent.send);
  const progress = createProgress(parent.send);
  const { enqueueMany } = enqueues;
  return {
    complete: ({ payload, run, attempt }) => ({
      payload,
      run,
      attempt,
      signal: parent.signal,
      log: createLog(parent.send),
      progress: progress.report,
      enqueue: async (job, payloadOfJob = null, options = {}) => {
        const [runId] = await enqueueMany({ job, payloads: [payloadOfJob], options });
        return runId as string;
      },
      enqueueMany: (job, payloads, options = {}) => enqueueMany({ job, payloads, options }),
    }),
    settle: enqueues.settle,
    flush: progress.flush,
  };
}

function createEnqueues(send: (message: FromAttempt) => void) {
  const waiting = new Map<number, { resolve(runIds: string[]): void; reject(error: Error): void }>();
  let last = 0;
  return {
    enqueueMany: (wanted: EnqueueRequest): Promise<string[]> =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        send({ type: 'enqueue', request: last, wanted });
      }),
    settle: (answer: Answer): void => {
      const call = waiting.get(answer.request);
      waiting.delete(answer.request);
      if (answer.type === 'enqueued') call?.resolve(answer.runIds);
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
