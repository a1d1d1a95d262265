import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { Retention } from '../store/runs.ts';
import type { UniqueStore } from '../store/unique_runs.ts';
import type { Term } from './elector.ts';

const LIMIT = 200;
const PERIOD_MS: DurationMs = 1_000;

export type ExpirerDeps = { unique: Pick<UniqueStore, 'expire'>; events: EventBus; retention: Retention };

/**
 * Ends runs that nobody has started by their deadline, or that wait beyond their expiry; workers end those that they claim
 * or run. Returns when to call again.
 */
export async function expireRuns({ unique, events, retention }: ExpirerDeps, term: Term): Promise<DurationMs> {
  const answer = await unique.expire(term.epoch, LIMIT, retention);
  if (answer === 'fenced') {
    events.emit('leader.write_refused', { shard: term.shard, epoch: term.epoch, script: 'expire_runs' });
    throw new BelfryError('NOT_LEADER', `a newer leader holds shard ${term.shard}`);
  }
  for (const { id, job } of answer.ended) events.emit('run.expired', { job, run: id });
  return answer.looked === LIMIT ? 0 : PERIOD_MS;
}
