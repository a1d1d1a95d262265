import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { RunStore } from '../store/runs.ts';
import type { ContextDeps } from './context.ts';
import type { LiveAttempt } from './live_attempt.ts';

const AGAIN_MS: DurationMs = 250;
/** Effects of one run that are remembered. */
const MOST_NOTES = 1_000;

export type NoteWriterDeps = { runsOf: (job: string) => Pick<RunStore, 'setNote'>; events: EventBus };

/**
 * Keeps notes of attempts. While Redis is away a write is tried again for as long as the attempt lives: an effect has
 * happened already when it is noted, and to fail the attempt would be to repeat it.
 */
export function createNoteWriter({ runsOf, events }: NoteWriterDeps): ContextDeps['writeNote'] {
  return async (live, field, value) => {
    const { run, token } = live.attempt;
    for (;;) {
      const answer = await trySetting(live, () =>
        runsOf(run.job).setNote({ id: run.id, token }, { field, value, most: MOST_NOTES }),
      );
      if (answer === 'noted') return;
      if (answer === 'fenced') {
        events.emit('attempt.fenced', { job: run.job, run: run.id, kind: 'note' });
        throw new BelfryError('LEASE_LOST', `run ${run.id} is another worker's by now; nothing was noted`);
      }
      if (answer === 'full') {
        throw new BelfryError('NOTE_TOO_LARGE', `run ${run.id} has ${MOST_NOTES} notes already`, {
          hint: 'use once() for effects that must not be repeated, and checkpoint() for a position in a long list',
        });
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  };
}

type Answer = Awaited<ReturnType<RunStore['setNote']>>;

/** `undefined`: Redis is away, and the attempt may go on trying. */
async function trySetting(live: LiveAttempt, set: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await set();
  } catch (error) {
    const isAway = error instanceof BelfryError && error.code === 'REDIS_UNAVAILABLE';
    if (!isAway || live.ended || live.stopping !== undefined) throw error;
    return undefined;
  }
}
