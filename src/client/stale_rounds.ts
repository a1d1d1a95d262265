import { BelfryError } from '../core/errors.ts';

/** A round that finds an entry stale means that somebody else has just made progress with it; so many in a row are a defect. */
export const MAX_ROUNDS = 50;

export function keptChanging(ids: readonly string[]): BelfryError {
  return new BelfryError('INTERNAL', `schedules kept changing while they were saved: ${ids.slice(0, 5).join(', ')}`);
}
