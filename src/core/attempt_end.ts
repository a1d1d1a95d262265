import { BelfryError, messageOf } from './errors.ts';
import type { RunPolicy } from './policy.ts';
import { decideRetry, type RetryCode } from './retry_decision.ts';
import type { Run, RunError, Settlement } from './run.ts';

/** A run whose workers died this often is poison: it goes to the dead letters instead of taking the next worker down. */
export const MAX_CRASHES = 3;

/**
 * After a first crash a run starts again at once. After a second it waits this long: when workers fall one after the
 * other (a bad node, a rough deploy), an innocent run would else be handed from victim to victim into the dead letters.
 */
export const SECOND_CRASH_DELAY_MS = 5_000;

const MAX_STACK_CHARS = 4_000;
const MAX_MESSAGE_CHARS = 2_000;

/** What was thrown, cut to what is worth keeping. */
export function describeError(thrown: unknown): RunError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: messageOf(thrown).slice(0, MAX_MESSAGE_CHARS) };
  const code = (thrown as { code?: unknown }).code;
  return {
    name: thrown.name,
    message: thrown.message.slice(0, MAX_MESSAGE_CHARS),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack.slice(0, MAX_STACK_CHARS) }),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

export type Failure = {
  thrown: unknown;
  policy: RunPolicy;
  /** The job's own code for retries, where it has some. */
  code?: RetryCode | undefined;
  logged: boolean;
  random: () => number;
  /** Hears, for the run's log, that the job's own code for retries failed. */
  complain?: (text: string) => void;
};

/** After an attempt that ended in an error: another one after a delay, or the dead letters. */
export function afterFailure(run: Run, { thrown, policy, code, logged, random, complain }: Failure): Settlement {
  const failures = run.failures + 1;
  const attempts = run.attempts + 1;
  const bodyJson = JSON.stringify({ error: describeError(thrown) });
  const decision = decideRetry({ thrown, policy, code, attempt: attempts, failures, random });
  if (decision.complaint !== undefined) complain?.(decision.complaint);
  if (decision.next === 'dead') {
    return { outcome: 'dead', bodyJson, logged: logged || decision.complaint !== undefined };
  }
  return { outcome: 'retrying', delayMs: decision.delayMs, attempts, failures, crashes: run.crashes, bodyJson };
}

/**
 * After an attempt whose lease ran out (worker killed, cut off or stalled): again, at the front of its lane.
 * A crash is not the job's failure, so it does not count against the policy's attempts, only against MAX_CRASHES.
 */
export function afterCrash(run: Run, worker: string): Extract<Settlement, { outcome: 'dead' | 'retrying' }> {
  const crashes = run.crashes + 1;
  const isPoison = crashes >= MAX_CRASHES;
  // The count comes first: a list shows the beginning of the message.
  const count = `crash ${crashes} of ${MAX_CRASHES}${isPoison ? ' (poison)' : ''}`;
  const error = new BelfryError('ATTEMPT_CRASHED', `${count}: worker ${worker} stopped renewing the lease`);
  delete error.stack;
  const bodyJson = JSON.stringify({ error: describeError(error) });
  if (isPoison) return { outcome: 'dead', bodyJson, logged: true };
  const delayMs = crashes === 1 ? 0 : SECOND_CRASH_DELAY_MS;
  return { outcome: 'retrying', delayMs, attempts: run.attempts + 1, failures: run.failures, crashes, bodyJson };
}
