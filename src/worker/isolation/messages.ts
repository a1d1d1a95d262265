import type { EnqueueOptions, Json, LogLevel, RunContext } from '../../core/job.ts';
import type { WireError } from './wire_error.ts';

/** What a handler's context is made of besides what travels as messages. */
export type AttemptFacts = Pick<RunContext, 'payload' | 'run' | 'attempt'>;

/** All that a fresh thread or process needs to run one attempt. */
export type AttemptOrder = AttemptFacts & {
  /** Name and absolute path of the job file. */
  job: { name: string; file: string };
  cacheDirectory: string | undefined;
};

export type EnqueueRequest = { job: string; payloads: Json[]; options: EnqueueOptions };

/** From the worker to the attempt. `start` comes first and once. */
export type ToAttempt =
  | { type: 'start'; order: AttemptOrder }
  | { type: 'abort'; reason: WireError }
  | { type: 'enqueued'; request: number; runIds: string[] }
  | { type: 'not-enqueued'; request: number; error: WireError };

/** From the attempt to the worker. `succeeded` or `failed` comes last and once. */
export type FromAttempt =
  | { type: 'log'; level: LogLevel; message: string; fields: Record<string, unknown> | undefined }
  | { type: 'progress'; fraction: number }
  | { type: 'enqueue'; request: number; wanted: EnqueueRequest }
  | { type: 'succeeded'; result: Json }
  | { type: 'failed'; error: WireError };
