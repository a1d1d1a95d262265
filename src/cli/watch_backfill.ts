import type { BackfillsClient } from '../client/backfills.ts';
import type { Backfill } from '../core/backfill.ts';
import type { DurationMs } from '../core/time/units.ts';
import { rest } from './rest.ts';

/** `gone`: its schedule was deleted, and the backfill with it. `unwatched`: somebody stopped the watching. */
export type WatchEnd = 'done' | 'cancelled' | 'gone' | 'unwatched';

export type WatchOptions = {
  backfills: Pick<BackfillsClient, 'get'>;
  id: string;
  /** Called with it where it has moved, at most every other second. */
  onProgress: (backfill: Backfill) => void;
  /** Whether its schedule is there still. */
  isScheduled: () => Promise<boolean>;
  /** Ends the watching. */
  stop: AbortSignal;
};

/** Well below how long a cancelled backfill can be seen (see CANCELLED_SHOWN_MS). */
const POLL_MS: DurationMs = 500;
const TOLD_EVERY = 4;

/** Watches a backfill until it is no more; one that is not there (any more) is done. */
export async function watchBackfill(options: WatchOptions): Promise<WatchEnd> {
  const { backfills, id, onProgress, isScheduled, stop } = options;
  let told = -1;
  for (let polls = 0; !stop.aborted; polls += 1) {
    const backfill = await backfills.get(id);
    if (backfill === undefined) return (await isScheduled()) ? 'done' : 'gone';
    if (backfill.spec.cancelled !== undefined) return 'cancelled';
    if (polls % TOLD_EVERY === 0) {
      // The leader drops it when it comes to the next release, which may be long.
      if (!(await isScheduled())) return 'gone';
      if (backfill.cursor !== told) onProgress(backfill);
      told = backfill.cursor;
    }
    await rest(POLL_MS, stop);
  }
  return 'unwatched';
}
