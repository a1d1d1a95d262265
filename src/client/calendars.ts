import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { CalendarRule } from '../core/schedule.ts';
import { suggest } from '../core/suggest.ts';
import { readCalendarName } from '../core/time/calendar.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { namesOneOf, replanNaming } from './replan.ts';
import { scanSchedules } from './schedule_scan.ts';

/** What a change of a calendar did. */
export type CalendarSaved = {
  answer: 'saved' | 'unchanged';
  /** Schedules whose next fire time moved. */ replanned: number;
};

/** Calendars by name, which schedules leave out: `except: 'holidays'`. */
export type CalendarsClient = {
  /** Stores a calendar and plans the schedules that name it anew. Throws BAD_SCHEDULE for the name. */
  save(name: string, rule: CalendarRule): Promise<CalendarSaved>;
  /** By name. */
  list(): Promise<Map<string, CalendarRule>>;
  /** Throws NOT_FOUND. */
  get(name: string): Promise<CalendarRule>;
  /** Throws NOT_FOUND, or BAD_USAGE while a schedule names it. */
  delete(name: string): Promise<void>;
};

const NAMED_SHOWN = 5;

export function createCalendarsClient(store: Store): CalendarsClient {
  const first = store.shards[0] as ShardStore;
  const all = async (): Promise<Map<string, CalendarRule>> =>
    new Map([...(await first.calendars.all())].sort(([a], [b]) => (a < b ? -1 : 1)));
  const find = async (name: string): Promise<CalendarRule> => {
    const calendars = await all();
    const found = calendars.get(name);
    if (found === undefined) throw unknownCalendar(name, calendars.keys());
    return found;
  };
  return {
    async save(name, rule) {
      readCalendarName(name, 'name');
      let changed = 0;
      let replanned = 0;
      for (const shard of store.shards) {
        changed += (await shard.calendars.save(new Map([[name, rule]]))).length;
        // Also where it is stored already: the call that stored it may have ended before it came to this.
        replanned += await replanNaming(shard, [name]);
      }
      return { answer: changed > 0 ? 'saved' : 'unchanged', replanned };
    },
    list: all,
    get: find,
    async delete(name) {
      await find(name);
      const naming = await schedulesNaming(store, name);
      if (naming !== undefined) {
        throw new BelfryError('BAD_USAGE', `calendar ${name} is named by ${naming}`, {
          field: 'name',
          hint: 'take it out of their `except` first',
        });
      }
      // On the first shard last: as long as it is there, it is listed, and can be deleted again.
      for (const { calendars } of store.shards.toReversed()) await calendars.save(new Map([[name, undefined]]));
    },
  };
}

function unknownCalendar(name: string, known: Iterable<string>): BelfryError {
  const near = suggest(name, known);
  return new BelfryError('NOT_FOUND', `no calendar named ${quote(name)}`, {
    field: 'calendar',
    hint: near === undefined ? 'see `belfry calendars list`' : `did you mean ${near}?`,
  });
}

/** The ids of the schedules that name a calendar, in words; undefined for none. */
export async function schedulesNaming(store: Store, name: string): Promise<string | undefined> {
  const naming: string[] = [];
  let cursor: string | undefined;
  do {
    const slice = await scanSchedules(store, { search: JSON.stringify(name) }, { cursor, limit: 1_000 });
    naming.push(
      ...slice.found.filter(({ schedule }) => namesOneOf(schedule, [name])).map(({ schedule }) => schedule.id),
    );
    cursor = slice.next;
  } while (cursor !== undefined && naming.length <= NAMED_SHOWN);
  if (naming.length === 0) return undefined;
  const more = naming.length > NAMED_SHOWN ? ' and more' : '';
  return `${naming.sort().slice(0, NAMED_SHOWN).join(', ')}${more}`;
}
