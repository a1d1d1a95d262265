import type { CalendarRule } from '../core/schedule.ts';
import type { Shard } from './shard.ts';

/** Named calendars of one shard; each shard has the same. */
export type CalendarStore = ReturnType<typeof createCalendarStore>;

export function createCalendarStore(shard: Shard) {
  return {
    async all(): Promise<Map<string, CalendarRule>> {
      const stored = await shard.connection.hgetall(shard.key('calendars'));
      return new Map(Object.entries(stored).map(([name, json]) => [name, JSON.parse(json) as CalendarRule]));
    },

    /** Stores each, or removes it where it is undefined. Returns the names that this changed. */
    async save(calendars: ReadonlyMap<string, CalendarRule | undefined>): Promise<string[]> {
      const args = [...calendars].flatMap(([name, rule]) => [name, rule === undefined ? '' : JSON.stringify(rule)]);
      return (await shard.run('save_calendars', args)) as string[];
    },
  };
}
