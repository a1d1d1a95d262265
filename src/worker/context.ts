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

/**
 * What a handler sees of its attempt. Tens of thousands are made a second and most handlers touch one or two members, so
 * members are made when they are read; handlers may take them apart (`run({ payload, log })`) as they are bound.
 */
class HandlerContext implements RunContext {
  readonly payload: Json;
  readonly #live: LiveAttempt;
  readonly #deps: ContextDeps;
  #log: RunLog | undefined;

  constructor(live: LiveAttempt, payload: Json, deps: ContextDeps) {
    this.payload = payload;
    this.#live = live;
    this.#deps = deps;
  }

  get run(): RunContext['run'] {
    const { id, job, queue, fireTime } = this.#live.attempt.run;
    return { id, job, queue, schedule: scheduleOf(id), fireTime };
  }

  get attempt(): number {
    return this.#live.attempt.run.attempts + 1;
  }

  get signal(): AbortSignal {
    return this.#live.signal;
  }

  get log(): RunLog {
    this.#log ??= createRunLog(this.#live, this.#deps.writeLog);
    return this.#log;
  }

  get progress(): RunContext['progress'] {
    return (fraction) => {
      this.#live.progress = Math.min(1, Math.max(0, fraction));
    };
  }

  get enqueue(): RunContext['enqueue'] {
    return async (job, payload = null, options = {}) => {
      const [id] = await this.#deps.enqueueMany(job, [payload], options);
      return id as string;
    };
  }

  get enqueueMany(): RunContext['enqueueMany'] {
    return (job, payloads, options) => this.#deps.enqueueMany(job, payloads, options);
  }
}

export function createContext(live: LiveAttempt, payload: Json, deps: ContextDeps): RunContext {
  return new HandlerContext(live, payload, deps);
}

function createRunLog(live: LiveAttempt, write: ContextDeps['writeLog']): RunLog {
  const entries = LEVELS.map((level) => [
    level,
    (message: string, fields?: Record<string, unknown>) => {
      write(live, level, message, fields);
    },
  ]);
  return Object.fromEntries(entries) as RunLog;
}
