import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import { quote } from '../core/quote.ts';
import { jobOf } from '../core/schedule_id.ts';
import { unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import { tellVerdicts } from '../core/verdict_events.ts';
import type { ScheduleControl, ScheduleSurroundings } from '../store/schedule_changes.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { redisTime } from './redis_time.ts';
import { describeEntryError, type EntryError } from './schedule_entry.ts';
import { scanSchedules, type ScheduleFilter } from './schedule_scan.ts';
import { keptChanging, MAX_ROUNDS } from './stale_rounds.ts';

/** Schedules by their ids, or those that a filter fits. */
export type ScheduleTarget = readonly string[] | ScheduleFilter;

/** What became of one schedule. `unchanged`: it was so already. */
export type ControlAnswer =
  | { id: string; answer: 'done' | 'unchanged' | 'missing' }
  | { id: string; answer: 'invalid'; error: EntryError };

/** A stored schedule as a control finds it. */
export type ControlFacts = {
  shard: ShardStore;
  stored: StoredSchedule;
  value: string;
  around: ScheduleSurroundings;
  now: EpochMs;
};

/** What to do to one schedule; undefined for nothing. Throws coded errors for one that it cannot be done to. */
export type PlanControl = (facts: ControlFacts) => ScheduleControl | undefined;

const CHUNK = 500;

/** What to do, and who hears of the verdicts that it commits. */
export type ControlWork = { plan: PlanControl; events: EventBus; /** Verdicts kept per job. */ ledgerCount: number };

/** Does the same to each schedule of a target. Answers in the order of the ids; a filter's in the order of the scan. */
export async function controlTarget(store: Store, target: ScheduleTarget, work: ControlWork): Promise<ControlAnswer[]> {
  if (isIds(target)) {
    const answers = new Map<string, ControlAnswer>();
    const unique = [...new Set(target)];
    for (const shard of store.shards) {
      const here = unique.filter((id) => store.of(jobOf(id)) === shard);
      for (const one of await controlIds(shard, here, work)) answers.set(one.id, one);
    }
    return target.map((id) => answers.get(id) ?? { id, answer: 'missing' });
  }
  const answers: ControlAnswer[] = [];
  let cursor: string | undefined;
  do {
    const { shard, found, next } = await scanSchedules(store, target, { cursor, limit: CHUNK });
    const ids = found.map(({ schedule }) => schedule.id);
    for (const one of await controlIds(shard, ids, work)) answers.push(one);
    cursor = next;
  } while (cursor !== undefined);
  return answers;
}

/** Throws BAD_USAGE for what is neither ids nor a filter: a filter that says nothing by mistake would be every schedule. */
export function isIds(target: ScheduleTarget): target is readonly string[] {
  if (Array.isArray(target)) return true;
  const given: unknown = target;
  if (typeof given !== 'object' || given === null) throw noTarget(`the target is ${quote(given)}`, 'target');
  for (const [field, value] of Object.entries(given)) {
    if (!FILTER_FIELDS.has(field)) throw noTarget(`the filter has the unknown field ${quote(field)}`, field);
    if (typeof value !== 'string' || value === '') throw noTarget(`${field} is ${quote(value)}`, field);
  }
  return false;
}

const FILTER_FIELDS: ReadonlySet<string> = new Set<keyof ScheduleFilter>(['job', 'tag', 'search']);

function noTarget(message: string, field: string): BelfryError {
  const hint = 'a list of ids, or a filter with job, tag or search, each a text; {} is every schedule';
  return new BelfryError('BAD_USAGE', message, { field, hint });
}

async function controlIds(
  shard: ShardStore,
  ids: readonly string[],
  { plan, events, ledgerCount }: ControlWork,
): Promise<ControlAnswer[]> {
  const answers: ControlAnswer[] = [];
  for (let from = 0; from < ids.length; from += CHUNK) {
    let left = ids.slice(from, from + CHUNK);
    for (let round = 0; left.length > 0; round += 1) {
      if (round === MAX_ROUNDS) throw keptChanging(left);
      const { now, settled, controls } = await planControls(shard, left, plan);
      answers.push(...settled);
      const saved = await shard.changes.control(controls, ledgerCount);
      left = [];
      controls.forEach(({ change: { id }, verdicts }, i) => {
        if (saved[i] !== true) {
          left.push(id);
          return;
        }
        answers.push({ id, answer: 'done' });
        tellVerdicts(events, id, verdicts, now);
      });
    }
  }
  return answers;
}

type Planned = { now: EpochMs; settled: ControlAnswer[]; controls: ScheduleControl[] };

async function planControls(shard: ShardStore, ids: readonly string[], plan: PlanControl): Promise<Planned> {
  const [now, values, around] = await Promise.all([
    redisTime(shard),
    shard.schedules.read([...ids]),
    shard.changes.surroundings(ids),
  ]);
  const planned: Planned = { now, settled: [], controls: [] };
  ids.forEach((id, i) => {
    const value = values[i];
    if (value === undefined) {
      planned.settled.push({ id, answer: 'missing' });
      return;
    }
    try {
      const facts = { shard, stored: unpackSchedule(id, value), value, around: around[i] as ScheduleSurroundings, now };
      const control = plan(facts);
      if (control === undefined) planned.settled.push({ id, answer: 'unchanged' });
      else planned.controls.push(control);
    } catch (thrown) {
      planned.settled.push({ id, answer: 'invalid', error: describeEntryError(thrown) });
    }
  });
  return planned;
}
