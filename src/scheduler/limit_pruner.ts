import type { EventBus } from '../core/events.ts';
import { OPEN_LIMIT, unpackKeys } from '../core/limit.ts';
import { repairTemplates } from '../core/limit_templates.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import type { HistoryStore } from '../store/history.ts';
import type { JobStore } from '../store/jobs.ts';
import type { LimitStore } from '../store/limits.ts';
import { refusedWrite } from './duty_step.ts';
import type { Term } from './elector.ts';

const PERIOD_MS: DurationMs = 60_000;
/** A pass looks at this many slices of a thousand keys; with more keys the next one comes at once. */
const MOST_SLICES = 100;
const NEXT_MS: DurationMs = 1_000;
const RUNS_A_SLICE = 500;

export type LimitPrunerDeps = {
  limits: Pick<LimitStore, 'configured' | 'scanPassed' | 'prune'>;
  jobs: Pick<JobStore, 'all' | 'revision'>;
  history: Pick<HistoryStore, 'scanLive'>;
  events: EventBus;
  clock: Pick<Clock, 'now'>;
};

/**
 * Forgets rates that were spent long ago and holds that are over, so that a million keys of one run each do not stay, and
 * limits of templates that no job and no unfinished run names any more.
 */
export type LimitPruner = {
  /** Looks at some slices; returns when to call again. */
  prune(term: Term, signal: AbortSignal): Promise<DurationMs>;
};

export function createLimitPruner(deps: LimitPrunerDeps): LimitPruner {
  const { limits, jobs, clock } = deps;
  let cursor = '0';

  /** One slice; the repairs go with it. */
  const pruneSlice = async (term: Term, repairs: ReadonlyMap<string, string>, revision: string) => {
    const slice = await limits.scanPassed(cursor, clock.now());
    cursor = slice.cursor;
    if (slice.keys.length === 0 && repairs.size === 0) return;
    const answer = await limits.prune(term.epoch, { keys: slice.keys, repairs, revision });
    if (answer === 'fenced') throw refusedWrite(deps.events, term, 'prune_limits');
  };

  return {
    async prune(term, signal) {
      // Before the records: jobs that are saved meanwhile make the script leave the limits alone.
      const revision = await jobs.revision();
      await pruneSlice(term, await findRepairs(deps, signal), revision);
      for (let slices = 1; slices < MOST_SLICES && cursor !== '0' && !signal.aborted; slices += 1) {
        await pruneSlice(term, new Map(), revision);
      }
      return cursor === '0' ? PERIOD_MS : NEXT_MS;
    },
  };
}

async function findRepairs(deps: LimitPrunerDeps, signal: AbortSignal): Promise<Map<string, string>> {
  const stored = await deps.limits.configured();
  const repairs = repairTemplates([...(await deps.jobs.all()).values()], stored);
  const unnamed = [...repairs.keys()].filter((field) => repairs.get(field) === '');
  if (unnamed.length > 0) for (const field of await usedOf(deps, unnamed, signal)) repairs.delete(field);
  for (const [field, limit] of stored) if (!field.startsWith('*') && limit === OPEN_LIMIT) repairs.set(field, '');
  return repairs;
}

/** Those of the templates that an unfinished run has a key of; all of them where the search was broken off. */
async function usedOf({ history }: LimitPrunerDeps, fields: readonly string[], signal: AbortSignal): Promise<string[]> {
  const unused = new Set(fields);
  let cursor = '0';
  do {
    if (signal.aborted) return [...fields];
    const slice = await history.scanLive(cursor, RUNS_A_SLICE);
    for (const { keys } of slice.runs) for (const { template } of unpackKeys(keys)) unused.delete(`*${template}`);
    cursor = slice.cursor;
  } while (cursor !== '0' && unused.size > 0);
  return fields.filter((field) => !unused.has(field));
}
