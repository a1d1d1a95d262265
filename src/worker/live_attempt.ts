import { BelfryError } from '../core/errors.ts';
import type { JobDefinition } from '../core/definition.ts';
import type { RunPolicy } from '../core/policy.ts';
import type { Attempt } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { LogBuffer } from './log_buffer.ts';

/** Why an attempt is being ended from outside. */
export type StopReason = 'timeout' | 'cancel' | 'drain' | 'lease-lost';

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
  ended = false;
  stopping: { reason: StopReason; at: number } | undefined;
  log: LogBuffer | undefined;
  logged = false;
  progress: number | undefined;
  reported: number | undefined;
  #abort: AbortController | undefined;

  constructor(init: {
    attempt: Attempt;
    definition: JobDefinition;
    policy: RunPolicy;
    row: number;
    startedAt: number;
  }) {
    this.attempt = init.attempt;
    this.definition = init.definition;
    this.policy = init.policy;
    this.row = init.row;
    this.startedAt = init.startedAt;
    this.deadline = init.policy.timeoutMs > 0 ? init.startedAt + init.policy.timeoutMs : Infinity;
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

function errorOf(reason: StopReason, { policy, attempt }: LiveAttempt): BelfryError {
  switch (reason) {
    case 'timeout':
      return new BelfryError('ATTEMPT_TIMEOUT', `the attempt took longer than its timeout of ${policy.timeoutMs} ms`, {
        hint: 'raise `timeout` in the job file, or let the handler obey `signal`',
      });
    case 'cancel':
      return new BelfryError('CANCELLED', `run ${attempt.run.id} was cancelled`);
    case 'drain':
      return new BelfryError(
        'CANCELLED',
        'the worker is shutting down; the run is handed back and starts again elsewhere',
      );
    default:
      return new BelfryError('LEASE_LOST', `the lease of run ${attempt.run.id} was lost; another worker may hold it`);
  }
}
