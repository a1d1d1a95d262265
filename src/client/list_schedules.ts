import { assertKnownKeys } from '../core/known_keys.ts';
import { jobOf } from '../core/schedule_id.ts';
import { unpackSchedule } from '../core/stored_schedule.ts';
import type { Store } from '../store/store.ts';
import { scanSchedules, type Narrow, type ScheduleFilter } from './schedule_scan.ts';
import { statesOf, viewSchedules, type ScheduleState, type ScheduleView } from './schedule_view.ts';
import { readLimit } from './page_size.ts';

export type ScheduleQuery = ScheduleFilter & {
  state?: ScheduleState;
  /** From the answer before; leave it out to begin. */
  cursor?: string;
  /** 1 to 10,000, default 100. An answer may hold fewer, or none, while its cursor says that there is more to look at. */
  limit?: number;
};

export type SchedulePage = {
  schedules: ScheduleView[];
  /** Undefined at the end. */
  cursor: string | undefined;
};

const QUERY = ['job', 'tag', 'search', 'state', 'cursor', 'limit'] as const satisfies readonly (keyof ScheduleQuery)[];
const DEFAULT_LIMIT = 100;
export const MOST_LISTED = 10_000;
const READ_AT_ONCE = 1_000;

/** One page of the schedules that fit. Throws BAD_USAGE for a filter that there is not, a cursor or a limit. */
export async function listSchedules(store: Store, query: ScheduleQuery): Promise<SchedulePage> {
  assertKnownKeys(query, QUERY, { code: 'BAD_USAGE', field: 'query' });
  const { state, cursor, limit: asked = DEFAULT_LIMIT, ...filter } = query;
  const limit = readLimit(asked, MOST_LISTED);
  const narrow = state === undefined ? undefined : inState(state);
  const page: SchedulePage = { schedules: [], cursor };
  // A slice ends with its shard, so a call looks at as many slices as there are shards, and at no more.
  for (let slices = 0; slices < store.shards.length; slices += 1) {
    const at = { cursor: page.cursor, limit: limit - page.schedules.length, narrow };
    const { shard, found, next } = await scanSchedules(store, filter, at);
    const stored = found.map(({ schedule }) => schedule);
    const views = await viewSchedules(shard, stored);
    page.schedules.push(...(state === undefined ? views : views.filter((view) => view.state === state)));
    page.cursor = next;
    if (next === undefined || page.schedules.length === limit) break;
  }
  return page;
}

/** Asked within the scan: a scan for `limit` schedules of any state would be gone on with once for each `limit` of them. */
function inState(state: ScheduleState): Narrow {
  return async (shard, found) => {
    const stored = found.map(({ schedule }) => schedule);
    const states = await statesOf(shard, stored);
    return found.filter((_, i) => states[i] === state);
  };
}

/** Schedules in the order of their ids, undefined for one that is not there. */
export async function readSchedules(store: Store, ids: readonly string[]): Promise<(ScheduleView | undefined)[]> {
  const views = new Map<string, ScheduleView>();
  for (const shard of store.shards) {
    const here = [...new Set(ids)].filter((id) => store.of(jobOf(id)) === shard);
    for (let from = 0; from < here.length; from += READ_AT_ONCE) {
      const part = here.slice(from, from + READ_AT_ONCE);
      const values = await shard.schedules.read(part);
      const stored = part.flatMap((id, i) => {
        const value = values[i];
        return value === undefined ? [] : [unpackSchedule(id, value)];
      });
      for (const view of await viewSchedules(shard, stored)) views.set(view.id, view);
    }
  }
  return ids.map((id) => views.get(id));
}
