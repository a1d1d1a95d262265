import type { BulkSpec } from '../../core/bulk.ts';
import { fitsError, fitsRun } from '../../core/bulk_filter.ts';
import { scheduleOf, type Run, type RunError } from '../../core/run.ts';
import { parseRule, unpackSchedule } from '../../core/stored_schedule.ts';
import { readStates } from '../../store/run_states.ts';
import type { ShardStore } from '../../store/store.ts';

/** What it takes to tell whether a run fits. */
export type FittingStore = Pick<ShardStore, 'shard' | 'schedules'>;

/** The unfinished runs that the operation is about, in their order. */
export async function fittingLive(store: FittingStore, spec: BulkSpec, runs: readonly Run[]): Promise<Run[]> {
  const { filter, to } = spec;
  const { error, tag, states } = filter;
  let fitting = runs.filter((run) => run.queue !== to && fitsRun(filter, run, run.fireTime));
  if (error !== undefined) fitting = await withError(store, error, fitting);
  if (tag !== undefined) fitting = await withTag(store, tag, fitting);
  const found = await readStates(store.shard, fitting);
  fitting = fitting.filter((_, i) => states.includes(found[i] as (typeof found)[number]));
  return states.includes('running') ? unmarked(store, fitting) : fitting;
}

/** Runs that a schedule with this tag has fired. */
export async function withTag<T extends Pick<Run, 'id'>>(
  { schedules }: FittingStore,
  tag: string,
  runs: readonly T[],
): Promise<T[]> {
  const ids = [...new Set(runs.flatMap(({ id }) => scheduleOf(id) ?? []))];
  if (ids.length === 0) return [];
  const values = await schedules.read(ids);
  const tagged = new Set(ids.filter((id, i) => tagsOf(id, values[i]).includes(tag)));
  return runs.filter(({ id }) => tagged.has(scheduleOf(id) ?? ''));
}

function tagsOf(id: string, value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  try {
    return parseRule(unpackSchedule(id, value)).tg ?? [];
  } catch {
    return []; // damaged
  }
}

async function withError({ shard }: FittingStore, wanted: string, runs: readonly Run[]): Promise<Run[]> {
  if (runs.length === 0) return [];
  const stored = await shard.connection.hmget(shard.key('errors'), ...runs.map(({ id }) => id));
  return runs.filter((_, i) => {
    const json = stored[i];
    return typeof json === 'string' && fitsError(wanted, (JSON.parse(json) as { error?: RunError }).error);
  });
}

/** Without those that were told to stop already. */
async function unmarked({ shard }: FittingStore, runs: readonly Run[]): Promise<Run[]> {
  if (runs.length === 0) return [];
  const marks = await shard.connection.hmget(shard.key('cancels'), ...runs.map(({ id }) => id));
  return runs.filter((_, i) => marks[i] === null);
}
