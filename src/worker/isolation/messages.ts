import type { Gathered } from '../../core/kin.ts';
import type { BatchRun, ChildResult, EnqueueOptions, Json, LogLevel, RunContext } from '../../core/job.ts';
import type { SpawnWords } from '../kin.ts';
import type { RunMemory } from '../run_notes.ts';
import type { WireError } from './wire_error.ts';

/** What a handler's context is made of besides what travels as messages. */
export type AttemptFacts = Pick<RunContext, 'payload' | 'run' | 'attempt' | 'traceparent'> & {
  memory: RunMemory;
  /** The batch that the run belongs to. */
  batch?: string | undefined;
  /** For a gather: what became of the children. */
  gathered?: Gathered | undefined;
};

/** All that a fresh thread or process needs to run one attempt. */
export type AttemptOrder = AttemptFacts & {
  /** Name and absolute path of the job file. */
  job: { name: string; file: string };
  cacheDirectory: string | undefined;
};

export type EnqueueRequest = { job: string; payloads: Json[]; options: EnqueueOptions };

/** What a handler asks its worker for and waits for; the answer is what the worker's function resolves with. */
export type Question =
  | ({ kind: 'enqueue' } & EnqueueRequest)
  | { kind: 'note'; field: string; value: string }
  | ({ kind: 'spawn' } & SpawnWords)
  | { kind: 'batch'; runs: BatchRun[] }
  | { kind: 'result'; child: ChildResult };

/** From the worker to the attempt. `start` comes first and once. */
export type ToAttempt =
  | { type: 'start'; order: AttemptOrder }
  | { type: 'abort'; reason: WireError }
  | { type: 'answer'; question: number; value: unknown }
  | { type: 'refusal'; question: number; error: WireError };

/** From the attempt to the worker. `succeeded` or `failed` comes last and once. */
export type FromAttempt =
  | { type: 'log'; level: LogLevel; message: string; fields: Record<string, unknown> | undefined }
  | { type: 'progress'; fraction: number }
  | { type: 'ask'; question: number; wanted: Question }
  | { type: 'succeeded'; result: Json }
  | { type: 'failed'; error: WireError };
