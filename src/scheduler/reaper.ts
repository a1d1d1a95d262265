import { afterCrash } from '../core/attempt_end.ts';
import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { ExpiredAttempt, Retention, RunStore } from '../store/runs.ts';
import { refusedWrite } from './duty_step.ts';
import type { Term } from './elector.ts';

const LIMIT = 200;
const PERIOD_MS: DurationMs = 500;

export type ReaperDeps = { runs: Pick<RunStore, 'expired' | 'reap'>; events: EventBus; retention: Retention };

/** Gives runs whose worker stopped renewing to another worker, or to the dead letters. Returns when to call again. */
export async function reapExpired({ runs, events, retention }: ReaperDeps, term: Term): Promise<DurationMs> {
  const { attempts } = await runs.expired(LIMIT);
  if (attempts.length === 0) return PERIOD_MS;
  const decided = attempts.map((attempt) => ({ attempt, settlement: afterCrash(attempt.run, attempt.worker) }));
  const reaped = await runs.reap(
    term.epoch,
    decided.map(({ attempt: { run, token }, settlement }) => ({ id: run.id, token, settlement })),
    retention,
  );
  if (reaped === 'fenced') throw refusedWrite(events, term, 'reap');
  decided.forEach(({ attempt, settlement }, i) => {
    if (reaped[i]) report(events, attempt, settlement.outcome);
  });
  return attempts.length === LIMIT ? 0 : PERIOD_MS;
}

function report(events: EventBus, { run, worker }: ExpiredAttempt, fate: 'retrying' | 'dead'): void {
  const { job, id, crashes } = run;
  events.emit('run.crashed', { job, run: id, worker, crashes: crashes + 1, fate });
}
