import { BelfryError } from '../core/errors.ts';
import { holdOf } from '../core/rate_limited.ts';
import type { Settlement } from '../core/run.ts';
import { afterSnooze, isSnooze } from '../core/snooze.ts';
import { formatDuration } from '../core/time/duration.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ContextDeps } from './context.ts';
import type { LiveAttempt } from './live_attempt.ts';

export type Refusal = { settlement: Settlement | undefined; thrown: unknown };

/** The settlement of an attempt whose partner takes no more, or that its handler has put off. Without one `thrown` is what the attempt failed with. */
export function readRefusal(
  live: LiveAttempt,
  thrown: unknown,
  { now, writeLog }: Pick<ContextDeps, 'writeLog'> & { now: () => EpochMs },
): Refusal {
  if (live.stopping !== undefined) return { settlement: undefined, thrown };
  if (isSnooze(thrown)) {
    const after = afterSnooze(live.attempt.run, thrown, live.definition.maxSnoozes);
    return after instanceof BelfryError ? { settlement: undefined, thrown: after } : { settlement: after, thrown };
  }
  const hold = holdOf(live.attempt.run, { thrown, on429: live.definition.on429 }, now());
  if (hold === undefined) return { settlement: undefined, thrown };
  if (hold instanceof BelfryError) return { settlement: undefined, thrown: hold };
  writeLog(live, 'warn', `${hold.key} takes no more: nothing of it starts for ${formatDuration(hold.ms)}`);
  return { settlement: { outcome: 'released', hold }, thrown };
}
