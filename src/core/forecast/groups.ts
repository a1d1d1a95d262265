import { jobOf } from '../schedule_id.ts';
import type { ScheduleRule } from '../schedule.ts';

/** Stands in no name, cron text or recurrence. */
const SEPARATOR = '\u0000';

/** Schedules of one job that fire alike: their rules differ in what a forecast does not read. */
export type ScheduleGroup = { job: string; rule: ScheduleRule; count: number; /** One of them. */ id: string };

/** Puts schedules together as they come, so that a million of them take the room of their different rules. */
export function createGrouping(): { add(id: string, rule: ScheduleRule): void; groups(): ScheduleGroup[] } {
  const groups = new Map<string, ScheduleGroup>();
  return {
    add(id, rule) {
      const job = jobOf(id);
      const key = keyOf(job, rule);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { job, rule, count: 1, id });
      else group.count += 1;
    },
    groups: () => [...groups.values()],
  };
}

/**
 * What a forecast reads of a rule, as one text: without payload, tags and what is done about fire times that were missed.
 * The parts that most rules lack are written as JSON only where they are there, for a million rules pass through here.
 */
function keyOf(job: string, rule: ScheduleRule): string {
  const { c, e, g, z, t, n, s, q, i, l, f, r, k, o, mr } = rule;
  const plain = [job, c, e, g, z, t, n, s, q, i, l, f, r, k, o, mr].join(SEPARATOR);
  const { y, a, u, x, bl } = rule;
  const isPlain = [y, a, u, x, bl].every((part) => part === undefined);
  return isPlain ? plain : plain + SEPARATOR + JSON.stringify([y, a, u, x, bl]);
}
