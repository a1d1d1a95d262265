import type { BatchRun, EnqueueOptions, Json, LogLevel, RunContext, RunLog, SpawnOptions } from '../core/job.ts';
import { rateLimited } from '../core/rate_limited.ts';
import { snooze } from '../core/snooze.ts';
import { scheduleOf } from '../core/run.ts';
import { carryTrace } from './carried_trace.ts';
import { addToOwnBatch, batchView, spawnChildren, type KinDeps, type SpawnWords } from './kin.ts';
import type { LiveAttempt } from './live_attempt.ts';
import { createRunNotes, type RunNotes } from './run_notes.ts';

/** Enqueues runs on behalf of a handler; resolves with their ids, in order. */
export type EnqueueMany = (job: string, payloads: Json[], options?: EnqueueOptions) => Promise<string[]>;

export type ContextDeps = {
  kin: KinDeps;
  enqueueMany: EnqueueMany;
  writeLog: (live: LiveAttempt, level: LogLevel, message: string, fields?: Record<string, unknown>) => void;
  writeNote: (live: LiveAttempt, field: string, value: string) => Promise<void>;
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

  get traceparent(): string | undefined {
    return this.#live.traceparent;
  }

  get log(): RunLog {
    this.#log ??= createRunLog(this.#live, this.#deps.writeLog);
    return this.#log;
  }

  get progress(): RunContext['progress'] {
    return (fraction) => {
      if (!Number.isNaN(fraction)) this.#live.progress = Math.min(1, Math.max(0, fraction)); // 0 of 0 done
    };
  }

  get checkpoint(): RunContext['checkpoint'] {
    return this.#notes.checkpoint;
  }

  get checkpointed(): Json | undefined {
    return this.#notes.checkpointed();
  }

  get once(): RunContext['once'] {
    return this.#notes.once;
  }

  get #notes(): RunNotes {
    const live = this.#live;
    live.notes ??= createRunNotes(live.memory, (field, value) => this.#deps.writeNote(live, field, value));
    return live.notes;
  }

  get rateLimited(): RunContext['rateLimited'] {
    return rateLimited;
  }

  get snooze(): RunContext['snooze'] {
    return snooze;
  }

  get enqueue(): RunContext['enqueue'] {
    return async (job, ...words) => {
      const [payload = null, options = {}] = words as [Json?, EnqueueOptions?];
      const [id] = await this.#deps.enqueueMany(job, [payload], carryTrace(this.#live, options));
      return id as string;
    };
  }

  get enqueueMany(): RunContext['enqueueMany'] {
    return (job, payloads, options = {}) =>
      this.#deps.enqueueMany(job, payloads as Json[], carryTrace(this.#live, options));
  }

  get spawn(): RunContext['spawn'] {
    return async (job, ...words) => {
      const [payload = null, options = {}] = words as [Json?, SpawnOptions?];
      const [id] = await this.spawnMany<string>(job, [payload], options);
      return id as string;
    };
  }

  get spawnMany(): RunContext['spawnMany'] {
    return (job, payloads, options = {}) => {
      const carried = carryTrace<SpawnWords['options']>(this.#live, options);
      return spawnChildren(this.#live, { job, payloads: payloads as Json[], options: carried }, this.#deps.kin);
    };
  }

  get batch(): RunContext['batch'] {
    return batchView(this.#live, (runs: BatchRun[]) => addToOwnBatch(this.#live, runs, this.#deps.kin));
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
