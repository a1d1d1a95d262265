import { compileSchedule, type CompiledSchedule, type CompileTiming } from '../compiled_schedule.ts';
import { messageOf } from '../errors.ts';
import type { JobRecord } from '../job_record.ts';
import { findGone, planRegistration, planReplan } from '../registration.ts';
import type { ScheduleRule } from '../schedule.ts';
import { unpackSchedule, type StoredSchedule } from '../stored_schedule.ts';
import type { EpochMs } from '../time/units.ts';
import { differencesOf, type Difference } from './differences.ts';

/** What a registration would do to one job. Instants are fire times without jitter. */
export type JobChange = {
  job: string;
  kind: 'added' | 'changed' | 'removed';
  differences: Difference[];
  /** The next fire times as they are and as they would be; undefined where they stay. */
  retimed: { before: EpochMs[]; after: EpochMs[] } | undefined;
  /** Why its schedule could not be planned: it would be taken out. */
  problem: string | undefined;
};

/** What is stored of a job's own schedule. */
export type OwnSchedule = { value: string | undefined; quarantine: string | undefined };

export type PlanFacts = {
  /** Records as they would be stored. */
  wanted: readonly JobRecord[];
  stored: ReadonlyMap<string, JobRecord>;
  /** Names that are left as they are. */
  keep: readonly string[];
  schedules: ReadonlyMap<string, OwnSchedule>;
  /** With the calendars as they are stored, and as they would be. */
  timingBefore: CompileTiming;
  timingAfter: CompileTiming;
  /** Whether a rule names a calendar that would be another one: its fire time to come is chosen anew. */
  isMoved: (rule: ScheduleRule) => boolean;
};

const NO_SCHEDULE: OwnSchedule = { value: undefined, quarantine: undefined };
/** Fire times that are told of a schedule that moves. */
const TIMES_TOLD = 3;

/** What registering these jobs would do, by name; unchanged ones are left out. Decides as a registration does, and writes nothing. */
export function planJobs(facts: PlanFacts, now: EpochMs): JobChange[] {
  const { wanted, stored, keep } = facts;
  const removed = findGone(
    stored.keys(),
    wanted.map(({ name }) => name),
    keep,
  );
  return [
    ...wanted.flatMap((record) => planJob(record, facts, now) ?? []),
    ...removed.map((job) => planRemoval(job, facts, now)),
  ].sort((a, b) => (a.job < b.job ? -1 : 1));
}

function planJob(record: JobRecord, facts: PlanFacts, now: EpochMs): JobChange | undefined {
  const { name: job } = record;
  const before = facts.stored.get(job);
  const own = facts.schedules.get(job) ?? NO_SCHEDULE;
  const current = currentTimes(job, own, facts, now);
  const planned = plannedTimes(record, own, facts, now);
  const retimed = sameTimes(current, planned.times) ? undefined : { before: current, after: planned.times };
  const differences = before === undefined ? [] : [...differencesOf(before, record), ...returnOf(own, planned)];
  if (before !== undefined && differences.length === 0 && retimed === undefined) return undefined;
  return { job, kind: before === undefined ? 'added' : 'changed', differences, retimed, problem: planned.problem };
}

function planRemoval(job: string, facts: PlanFacts, now: EpochMs): JobChange {
  const own = facts.schedules.get(job) ?? NO_SCHEDULE;
  const before = currentTimes(job, own, facts, now);
  const retimed = before.length === 0 ? undefined : { before, after: [] };
  return { job, kind: 'removed', differences: [], retimed, problem: undefined };
}

/** A schedule that was taken out and can be planned by now. */
function returnOf({ quarantine }: OwnSchedule, { problem }: Planned): Difference[] {
  if (quarantine === undefined || problem !== undefined) return [];
  return [{ field: 'quarantine', before: quarantine, after: undefined }];
}

/** A paused schedule and one that was taken out have no fire times to come. */
function currentTimes(job: string, own: OwnSchedule, facts: PlanFacts, now: EpochMs): EpochMs[] {
  if (own.value === undefined || own.quarantine !== undefined) return [];
  const stored = unpackSchedule(job, own.value);
  if (stored.state === 'paused') return [];
  try {
    const compiled = compileSchedule(job, JSON.parse(stored.ruleJson) as ScheduleRule, facts.timingBefore);
    return timesFrom(stored.next, compiled, now);
  } catch {
    return [];
  }
}

type Planned = { times: EpochMs[]; problem: string | undefined };

function plannedTimes(
  { name: id, ruleJson }: JobRecord,
  { value, quarantine }: OwnSchedule,
  facts: PlanFacts,
  now: EpochMs,
): Planned {
  if (ruleJson === undefined) return { times: [], problem: undefined };
  const stored = value === undefined ? undefined : unpackSchedule(id, value);
  try {
    const rule = JSON.parse(ruleJson) as ScheduleRule;
    const compiled = compileSchedule(id, rule, facts.timingAfter);
    const registered = planRegistration(
      { id, ruleJson, stored, value, quarantined: quarantine !== undefined, compiled },
      now,
    );
    const change =
      registered ?? (stored && facts.isMoved(rule) ? planReplan(stored, value ?? '', compiled, now) : undefined);
    const after: StoredSchedule | undefined = change?.after === undefined ? stored : unpackSchedule(id, change.after);
    if (after === undefined || after.state === 'paused') return { times: [], problem: undefined };
    return { times: timesFrom(after.next, compiled, now), problem: undefined };
  } catch (error) {
    return { times: [], problem: messageOf(error) };
  }
}

function timesFrom(first: EpochMs, { timing }: CompiledSchedule, now: EpochMs): EpochMs[] {
  if (first === 0) return [];
  const times = [first];
  // What follows a fire time that has passed is past as well, perhaps by much; only the ones to come are of interest.
  for (let at = timing.next(Math.max(first, now)); at !== undefined && times.length < TIMES_TOLD; at = timing.next(at))
    times.push(at);
  return times;
}

function sameTimes(one: readonly EpochMs[], other: readonly EpochMs[]): boolean {
  return one.length === other.length && one.every((at, i) => at === other[i]);
}
