import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { Retention } from '../store/runs.ts';
import type { UniqueStore } from '../store/unique_runs.ts';
import { refusedWrite } from './duty_step.ts';
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
  if (answer === 'fenced') throw refusedWrite(events, term, 'expire_runs');
  for (const { id, job } of answer.ended) events.emit('run.expired', { job, run: id });
  return answer.looked === LIMIT ? 0 : PERIOD_MS;
}
