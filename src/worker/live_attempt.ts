import { BelfryError } from '../core/errors.ts';
import type { JobDefinition } from '../core/definition.ts';
import { originOf, unpackExtras } from '../core/extras.ts';
import type { RunPolicy } from '../core/policy.ts';
import type { Attempt } from '../core/run.ts';
import type { AttemptSpan } from '../core/tracing.ts';
import { EXPIRED } from '../core/start_bounds.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { LogBuffer } from './log_buffer.ts';
import type { RunMemory, RunNotes } from './run_notes.ts';

/** Why an attempt is being ended from outside. */
export type StopReason = 'timeout' | 'cancel' | 'drain' | 'lease-lost' | 'expired';

/**
 * One attempt while it lives in this process.
 *
 * running -> stopping (a reason is set, the signal aborted) -> ended. An attempt ends once: whoever comes second,
 * the handler or the one who stops it, finds it ended and does nothing.
 */
export class LiveAttempt {
  readonly attempt: Attempt;
  readonly definition: JobDefinition;
  readonly policy: RunPolicy;
  readonly row: number;
  /** Monotonic ms. */
  readonly startedAt: number;
  /** Monotonic ms at which the attempt times out; Infinity for never. */
  readonly deadline: number;
  /** Monotonic ms at which the run must be over; Infinity for never. */
  readonly expiresAt: number;
  ended = false;
  stopping: { reason: StopReason; at: number } | undefined;
  log: LogBuffer | undefined;
  /** Made when the handler first asks for it. */
  notes: RunNotes | undefined;
  logged = false;
  /** Children that it has spawned, and calls that have added to its batch. */
  spawned = 0;
  added = 0;
  /** Where OpenTelemetry is set up. */
  span: AttemptSpan | undefined;
  progress: number | undefined;
  reported: number | undefined;
  readonly #stored: RunMemory['notes'] | undefined;
  #abort: AbortController | undefined;

  constructor(init: {
    attempt: Attempt;
    definition: JobDefinition;
    policy: RunPolicy;
    row: number;
    startedAt: number;
    /** See lastsAtMost. Default Infinity. */
    lastsMs?: DurationMs;
    /** What earlier attempts have noted; undefined for nothing. */
    notes?: RunMemory['notes'] | undefined;
  }) {
    this.#stored = init.notes;
    this.attempt = init.attempt;
    this.definition = init.definition;
    this.policy = init.policy;
    this.row = init.row;
    this.startedAt = init.startedAt;
    this.expiresAt = init.startedAt + (init.lastsMs ?? Infinity);
    this.deadline = init.policy.timeoutMs > 0 ? init.startedAt + init.policy.timeoutMs : Infinity;
  }

  get memory(): RunMemory {
    const { id, extras } = this.attempt.run;
    return { origin: originOf(id, extras), notes: this.#stored ?? {} };
  }

  /** W3C trace context: of the attempt's span, or what the run was enqueued with. */
  get traceparent(): string | undefined {
    const { extras } = this.attempt.run;
    return this.span?.traceparent ?? (extras.includes('t=') ? unpackExtras(extras).traceparent : undefined);
  }

  /** Made on first use: most handlers never look at it. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.stopping) this.#abort.abort(errorOf(this.stopping.reason, this));
    }
    return this.#abort.signal;
  }

  /** Aborts the signal. A second reason changes nothing, except that a lost lease overrides all. */
  stop(reason: StopReason, at: EpochMs): boolean {
    if (this.ended) return false;
    const first = this.stopping === undefined;
    if (first || reason === 'lease-lost') this.stopping = { reason, at: this.stopping?.at ?? at };
    this.#abort?.abort(errorOf(reason, this));
    return first;
  }

  /** What a stopped attempt failed with. */
  stopError(): BelfryError | undefined {
    return this.stopping && errorOf(this.stopping.reason, this);
  }
}

function expired(id: string): BelfryError {
  const error = new BelfryError('CANCELLED', `run ${id} was not over in the time that it had`);
  error.name = EXPIRED;
  return error;
}

function errorOf(reason: StopReason, { policy, attempt }: LiveAttempt): BelfryError {
  switch (reason) {
    case 'timeout':
      return new BelfryError('ATTEMPT_TIMEOUT', `the attempt took longer than its timeout of ${policy.timeoutMs} ms`, {
        hint: 'raise `timeout` in the job file, or let the handler obey `signal`',
      });
    case 'cancel':
      return new BelfryError('CANCELLED', `run ${attempt.run.id} was cancelled`);
    case 'expired':
      return expired(attempt.run.id);
    case 'drain':
      return new BelfryError(
        'CANCELLED',
        'the worker is shutting down; the run is handed back and starts again elsewhere',
      );
    default:
      return new BelfryError('LEASE_LOST', `the lease of run ${attempt.run.id} was lost; another worker may hold it`);
  }
}
