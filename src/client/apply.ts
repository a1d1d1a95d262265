import { compileSchedule, type CompiledSchedule, type CompileTiming } from '../core/compiled_schedule.ts';
import type { EventBus } from '../core/events.ts';
import type { JobRecord } from '../core/job_record.ts';
import { findGone, planRegistration, type ScheduleChange } from '../core/registration.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { packSchedule, unpackSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ScheduleSurroundings } from '../store/schedule_changes.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { assertDependencies, saveDependencies } from './dependencies.ts';
import { recordsOf, withoutPruning, type DesiredState, type Prune, type RecordsContext } from './desired_state.ts';
import { fromFiles, pruneFileCalendars, saveFileCalendars, settleCalendars } from './file_calendars.ts';
import { redisTime } from './redis_time.ts';
import { replanNaming, replanQuarantined, timingsOf } from './replan.ts';
import { keptChanging, MAX_ROUNDS } from './stale_rounds.ts';

export type Applied = { added: string[]; changed: string[]; removed: string[]; total: number };

export type Application = DesiredState &
  RecordsContext & {
    /** Left out: `missing`. */
    prune?: Prune;
    events: EventBus;
  };

/**
 * Makes Redis say what the job files say: adds, changes, prunes. `jobs/` is the truth, Redis its cache. Idempotent and
 * safe from any number of replicas at once; waiting and running runs are never touched, and schedules of the API are kept,
 * also those of a job that is gone. Throws BAD_JOB, before anything is changed, for jobs that wait for each other or for a
 * job that is not there.
 */
export async function applyJobs(store: Store, application: Application): Promise<Applied> {
  const { events, seal } = application;
  const wanted = application.prune === 'nothing' ? await withoutPruning(store, application) : application;
  const { definitions, keep } = wanted;
  const calendars = fromFiles(wanted.calendars);
  const applied: Applied = { added: [], changed: [], removed: [], total: definitions.length };
  const { plain, stored: records } = recordsOf(definitions, application);
  assertDependencies(plain, keep);
  for (const shard of store.shards) {
    const moved = await saveFileCalendars(shard, calendars);
    const here = records.filter(({ name }) => store.of(name) === shard);
    const part = await applyToShard(shard, here, keep);
    if (moved.size > 0) {
      await replanNaming(shard, [...moved.keys()]);
      await settleCalendars(shard, moved);
    }
    applied.added.push(...part.added);
    applied.changed.push(...part.changed);
    applied.removed.push(...part.removed);
  }
  await saveDependencies(store, plain, { keep, seal });
  await pruneFileCalendars(store, { calendars, keep, events });
  events.emit('jobs.registered', applied);
  return applied;
}

async function applyToShard(
  shard: ShardStore,
  records: JobRecord[],
  keep: readonly string[],
): Promise<Omit<Applied, 'total'>> {
  const before = await shard.jobs.all();
  const removed = findGone(
    before.keys(),
    records.map(({ name }) => name),
    keep,
  );
  const differing = records.filter((record) => JSON.stringify(before.get(record.name)) !== JSON.stringify(record));
  const after = new Map([...before, ...records.map((record) => [record.name, record] as const)]);
  for (const name of [...removed, ...differing.map((record) => record.name)]) after.delete(name);
  const saved = new Set(differing.length > 0 ? await shard.jobs.save(differing, [], [...after.values()]) : []);
  const rules = new Map<string, string | undefined>(records.map(({ name, ruleJson }) => [name, ruleJson]));
  for (const name of removed) rules.set(name, undefined);
  await reconcileSchedules(shard, rules);
  if (removed.length > 0) await shard.jobs.save([], removed);
  await replanQuarantined(shard, new Set(records.map(({ name }) => name)));
  return {
    added: [...saved].filter((name) => !before.has(name)),
    changed: [...saved].filter((name) => before.has(name)),
    removed,
  };
}

/** Rounds end when no entry was stale: each stale one means that somebody else has just made progress. */
async function reconcileSchedules(shard: ShardStore, rules: Map<string, string | undefined>): Promise<void> {
  let ids = [...rules.keys()];
  if (ids.length === 0) return;
  const timingOf = await timingsOf(shard);
  for (let round = 0; ids.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw keptChanging(ids);
    const [now, values, around] = await Promise.all([
      redisTime(shard),
      shard.schedules.read(ids),
      shard.changes.surroundings(ids),
    ]);
    const changes = ids.flatMap((id, i) => {
      const stored = { id, ruleJson: rules.get(id), value: values[i], around: around[i] };
      return planOne(stored, timingOf, now) ?? [];
    });
    if (changes.length === 0) return;
    const saved = await shard.schedules.save(changes);
    ids = changes.filter((_, i) => saved[i] !== true).map(({ id }) => id);
  }
}

type Registered = {
  id: string;
  ruleJson: string | undefined;
  value: string | undefined;
  around: ScheduleSurroundings | undefined;
};

function planOne({ id, ruleJson, value, around }: Registered, timingOf: CompileTiming, now: EpochMs) {
  const stored = value === undefined ? undefined : unpackSchedule(id, value);
  const quarantined = around?.reasonJson !== undefined;
  if (ruleJson !== undefined && ruleJson === stored?.ruleJson && !quarantined) return undefined;
  let compiled: CompiledSchedule | undefined;
  try {
    compiled = ruleJson === undefined ? undefined : compileSchedule(id, JSON.parse(ruleJson) as ScheduleRule, timingOf);
  } catch {
    return ruleJson === stored?.ruleJson ? undefined : forQuarantine({ id, ruleJson, value, around }, now);
  }
  return planRegistration({ id, ruleJson, stored, value, quarantined, pause: around?.pause, compiled }, now);
}

/**
 * A rule that cannot be planned, such as one that names a calendar which is not there, must not keep the others from being
 * registered: it is stored as due, and the leader takes it out and says why.
 */
function forQuarantine({ id, ruleJson = '', value }: Registered, now: EpochMs): ScheduleChange {
  const stored = value === undefined ? undefined : unpackSchedule(id, value);
  const fresh = { revision: 0, state: 'active' as const, last: undefined, made: 0, others: '-' };
  const after = packSchedule({ ...(stored ?? fresh), revision: (stored?.revision ?? 0) + 1, next: now, ruleJson });
  return { id, before: value, after, due: now };
}
