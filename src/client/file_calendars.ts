import type { EventBus } from '../core/events.ts';
import type { CalendarRule } from '../core/schedule.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { schedulesNaming } from './calendars.ts';

type Calendars = ReadonlyMap<string, CalendarRule>;

/** What a file that is broken at the moment is called among the jobs: its calendar stays. */
export const KEPT_PREFIX = '_calendars/';

/** Calendars as they are stored for files: each says so, which tells them from those that people put in. */
export function fromFiles(calendars: Calendars): Calendars {
  return new Map([...calendars].map(([name, rule]) => [name, { ...rule, f: true }]));
}

export type FileCalendars = { calendars: Calendars; keep: readonly string[]; events: EventBus };

/**
 * Removes the calendars whose file is gone, when the jobs that named them have been registered. One that a schedule
 * still names stays, and says so: without it the schedule could not be planned.
 */
export async function pruneFileCalendars(store: Store, { calendars, keep, events }: FileCalendars): Promise<void> {
  const left = new Set<string>();
  for (const shard of store.shards) {
    for (const name of await withoutFile(shard, { calendars, keep })) left.add(name);
  }
  for (const name of left) {
    const namedBy = await schedulesNaming(store, name);
    if (namedBy !== undefined) {
      events.emit('calendar.kept', { calendar: name, namedBy });
      continue;
    }
    for (const shard of store.shards) await shard.calendars.save(new Map([[name, undefined]]));
  }
}

async function withoutFile(
  shard: ShardStore,
  { calendars, keep }: Pick<FileCalendars, 'calendars' | 'keep'>,
): Promise<string[]> {
  const stored = await shard.calendars.all();
  const names = [...stored].flatMap(([name, { f }]) => (f === true ? [name] : []));
  return names.filter((name) => !calendars.has(name) && !keep.includes(`${KEPT_PREFIX}${name}`));
}
