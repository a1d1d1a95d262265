import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { Term } from './elector.ts';

// What the steps of a leader's duties have in common.

/** Longest sleep between two steps: the proof of life that readiness looks at. */
const MAX_SLEEP_MS: DurationMs = 1_000;

/** When a step is to be called again that has something to do in `delayMs`: whole ms, from now to one sleep. */
export function sleepFor(delayMs: number): DurationMs {
  return Math.max(0, Math.min(MAX_SLEEP_MS, Math.ceil(delayMs)));
}

/** Says that a script refused the term's epoch; the answer is to be thrown, and ends the term. */
export function refusedWrite(events: EventBus, { shard, epoch }: Term, script: string): BelfryError {
  events.emit('leader.write_refused', { shard, epoch, script });
  return new BelfryError('NOT_LEADER', `a newer leader holds shard ${shard}; epoch ${epoch} was refused`);
}
