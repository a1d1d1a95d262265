import type { Backfill } from '../core/backfill.ts';
import { compileSchedule, type CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { Obstacle } from '../core/explain/obstacle.ts';
import type { RunNote } from '../core/explain/run_note.ts';
import type { Freeze, PauseNote } from '../core/freeze.ts';
import { scheduledRunId } from '../core/run.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import { parseRule, unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { findRun } from './find_run.ts';
import { unknownJob } from './job_records.ts';
import { redisTime } from './redis_time.ts';
import { timingsWith } from './replan.ts';
import { noteOf } from './run_note.ts';
import type { QuarantineReason } from './schedule_view.ts';

/** Runs beside the last one that are looked at for those that live. */
const OTHERS_SEEN = 20;

/** Everything that is stored of one schedule, read at about one moment. */
export type ScheduleFacts = {
  shard: ShardStore;
  id: string;
  job: string;
  now: EpochMs;
  stored: StoredSchedule;
  rule: ScheduleRule;
  /** Undefined where the rule cannot be compiled: `reason` says why. */
  compiled: CompiledSchedule | undefined;
  reason: QuarantineReason | undefined;
  calendars: ReadonlyMap<string, CalendarRule>;
  freezes: Freeze[];
  backfills: Backfill[];
  pause: PauseNote | undefined;
  leader: 'led' | 'nobody';
  /** Runs of it that live, the scheduled one first. */
  live: RunNote[];
};

/** Undefined for a job that has no schedule of its own. Throws NOT_FOUND for an unknown job or key. */
export async function readScheduleFacts(store: Store, id: string): Promise<ScheduleFacts | undefined> {
  const job = jobOf(id);
  const shard = store.of(job);
  const [[value], record] = await Promise.all([shard.schedules.read([id]), shard.jobs.get(job)]);
  if (value === undefined) {
    if (record === undefined) throw await unknownJob(store, job);
    if (id === job) return undefined;
    throw new BelfryError('NOT_FOUND', `the job ${job} has no schedule ${JSON.stringify(id.slice(job.length + 1))}`, {
      field: 'schedule',
      hint: `see \`belfry schedules list --job ${job}\``,
    });
  }
  const stored = unpackSchedule(id, value);
  const [now, [around], { freezes }, backfills, calendars, leader, live] = await Promise.all([
    redisTime(shard),
    shard.changes.surroundings([id]),
    shard.freezes.read(),
    shard.backfills.list(),
    shard.calendars.all(),
    shard.whereabouts.leader(),
    readLive(shard, stored),
  ]);
  const reason = around?.reasonJson === undefined ? undefined : (JSON.parse(around.reasonJson) as QuarantineReason);
  return {
    shard,
    id,
    job,
    now,
    stored,
    ...compileStored(stored, calendars, reason),
    calendars,
    freezes,
    backfills: backfills.filter(({ spec }) => spec.schedule === id),
    pause: around?.pause,
    leader,
    live,
  };
}

function compileStored(
  stored: StoredSchedule,
  calendars: ReadonlyMap<string, CalendarRule>,
  reason: QuarantineReason | undefined,
): Pick<ScheduleFacts, 'rule' | 'compiled' | 'reason'> {
  let rule: ScheduleRule = {};
  try {
    rule = parseRule(stored);
    return { rule, compiled: compileSchedule(stored.id, rule, timingsWith(calendars)), reason };
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    const why = reason ?? (hint === undefined ? { message } : { message, hint });
    return { rule, compiled: undefined, reason: why };
  }
}

async function readLive(shard: ShardStore, { id, last, others }: StoredSchedule): Promise<RunNote[]> {
  const noted = others === '-' ? [] : others.split(',').slice(-OTHERS_SEEN);
  const ids = [...(last === undefined ? [] : [scheduledRunId(id, last)]), ...noted];
  const views = await Promise.all([...new Set(ids)].map((run) => findRun(shard, run)));
  return views.flatMap((view) => (view?.kind === 'live' ? [noteOf(view)] : []));
}

/** What keeps the schedule from firing, or its next fire time from making a run that starts. */
export function obstaclesOf(facts: ScheduleFacts): Obstacle[] {
  const { shard, stored, compiled, reason, freezes, pause, live, now } = facts;
  const obstacles: Obstacle[] = [];
  if (reason !== undefined) obstacles.push({ kind: 'taken-out', message: reason.message, hint: reason.hint });
  if (stored.state === 'paused') {
    const { by, note, at, until } = pause ?? { by: '', note: '', at: 0, until: undefined };
    obstacles.push({ kind: 'paused', by, note, since: at, until });
  }
  for (const { from, until, by, why } of freezes) {
    if (from <= now && now < (until ?? Infinity)) obstacles.push({ kind: 'frozen', by, why, from, until });
  }
  if (facts.leader === 'nobody') obstacles.push({ kind: 'no-leader', shard: shard.shard.index });
  if (stored.next === 0 && compiled !== undefined) obstacles.push(withoutNext(facts, compiled));
  const overlap = compiled?.overlap ?? 'skip';
  if (live.length > 0 && overlap !== 'allow' && compiled?.followMs === undefined) {
    obstacles.push({ kind: 'blocked', by: live, since: Math.min(...live.map(livesSince)), overlap });
  }
  for (const { id, cursor, released, spec } of facts.backfills) {
    if (spec.kind !== 'catch-up' || cursor === 0) continue;
    obstacles.push({ kind: 'catching-up', backfill: id, from: cursor, to: spec.to, released });
  }
  return obstacles;
}

function withoutNext({ stored, live, rule }: ScheduleFacts, { followMs, maxRuns }: CompiledSchedule): Obstacle {
  const hasEnded = maxRuns !== undefined && stored.made >= maxRuns;
  if (followMs === undefined || hasEnded)
    return { kind: 'ended', made: rule.mr === undefined ? undefined : stored.made };
  const run = live.find(({ id }) => stored.last !== undefined && id === scheduledRunId(stored.id, stored.last));
  return { kind: 'follows', run, delayMs: followMs };
}

function livesSince({ startedAt, fireTime }: RunNote): EpochMs {
  return startedAt ?? fireTime;
}
