import type { PauseNote } from '../core/freeze.ts';
import type { ScheduleSpec } from '../core/job.ts';
import { scheduledRunId } from '../core/run.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import { parseRule, type StoredSchedule } from '../core/stored_schedule.ts';
import { specOf } from '../core/time/spec_of_rule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore } from '../store/store.ts';

/** `ended`: no fire time will come any more. `quarantined`: the leader has taken it out because it cannot be planned. */
export type ScheduleState = 'active' | 'paused' | 'ended' | 'quarantined';

export const SCHEDULE_STATES = ['active', 'paused', 'ended', 'quarantined'] as const satisfies readonly ScheduleState[];

/** A schedule as it is stored, with what is kept beside it. */
export type ScheduleView = {
  id: string;
  job: string;
  /** Undefined for a job's own schedule, which its job file writes. */
  key: string | undefined;
  state: ScheduleState;
  /** Undefined where the stored rule cannot be read. */
  rule: ScheduleRule | undefined;
  /** The rule as it would be written to save it again. Undefined where it cannot be read, or names a zone that is not known here. */
  schedule: ScheduleSpec | undefined;
  /** Next fire time without a verdict, and when it is due (jitter and window included). */
  nextFireTime: EpochMs | undefined;
  nextDue: EpochMs | undefined;
  /** Fire time of the run that was made last. */
  lastFireTime: EpochMs | undefined;
  /** Counts the changes of the rule, and each pause and resume. */
  revision: number;
  pause: PauseNote | undefined;
  quarantined: QuarantineReason | undefined;
};

export type QuarantineReason = { message: string; hint?: string };

/** Describes stored schedules of one shard, in order. */
export async function viewSchedules(shard: ShardStore, schedules: readonly StoredSchedule[]): Promise<ScheduleView[]> {
  const [around, following] = await Promise.all([
    shard.changes.surroundings(schedules.map(({ id }) => id)),
    followersOf(shard, schedules),
  ]);
  return schedules.map((stored, i) => {
    const { due, pause, reasonJson } = around[i] ?? { due: undefined, pause: undefined, reasonJson: undefined };
    const { id, revision, next, last } = stored;
    const job = jobOf(id);
    const rule = readRule(stored);
    return {
      id,
      job,
      key: id === job ? undefined : id.slice(job.length + 1),
      state: stateOf(stored, reasonJson, following.has(id)),
      rule,
      schedule: rule === undefined ? undefined : writtenOut(rule),
      nextFireTime: next > 0 && reasonJson === undefined ? next : undefined,
      nextDue: stored.state === 'paused' ? undefined : due,
      lastFireTime: last,
      revision,
      pause,
      quarantined: reasonJson === undefined ? undefined : (JSON.parse(reasonJson) as QuarantineReason),
    };
  });
}

/** The states of stored schedules of one shard, in order: what `viewSchedules` tells, without reading a rule for it. */
export async function statesOf(shard: ShardStore, schedules: readonly StoredSchedule[]): Promise<ScheduleState[]> {
  const [around, following] = await Promise.all([
    shard.changes.surroundings(schedules.map(({ id }) => id)),
    followersOf(shard, schedules),
  ]);
  return schedules.map((stored, i) => stateOf(stored, around[i]?.reasonJson, following.has(stored.id)));
}

/** Ids of those with a fixed delay whose last run lives: their next fire time is set when it ends. */
async function followersOf(shard: ShardStore, schedules: readonly StoredSchedule[]): Promise<Set<string>> {
  const waiting = new Map<string, string>();
  for (const stored of schedules) {
    const rule = stored.next === 0 && stored.last !== undefined ? readRule(stored) : undefined;
    if (rule?.f === undefined || stored.made >= (rule.mr ?? Infinity)) continue;
    waiting.set(scheduledRunId(stored.id, stored.last ?? 0), stored.id);
  }
  const living = await shard.changes.living([...waiting.keys()]);
  return new Set(living.flatMap(({ id }) => waiting.get(id) ?? []));
}

function stateOf({ state, next }: StoredSchedule, reasonJson: string | undefined, isFollowing: boolean): ScheduleState {
  if (reasonJson !== undefined) return 'quarantined';
  if (state === 'paused') return 'paused';
  return next > 0 || isFollowing ? 'active' : 'ended';
}

/** As `ScheduleView.schedule`. */
export function writtenOut(rule: ScheduleRule): ScheduleSpec | undefined {
  try {
    return specOf(rule);
  } catch {
    return undefined;
  }
}

function readRule(stored: StoredSchedule): ScheduleRule | undefined {
  try {
    return parseRule(stored);
  } catch {
    return undefined; // damaged: the ticker has taken it out, or will
  }
}
