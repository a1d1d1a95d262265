import { jobOf } from '../schedule_id.ts';
import type { ScheduleRule } from '../schedule.ts';

/** Schedules of one job that fire alike: their rules differ in what a forecast does not read. */
export type ScheduleGroup = { job: string; rule: ScheduleRule; count: number; /** One of them. */ id: string };

/** Puts schedules together as they come, so that a million of them take the room of their different rules. */
export function createGrouping(): { add(id: string, rule: ScheduleRule): void; groups(): ScheduleGroup[] } {
  const groups = new Map<string, ScheduleGroup>();
  return {
    add(id, rule) {
      const job = jobOf(id);
      const key = `${job} ${JSON.stringify(readPart(rule))}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { job, rule, count: 1, id });
      else group.count += 1;
    },
    groups: () => [...groups.values()],
  };
}

/** The rule without payload, tags and what is done about fire times that were missed. */
function readPart(rule: ScheduleRule): ScheduleRule {
  const { p: _p, tg: _tg, m: _m, h: _h, w: _w, d: _d, pf: _pf, al: _al, b: _b, ...read } = rule;
  return read;
}
