import { progressOf, type Bulk, type BulkAction, type BulkFilter } from '../core/bulk.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';

/** A bulk operation over all shards. */
export type BulkView = {
  id: string;
  action: BulkAction;
  filter: BulkFilter;
  to: string | undefined;
  state: Bulk['state'];
  by: string;
  note: string | undefined;
  startedAt: EpochMs;
  updatedAt: EpochMs;
  /** From 0 to 1, by the runs that were there when it began. */
  progress: number;
  /** Runs looked at, acted on, and taken by somebody else between the look and the act. */
  seen: number;
  done: number;
  failed: number;
  /** At least so long between two runs that are acted on; 0 for no bound. */
  paceMs: DurationMs;
};

/** Puts the parts of one operation together; there is at least one. */
export function viewBulk(parts: readonly Bulk[]): BulkView {
  const [{ id, spec }] = parts as [Bulk];
  const sum = (pick: (part: Bulk) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  const weight = sum(({ total }) => total);
  const has = (state: Bulk['state']): boolean => parts.some((part) => part.state === state);
  const state = has('running') ? 'running' : has('cancelled') ? 'cancelled' : 'done';
  const progress = weight === 0 ? 0 : sum((part) => progressOf(part) * part.total) / weight;
  return {
    id,
    action: spec.action,
    filter: spec.filter,
    to: spec.to,
    state,
    by: spec.by,
    note: spec.note,
    startedAt: spec.at,
    updatedAt: Math.max(...parts.map(({ updatedAt }) => updatedAt)),
    progress: state === 'done' ? 1 : progress,
    seen: sum(({ seen }) => seen),
    done: sum(({ done }) => done),
    failed: sum(({ failed }) => failed),
    paceMs: spec.paceMs / parts.length,
  };
}
