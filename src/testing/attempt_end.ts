import type { Json } from '../core/job.ts';
import type { RunError, Settlement } from '../core/run.ts';
import type { DurationMs } from '../core/time/units.ts';

/** What became of an attempt. */
export type AttemptEnd = {
  /**
   * `spawned`: done, but for the children that its run waits for. `rate-limited`: its partner takes no more. `released`:
   * handed back, as when a worker stops. None of `snoozed`, `rate-limited` and `released` is counted.
   */
  outcome: 'succeeded' | 'dead' | 'cancelled' | 'retrying' | 'spawned' | 'snoozed' | 'rate-limited' | 'released';
  /** As JSON keeps it; undefined for nothing. */
  result: Json | undefined;
  error: RunError | undefined;
  /** Ms until it comes again: of a run that is retried, was put off, or whose key is held. */
  delayMs: DurationMs | undefined;
};

export function endOf(settlement: Settlement): AttemptEnd {
  const { result, error } = bodyOf(settlement);
  const end = { outcome: settlement.outcome, result, error, delayMs: undefined };
  switch (settlement.outcome) {
    case 'retrying':
    case 'snoozed':
      return { ...end, delayMs: settlement.delayMs };
    case 'released':
      if (settlement.hold === undefined) return end;
      return { ...end, outcome: 'rate-limited', delayMs: settlement.hold.ms };
    default:
      return end;
  }
}

function bodyOf(settlement: Settlement): { result?: Json; error?: RunError } {
  const bodyJson = 'bodyJson' in settlement ? settlement.bodyJson : '';
  return JSON.parse(bodyJson === '' ? '{}' : bodyJson) as { result?: Json; error?: RunError };
}
