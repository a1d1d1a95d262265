import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { HistoryStore } from '../store/history.ts';
import type { JobStore } from '../store/jobs.ts';
import { refusedWrite } from './duty_step.ts';
import type { Term } from './elector.ts';

const PERIOD_MS: DurationMs = 60_000;
const SLICE = 500;

export type KeepRules = { ageMs: DurationMs; deadAgeMs: DurationMs; deadCount: number };
export type PrunerDeps = {
  jobs: Pick<JobStore, 'all' | 'policyRevisions' | 'forgetPolicies'>;
  history: Pick<HistoryStore, 'jobs' | 'prune' | 'scanLive'>;
  events: EventBus;
  keep: KeepRules;
};

/** Forgets finished runs past their age, and policy revisions that no job and no unfinished run names any more. */
export async function pruneShard(
  { jobs, history, events, keep }: PrunerDeps,
  term: Term,
  signal: AbortSignal,
): Promise<DurationMs> {
  // Revisions are listed first: one that appears while runs are scanned is not in the list, so it cannot be forgotten.
  const revisions = await jobs.policyRevisions();
  const records = [...(await jobs.all()).values()];
  // A job that was removed leaves its history behind.
  const names = new Set([...records.map(({ name }) => name), ...(await history.jobs())]);
  for (const name of names) {
    let forgotten: number | 'fenced' = 1;
    while (forgotten !== 0 && !signal.aborted) {
      forgotten = await history.prune(term.epoch, name, keep);
      if (forgotten === 'fenced') throw refusedWrite(events, term, 'prune_history');
    }
  }
  const used = new Set(records.map(({ policyRevision }) => policyRevision));
  const suspects = revisions.filter((revision) => !used.has(revision));
  if (suspects.length > 0) await forgetUnused({ jobs, history, suspects: new Set(suspects), signal });
  return PERIOD_MS;
}

type Suspects = Pick<PrunerDeps, 'jobs' | 'history'> & { suspects: Set<string>; signal: AbortSignal };

async function forgetUnused({ jobs, history, suspects, signal }: Suspects): Promise<void> {
  let cursor = '0';
  do {
    const slice = await history.scanLive(cursor, SLICE);
    for (const { policy } of slice.runs) suspects.delete(policy);
    cursor = slice.cursor;
  } while (cursor !== '0' && suspects.size > 0 && !signal.aborted);
  if (cursor === '0') await jobs.forgetPolicies([...suspects]);
}
