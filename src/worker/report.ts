import type { RunError } from '../core/run.ts';
import { EXPIRED } from '../core/start_bounds.ts';
import type { EventBus } from '../core/events.ts';
import type { Ended } from './feed.ts';

/** Says what became of an attempt, after Redis has confirmed or refused it. */
export function reportSettled(events: EventBus, ended: Ended, answer: 'settled' | 'fenced' | 'resent'): void {
  const { attempt, settlement, tookMs, traceparent } = ended;
  const { job, id } = attempt.run;
  if (answer === 'fenced') events.emit('attempt.fenced', { job, run: id, kind: 'settle' });
  if (answer !== 'settled') return;
  const number = attempt.run.attempts + 1;
  switch (settlement.outcome) {
    case 'spawned': // it is not over
      return;
    case 'released':
      events.emit('run.released', { job, run: id });
      return;
    case 'snoozed':
      events.emit('run.snoozed', { job, run: id, delayMs: settlement.delayMs });
      return;
    case 'retrying': {
      const error = errorIn(settlement.bodyJson)?.message ?? '';
      events.emit('run.retrying', { job, run: id, attempt: number, delayMs: settlement.delayMs, error });
      return;
    }
    default: {
      if (!events.heard('run.finished')) return;
      const settled = settlement.outcome;
      const error = settled === 'dead' ? errorIn(settlement.bodyJson)?.message : undefined;
      const outcome = settled === 'cancelled' && isExpiry(settlement.bodyJson) ? 'expired' : settled;
      events.emit('run.finished', { job, run: id, attempt: number, outcome, tookMs, error, traceparent });
    }
  }
}

function errorIn(bodyJson: string): RunError | undefined {
  return (JSON.parse(bodyJson || '{}') as { error?: RunError }).error;
}

function isExpiry(bodyJson: string): boolean {
  return bodyJson !== '' && errorIn(bodyJson)?.name === EXPIRED;
}
