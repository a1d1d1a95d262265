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

/**
 * Stores the calendars of files on a shard, and answers those that were not there. They are marked until `settleCalendars` has
 * been called, when the schedules that name them are planned anew: one that dies in between leaves it to the next.
 */
export async function saveFileCalendars({ calendars }: ShardStore, files: Calendars): Promise<Calendars> {
  if (files.size === 0) return files;
  const stored = await calendars.all();
  const moved = new Map([...files].filter(([name, rule]) => !isSame(stored.get(name), rule)));
  if (moved.size > 0) await calendars.save(marked(moved));
  return moved;
}

/** Takes the mark away from those that nobody has changed meanwhile. */
export async function settleCalendars({ calendars }: ShardStore, moved: Calendars): Promise<void> {
  const stored = await calendars.all();
  const own = [...marked(moved)].filter(([name, rule]) => isSame(stored.get(name), rule));
  await calendars.save(fromFiles(new Map(own)));
}

function marked(calendars: Calendars): Calendars {
  return new Map([...calendars].map(([name, rule]) => [name, { ...rule, f: 'saved' }]));
}

function isSame(stored: CalendarRule | undefined, rule: CalendarRule): boolean {
  return JSON.stringify(stored) === JSON.stringify(rule);
}

export type FileCalendars = { calendars: Calendars; keep: readonly string[]; events: EventBus };

/**
 * Removes the calendars whose file is gone, when the jobs that named them have been registered. One that a schedule
 * still names stays, and says so: without it the schedule could not be planned.
 */
export async function pruneFileCalendars(store: Store, { calendars, keep, events }: FileCalendars): Promise<void> {
  const left = new Set<string>();
  for (const shard of store.shards) {
    for (const name of withoutFile(await shard.calendars.all(), { calendars, keep })) left.add(name);
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

/** The stored calendars of files that are gone; those of people and of broken files stay. */
export function withoutFile(
  stored: Calendars,
  { calendars, keep }: Pick<FileCalendars, 'calendars' | 'keep'>,
): string[] {
  const names = [...stored].flatMap(([name, { f }]) => (f === undefined ? [] : [name]));
  return names.filter((name) => !calendars.has(name) && !keep.includes(`${KEPT_PREFIX}${name}`));
}
