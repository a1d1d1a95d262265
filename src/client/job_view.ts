import type { PauseNote } from '../core/freeze.ts';
import type { JobRecord } from '../core/job_record.ts';
import { scheduledRunId } from '../core/run.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { JobStats } from '../store/jobs.ts';
import type { LivingRun } from '../store/schedule_changes.ts';
import type { ShardStore } from '../store/store.ts';
import type { QuarantineReason } from './schedule_view.ts';

/** A job with how it is doing. */
export type JobView = {
  record: JobRecord;
  rule: ScheduleRule | undefined;
  stats: JobStats;
  /** Next fire time without a verdict, and when it is due (jitter included); undefined for none. */
  nextFireTime: EpochMs | undefined;
  nextDue: EpochMs | undefined;
  /** Why its schedule was taken out, where it was. */
  quarantined: QuarantineReason | undefined;
  /** Who paused its schedule and why, where it is paused. */
  pause: PauseNote | undefined;
  /** Runs that keep its schedule from starting another one, and since when, where its overlap policy says so. */
  blocked: { runs: string[]; since: EpochMs } | undefined;
};

/** Runs of a schedule by hand that are looked at for one that lives. */
const OTHERS_SEEN = 20;

/** Describes jobs of one shard, in order. */
export async function viewJobs(shard: ShardStore, records: JobRecord[]): Promise<JobView[]> {
  const names = records.map(({ name }) => name);
  const [values, around, stats] = await Promise.all([
    shard.schedules.read(names),
    shard.changes.surroundings(names),
    shard.jobs.stats(names),
  ]);
  const stored = names.map((name, i) => {
    const value = values[i];
    return value === undefined ? undefined : unpackSchedule(name, value);
  });
  const living = new Map((await shard.changes.living(stored.flatMap(runsOf))).map((run) => [run.id, run]));
  return records.map((record, i) => {
    const schedule = stored[i];
    const { due, pause, reasonJson } = around[i] ?? { due: undefined, pause: undefined, reasonJson: undefined };
    const rule = record.ruleJson === undefined ? undefined : (JSON.parse(record.ruleJson) as ScheduleRule);
    const next = schedule?.next ?? 0;
    return {
      record,
      rule,
      stats: stats.get(record.name) as JobStats,
      nextFireTime: next === 0 || reasonJson !== undefined ? undefined : next,
      nextDue: pause === undefined ? due : undefined,
      quarantined: reasonJson === undefined ? undefined : (JSON.parse(reasonJson) as QuarantineReason),
      pause,
      blocked: rule && blockOf(rule, runsOf(schedule), living),
    };
  });
}

/** Ids of runs of a schedule that may live. */
function runsOf(schedule: StoredSchedule | undefined): string[] {
  if (schedule === undefined) return [];
  const { id, last, others } = schedule;
  const noted = others === '-' ? [] : others.split(',').slice(0, OTHERS_SEEN);
  return last === undefined ? noted : [scheduledRunId(id, last), ...noted];
}

/** What a held run waits for; else, where a live run keeps others from being made or from starting, that one. */
function blockOf(rule: ScheduleRule, ids: string[], living: ReadonlyMap<string, LivingRun>): JobView['blocked'] {
  const live = ids.flatMap((id) => living.get(id) ?? []);
  const held = live.find(({ heldBy }) => heldBy !== undefined);
  if (held?.heldBy !== undefined) return held.heldBy;
  const running = live.find(({ startedAt }) => startedAt !== undefined);
  if (running?.startedAt === undefined || (rule.o ?? 'skip') !== 'skip') return undefined;
  return { runs: [running.id], since: running.startedAt };
}
