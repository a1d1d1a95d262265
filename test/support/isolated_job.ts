import { readFileSync } from 'node:fs';
import type { EnqueueRequest } from '../../src/worker/isolation/messages.ts';
import { BelfryError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/job.ts';
import type { Gathered } from '../../src/core/kin.ts';
import { runIsolated, type IsolatedAttempt } from '../../src/worker/isolation/run_isolated.ts';
import { eventually } from './eventually.ts';
import { makeJobsFolder } from './jobs_folder.ts';

export type LogLine = { level: string; message: string; fields: Record<string, unknown> | undefined };

type Case = {
  kind: IsolatedAttempt['kind'];
  /** Body of the handler, which starts on line 4 of its file. */
  body?: string;
  /** Whole text of the job file, instead of `body`. */
  text?: string;
  payload?: unknown;
  killAfterMs?: number;
  aborted?: Error;
  caps?: IsolatedAttempt['caps'];
  /** What earlier attempts have noted. */
  notes?: Record<string, string>;
  /** Its batch, and what became of its children. */
  kin?: { batch?: string; gathered?: Gathered };
};

export const jobText = (body: string): string => `import { defineJob, NonRetryableError } from 'belfry';
export default defineJob({ async run(context) {
const { payload, run, attempt, signal, log, progress, enqueue, enqueueMany, checkpoint, once } = context;
${body}
} });`;

/** Runs a handler in isolation and notes all that it tells the worker. */
export function runText({
  kind,
  body = '',
  text,
  payload,
  killAfterMs,
  aborted,
  caps = {},
  notes = {},
  kin = {},
}: Case) {
  const folder = makeJobsFolder({ 'a.ts': text ?? jobText(body.trimStart()) });
  const abort = new AbortController();
  if (aborted !== undefined) abort.abort(aborted);
  const logs: LogLine[] = [];
  const progress: number[] = [];
  const enqueued: EnqueueRequest[] = [];
  const noted: [string, string][] = [];
  const result = runIsolated({
    definition: { name: 'a', file: folder.file('a.ts') },
    context: {
      payload: (payload ?? { id: 7, at: '2026-01-01T00:00:00.000Z' }) as Json,
      run: { id: 'r1', job: 'a', queue: 'default', schedule: 'a', fireTime: 1_700_000_000_000 },
      attempt: 2,
      memory: { origin: 'r1', notes },
      ...kin,
    },
    kind,
    caps,
    signal: abort.signal,
    ...(killAfterMs === undefined ? {} : { killAfterMs }),
    onLog: (level, message, fields) => void logs.push({ level, message, fields }),
    onProgress: (fraction) => void progress.push(fraction),
    onSpawn: ({ job, payloads }) => Promise.resolve(payloads.map((_, index) => `child of ${job} ${index}`)),
    onResultOf: ({ id }) => Promise.resolve(`result of ${id}`),
    onAddToBatch: (runs) => Promise.resolve(runs.map(({ job }) => `${job} in batch`)),
    onNote: (field, value) => {
      if (value === '"refuse"') return Promise.reject(new BelfryError('LEASE_LOST', 'not yours'));
      noted.push([field, value]);
      return Promise.resolve();
    },
    onEnqueue: (request) => {
      if (request.job === 'nope') return Promise.reject(new BelfryError('NOT_FOUND', 'no job nope', { hint: 'try b' }));
      enqueued.push(request);
      return Promise.resolve(request.payloads.map((_, index) => `${request.job}-${index}`));
    },
  });
  result.catch(() => undefined);
  const logged = (wanted: string | RegExp): Promise<LogLine> =>
    // A process of its own takes its time on a busy machine.
    eventually(
      () => {
        const found = logs.find(({ message }) =>
          typeof wanted === 'string' ? message === wanted : wanted.test(message),
        );
        if (found === undefined) throw new Error(`not logged yet: ${String(wanted)}`);
        return found;
      },
      { timeoutMs: 15_000 },
    );
  return { result, logs, progress, enqueued, noted, logged, abort: (reason: Error) => abort.abort(reason) };
}

/** Whether a process runs; a zombie that its new parent has not yet collected has ended. */
export function isAlive(pid: number): boolean {
  try {
    const state = /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
