import { namesOf } from './error_names.ts';
import { messageOf } from './errors.ts';
import type { RetryFailure, RetrySpec } from './job.ts';
import type { RunPolicy } from './policy.ts';
import { quote } from './quote.ts';
import { backoffDelay } from './retry.ts';
import { parseDuration } from './time/duration.ts';
import type { DurationMs } from './time/units.ts';

/** The parts of a retry policy that are code, and so belong to the process that ran the attempt. */
export type RetryCode = Pick<RetrySpec, 'when' | 'delay'>;

/** Codes of errors that no further attempt can mend. */
const FINAL_CODES: readonly unknown[] = ['NON_RETRYABLE', 'BAD_PAYLOAD', 'PAYLOAD_KEY_MISSING', 'FORGED'];

/** Whether a failed attempt is followed by another, and what went wrong while its job's own code decided that. */
export type RetryDecision = ({ next: 'dead' } | { next: 'retry'; delayMs: DurationMs }) & { complaint?: string };

export type FailedAttempt = {
  thrown: unknown;
  policy: RunPolicy;
  /** The job's own code, where it has some. */
  code?: RetryCode | undefined;
  /** Attempts that were started, this one included. */
  attempt: number;
  /** Attempts that ended in an error, this one included. */
  failures: number;
  random: () => number;
};

/**
 * In this order: errors that no attempt can mend and those that the policy names are the end; then `when` decides; then the
 * number of attempts. The delay is the one that `when` or `delay` names, or the backoff's. Code that throws or answers what
 * it must not is passed over with a complaint: a slip in it must not cost the run.
 */
export function decideRetry(failed: FailedAttempt): RetryDecision {
  const { thrown, policy, code, failures, attempt, random } = failed;
  if (isEnd(thrown, policy)) return { next: 'dead' };
  const backoffMs = Math.max(1, Math.round(backoffDelay(policy.backoff, failures, random)));
  const failure: RetryFailure = { error: thrown, attempt, failures, backoffMs };
  const verdict = code?.when === undefined ? {} : ask('when', () => readVerdict(code.when?.(thrown, failure)));
  if (verdict.value === 'dead' || failures >= policy.attempts)
    return withComplaint({ next: 'dead' }, verdict.complaint);
  if (verdict.value !== undefined && verdict.value !== 'retry') return { next: 'retry', delayMs: verdict.value };
  const own = code?.delay === undefined ? {} : ask('delay', () => readDelay(code.delay?.(failure)));
  return withComplaint({ next: 'retry', delayMs: own.value ?? backoffMs }, verdict.complaint ?? own.complaint);
}

function isEnd(thrown: unknown, { retryOnly, retryNever }: RunPolicy): boolean {
  if (FINAL_CODES.includes((thrown as { code?: unknown } | null | undefined)?.code)) return true;
  if (retryOnly === undefined && retryNever === undefined) return false;
  const names = namesOf(thrown);
  const isNamed = (list: string[]): boolean => list.some((name) => names.includes(name));
  return (retryNever !== undefined && isNamed(retryNever)) || (retryOnly !== undefined && !isNamed(retryOnly));
}

type Answer<T> = { value?: T; complaint?: string };

function ask<T>(name: keyof RetryCode, call: () => T): Answer<T> {
  try {
    return { value: call() };
  } catch (error) {
    return { complaint: `retry.${name} failed and was passed over: ${messageOf(error)}` };
  }
}

function readVerdict(answer: unknown): 'retry' | 'dead' | DurationMs {
  if (answer === true) return 'retry';
  if (answer === false || answer === 'dead') return 'dead';
  return readDelay(answer);
}

/** No delay is one of 1 ms: 0 is what a crash leaves, which starts again at the front. */
function readDelay(answer: unknown): DurationMs {
  if (typeof answer !== 'number' && typeof answer !== 'string') throw new TypeError(`it answered ${quote(answer)}`);
  return Math.max(1, parseDuration(answer, 'its answer'));
}

function withComplaint(decision: RetryDecision, complaint: string | undefined): RetryDecision {
  return complaint === undefined ? decision : { ...decision, complaint };
}
