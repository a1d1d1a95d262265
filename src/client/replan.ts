import { compileSchedule, type CompileTiming } from '../core/compiled_schedule.ts';
import { planRegistration, planReplan, type ScheduleChange } from '../core/registration.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import { parseRule, unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import { compileTiming } from '../core/time/timing.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { StoredValue } from '../store/schedule_changes.ts';
import type { ShardStore } from '../store/store.ts';
import { redisTime } from './redis_time.ts';
import { calendarsNamedBy } from './rule_cache.ts';
import { keptChanging, MAX_ROUNDS } from './stale_rounds.ts';

const SLICE = 500;

/** Compiles timings that may leave out the named calendars of a shard. They throw BAD_SCHEDULE for one that is not there. */
export async function timingsOf({ calendars }: ShardStore): Promise<CompileTiming> {
  return timingsWith(await calendars.all());
}

export function timingsWith(calendars: ReadonlyMap<string, CalendarRule>): CompileTiming {
  return (rule, seed) => compileTiming(rule, seed, (name) => calendars.get(name));
}

/** Plans the schedules that name one of these calendars anew. Returns how many changed. */
export async function replanNaming(shard: ShardStore, names: readonly string[]): Promise<number> {
  const timingOf = await timingsOf(shard);
  let replanned = 0;
  let cursor = '0';
  do {
    const slice = await shard.changes.scanMatching(cursor, { match: '*', count: SLICE });
    cursor = slice.cursor;
    const naming = slice.found.filter(({ schedule }) => namesOneOf(schedule, names));
    replanned += await replanAll(shard, naming, (stored, value, now) => {
      const rule = parseRule(stored);
      return planReplan(stored, value, compileSchedule(stored.id, rule, timingOf), now);
    });
  } while (cursor !== '0');
  return replanned;
}

/** Brings back the schedules of these jobs that were taken out, where the reason is gone. Returns how many. */
export async function replanQuarantined(shard: ShardStore, jobs: ReadonlySet<string>): Promise<number> {
  let timingOf: CompileTiming | undefined;
  let replanned = 0;
  let cursor = '0';
  do {
    const slice = await shard.changes.scanQuarantined(cursor, SLICE);
    cursor = slice.cursor;
    // A job's own schedule is registered with its definition.
    const ids = slice.ids.filter((id) => jobOf(id) !== id && jobs.has(jobOf(id)));
    if (ids.length === 0) continue;
    const timings = (timingOf ??= await timingsOf(shard));
    replanned += await replanAll(shard, await readStored(shard, ids), (stored, value, now) => {
      const { id, ruleJson } = stored;
      const compiled = compileSchedule(id, parseRule(stored), timings);
      return planRegistration({ id, ruleJson, stored, value, quarantined: true, compiled }, now);
    });
  } while (cursor !== '0');
  return replanned;
}

async function readStored(shard: ShardStore, ids: string[]): Promise<StoredValue[]> {
  const values = await shard.schedules.read(ids);
  return ids.flatMap((id, i) => {
    const value = values[i];
    return value === undefined ? [] : [{ schedule: unpackSchedule(id, value), value }];
  });
}

type Replan = (stored: StoredSchedule, value: string, now: EpochMs) => ScheduleChange | undefined;

/** A schedule that cannot be planned is left as it is: the ticker takes it out, or has done so. */
async function replanAll(shard: ShardStore, found: readonly StoredValue[], replan: Replan): Promise<number> {
  let left = found;
  let replanned = 0;
  for (let round = 0; left.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw keptChanging(left.map(({ schedule }) => schedule.id));
    const now = await redisTime(shard);
    const changes = left.flatMap(({ schedule, value }) => {
      try {
        return replan(schedule, value, now) ?? [];
      } catch {
        return [];
      }
    });
    if (changes.length === 0) return replanned;
    const saved = await shard.schedules.save(changes);
    replanned += saved.filter(Boolean).length;
    const stale = changes.filter((_, i) => saved[i] !== true).map(({ id }) => id);
    left = await readStored(shard, stale);
  }
  return replanned;
}

/** Whether a rule names one of some calendars; a rule that cannot be read names none. */
export function namesOneOf({ ruleJson }: Pick<StoredSchedule, 'ruleJson'>, names: readonly string[]): boolean {
  if (!names.some((name) => ruleJson.includes(JSON.stringify(name)))) return false;
  try {
    return calendarsNamedBy(JSON.parse(ruleJson) as ScheduleRule).some((name) => names.includes(name));
  } catch {
    return false;
  }
}
