import { placeOf, sliceLimit } from '../../core/bulk.ts';
import type { EventBus } from '../../core/events.ts';
import type { Clock, DurationMs } from '../../core/time/units.ts';
import type { BulkTerms, StoredBulk } from '../../store/bulks.ts';
import type { QueuePauseStore } from '../../store/queue_pauses.ts';
import type { Retention } from '../../store/runs.ts';
import { refusedWrite } from '../duty_step.ts';
import type { Term } from '../elector.ts';
import { createLaneWalk, type LaneWalk } from './lane_walk.ts';
import { sliceHistory, sliceLane, sliceLetters, sliceRuns, type SliceStore } from './slices.ts';

export type BulkRunnerDeps = SliceStore & {
  pauses: Pick<QueuePauseStore, 'resumeEnded'>;
  clock: Clock;
  events: EventBus;
  retention: Retention;
};

export type BulkRunner = {
  /** Does one slice of each operation that may go on; returns when to call again. Throws NOT_LEADER. */
  carryOn(term: Term): Promise<DurationMs>;
};

const PERIOD_MS: DurationMs = 1_000;
/** Operations that take turns; others wait until one of these is done. */
const AT_ONCE = 5;
/** Runs that a slice acts on at the most: a few ms of Redis. */
const MOST_A_SLICE = 200;

/** Carries on the bulk operations of a shard, and ends pauses of queues in time. */
export function createBulkRunner(deps: BulkRunnerDeps): BulkRunner {
  const { bulks, pauses, clock, events, retention } = deps;
  const walks = new Map<string, LaneWalk>();

  const slice = async (term: Term, stored: StoredBulk, primary: string) => {
    const { bulk } = stored;
    const terms: BulkTerms = { epoch: term.epoch, retention, stored };
    const { phase, place } = placeOf(bulk, primary);
    const request = { store: deps, terms, place, limit: sliceLimit(bulk.spec.paceMs, MOST_A_SLICE) };
    switch (phase) {
      case 'lanes': {
        const walk = walks.get(bulk.id) ?? (await createLaneWalk(deps, bulk.spec));
        walks.set(bulk.id, walk);
        return sliceLane(request, walk);
      }
      case 'runs':
        walks.delete(bulk.id);
        return sliceRuns(request);
      case 'letters':
        return sliceLetters(request);
      case 'history':
        return sliceHistory(request);
    }
  };

  const advance = async (term: Term, stored: StoredBulk, primary: string): Promise<void> => {
    const answer = await slice(term, stored, primary);
    if (answer === 'fenced') {
      walks.clear();
      throw refusedWrite(events, term, 'bulk');
    }
    if (answer === 'stale') {
      walks.delete(stored.bulk.id);
      return;
    }
    const { id, state, done, failed, spec } = answer.bulk;
    if (state === 'done') events.emit('bulk.done', { shard: term.shard, bulk: id, action: spec.action, done, failed });
  };

  /** An operation that somebody has cancelled does not come again. */
  const forgetEnded = async (due: readonly StoredBulk[]): Promise<void> => {
    for (const id of walks.keys()) {
      if (due.some(({ bulk }) => bulk.id === id)) continue;
      if ((await bulks.get(id))?.state !== 'running') walks.delete(id);
    }
  };

  return {
    async carryOn(term) {
      const started = clock.monotonic();
      const { now, primary, due, nextDue = Infinity, nextPauseEnd = Infinity } = await bulks.due(AT_ONCE);
      if (nextPauseEnd <= now) {
        for (const queue of await pauses.resumeEnded()) events.emit('queue.resumed', { queue, by: 'belfry' });
      }
      for (const stored of due) await advance(term, stored, primary);
      if (walks.size > 0) await forgetEnded(due);
      // Redis has as long for others as it had for the slices.
      if (due.length > 0) return Math.max(1, Math.ceil(clock.monotonic() - started));
      return Math.max(1, Math.min(PERIOD_MS, nextDue - now, nextPauseEnd - now));
    },
  };
}
