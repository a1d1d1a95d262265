import type { FinalState, RunState } from './run.ts';
import type { DurationMs, EpochMs } from './time/units.ts';

export type BulkAction = 'cancel' | 'retry' | 'delete' | 'move';

/** Which runs an operation is about. Everything that is given must fit. */
export type BulkFilter = {
  states: readonly RunState[];
  ids?: readonly string[];
  queue?: string;
  job?: string;
  /** Of the schedule that has fired the run. */
  tag?: string;
  /** Fire time of a live run, end of another: at or after `since`, before `until`. */
  since?: EpochMs;
  until?: EpochMs;
  /** Text in the name or the message of the run's last error. Upper and lower case are the same. */
  error?: string;
};

/** What an operation is; does not change while it runs. JSON in the hash `bulks`, behind how far it has come. */
export type BulkSpec = {
  action: BulkAction;
  filter: BulkFilter;
  /** The queue that runs are moved to. */
  to?: string;
  /** At least so long between two runs that are acted on, ms; 0: as fast as it goes. */
  paceMs: number;
  by: string;
  note?: string;
  at: EpochMs;
};

/**
 * The part of a bulk operation that one shard carries on, as Redis keeps it:
 * `<state> <primary> <cursor> <total> <seen> <done> <failed> <updated> <JSON of the spec>`.
 */
export type Bulk = {
  id: string;
  state: 'running' | 'done' | 'cancelled';
  /** The Redis process that the cursor is of; '-' before the first slice. */
  primary: string;
  /** See BulkPhase. */
  cursor: string;
  /** Runs there were to look at when it began. */
  total: number;
  seen: number;
  /** Runs that were acted on, and those that somebody else had taken between the look and the act. */
  done: number;
  failed: number;
  updatedAt: EpochMs;
  spec: BulkSpec;
};

export function packBulk(bulk: Omit<Bulk, 'id'>): string {
  const { state, primary, cursor, total, seen, done, failed, updatedAt, spec } = bulk;
  return [state, primary, cursor, total, seen, done, failed, updatedAt, JSON.stringify(spec)].join(' ');
}

export function unpackBulk(id: string, value: string): Bulk {
  const match = /^(\S+) (\S+) (\S+) (\d+) (\d+) (\d+) (\d+) (\d+) (.*)$/s.exec(value);
  const [, state, primary, cursor, total, seen, done, failed, updatedAt, specJson] = match as unknown as string[];
  return {
    id,
    state: state as Bulk['state'],
    primary: primary as string,
    cursor: cursor as string,
    total: Number(total),
    seen: Number(seen),
    done: Number(done),
    failed: Number(failed),
    updatedAt: Number(updatedAt),
    spec: JSON.parse(specJson as string) as BulkSpec,
  };
}

/**
 * An operation goes over what there is in phases. `lanes`: ready runs lane by lane, so that their order is kept and long
 * lanes are emptied from the front; `runs`: all unfinished ones, in no order; `letters`: dead letters, newest first;
 * `history`: finished runs, job by job. A cursor is `<phase>` or `<phase>:<place>`.
 */
export type BulkPhase = 'lanes' | 'runs' | 'letters' | 'history';

const LIVE: readonly RunState[] = ['waiting', 'ready', 'running', 'retrying'];
const IN_HISTORY: readonly FinalState[] = ['succeeded', 'cancelled'];

/** States that runs of an action may be in, and those that are meant where nobody says any. */
export const BULK_STATES: Readonly<Record<BulkAction, { may: readonly RunState[]; default: readonly RunState[] }>> = {
  cancel: { may: LIVE, default: ['waiting', 'ready', 'retrying'] },
  delete: { may: ['waiting', 'ready', 'retrying', 'dead'], default: ['waiting', 'ready', 'retrying'] },
  move: { may: ['waiting', 'ready', 'retrying'], default: ['waiting', 'ready', 'retrying'] },
  retry: { may: ['dead', ...IN_HISTORY], default: ['dead'] },
};

export function phasesOf({ action, filter: { states, ids } }: Pick<BulkSpec, 'action' | 'filter'>): BulkPhase[] {
  const isLive = states.some((state) => LIVE.includes(state));
  const phases: BulkPhase[] = [];
  if (isLive && states.includes('ready') && ids === undefined) phases.push('lanes');
  if (isLive) phases.push('runs');
  if (states.includes('dead')) phases.push('letters');
  if (action === 'retry' && states.some((state) => (IN_HISTORY as readonly RunState[]).includes(state)))
    phases.push('history');
  return phases;
}

/** The cursor behind the end of a phase. */
export function afterPhase(spec: Pick<BulkSpec, 'action' | 'filter'>, phase: BulkPhase): BulkPhase | 'end' {
  const phases = phasesOf(spec);
  return phases[phases.indexOf(phase) + 1] ?? 'end';
}

/** Where to go on. A cursor of another Redis process than the present one means nothing there: its phase begins anew. */
export function placeOf({ cursor, primary }: Pick<Bulk, 'cursor' | 'primary'>, presentPrimary: string) {
  const colon = cursor.indexOf(':');
  const phase = (colon < 0 ? cursor : cursor.slice(0, colon)) as BulkPhase;
  const isLost = phase === 'runs' && primary !== presentPrimary;
  return { phase, place: colon < 0 || isLost ? '' : cursor.slice(colon + 1) };
}

/** Runs that a slice may act on, so that a slow operation goes on evenly. */
export function sliceLimit(paceMs: DurationMs, most: number): number {
  return paceMs <= 0 ? most : Math.max(1, Math.min(most, Math.floor(500 / paceMs)));
}

/** From 0 to 1. What appears while it runs was not in the total. */
export function progressOf({ state, total, seen }: Pick<Bulk, 'state' | 'total' | 'seen'>): number {
  if (state === 'done') return 1;
  return total === 0 ? 0 : Math.min(0.99, seen / total);
}
