import type { EnqueueOptions, Json, LogLevel, RunContext, RunLog } from '../core/job.ts';
import { scheduleOf } from '../core/run.ts';
import type { LiveAttempt } from './live_attempt.ts';

/** Enqueues runs on behalf of a handler; resolves with their ids, in order. */
export type EnqueueMany = (job: string, payloads: Json[], options?: EnqueueOptions) => Promise<string[]>;

export type ContextDeps = {
  enqueueMany: EnqueueMany;
  writeLog: (live: LiveAttempt, level: LogLevel, message: string, fields?: Record<string, unknown>) => void;
};

const LEVELS: LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** What a handler sees of its attempt. Parts that most handlers do not touch are made on first use. */
export function createContext(live: LiveAttempt, payload: Json, deps: ContextDeps): RunContext {
  const { run } = live.attempt;
  let log: RunLog | undefined;
  return {
    payload,
    run: { id: run.id, job: run.job, queue: run.queue, schedule: scheduleOf(run.id), fireTime: run.fireTime },
    attempt: run.attempts + 1,
    get signal() {
      return live.signal;
    },
    get log() {
      log ??= createRunLog(live, deps.writeLog);
      return log;
    },
    progress(fraction) {
      live.progress = Math.min(1, Math.max(0, fraction));
    },
    async enqueue(job, value = null, options = {}) {
      const [id] = await deps.enqueueMany(job, [value], options);
      return id as string;
    },
    enqueueMany: (job, payloads, options) => deps.enqueueMany(job, payloads, options),
  };
}

function createRunLog(live: LiveAttempt, write: ContextDeps['writeLog']): RunLog {
  const entries = LEVELS.map((level) => [
    level,
    (message: string, fields?: Record<string, unknown>) => write(live, level, message, fields),
  ]);
  return Object.fromEntries(entries) as RunLog;
}
