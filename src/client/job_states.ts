import type { JobRecord } from '../core/job_record.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import type { StoredSchedule } from '../core/stored_schedule.ts';
import type { Timing } from '../core/time/timing.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { readJobs, type JobReading } from '../store/job_readings.ts';
import type { JobStats } from '../store/jobs.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { createLagMemory, type LagMemory } from './job_lag.ts';
import { timingsWith } from './replan.ts';
import { calendarsNamedBy } from './rule_cache.ts';

/** A registered job as a scrape shows it. */
export type JobState = {
  record: JobRecord;
  /** Of its own schedule. */
  rule: ScheduleRule | undefined;
  stats: JobStats;
  nextFireTime: EpochMs | undefined;
  /** Between the next two fire times; undefined where there are not two. */
  intervalMs: DurationMs | undefined;
  isPaused: boolean;
  isQuarantined: boolean;
  /** See createLagMemory. */
  lagMs: DurationMs;
};

/** Reads all jobs again and again: records are parsed, and rules compiled, when they have changed. */
export type JobStates = {
  /** Sorted by name. `now`: by the clock of Redis. */
  read(now: EpochMs): Promise<JobState[]>;
};

type KnownJob = {
  record: JobRecord;
  rule: ScheduleRule | undefined;
  timing: Timing | undefined;
  /** The last answer: the distance from one fire time. */
  interval: { from: EpochMs; ms: DurationMs | undefined } | undefined;
};

export function createJobStates(store: Store): JobStates {
  const shards = store.shards.map(createShardStates);
  return {
    async read(now) {
      const states = (await Promise.all(shards.map((shard) => shard.read(now)))).flat();
      return states.sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
    },
  };
}

function createShardStates(shard: ShardStore): JobStates {
  const lags = createLagMemory(shard);
  let known: { revision: string; jobs: KnownJob[] } | undefined;
  return {
    async read(now) {
      if (known === undefined || (await shard.jobs.revision()) !== known.revision) known = await readKnown(shard);
      const { jobs } = known;
      const readings = await readJobs(
        shard.shard,
        jobs.map(({ record }) => record.name),
      );
      return viewAll(jobs, readings, { lags, now });
    },
  };
}

async function readKnown(shard: ShardStore): Promise<{ revision: string; jobs: KnownJob[] }> {
  const [{ revision, texts }, calendars] = await Promise.all([shard.jobs.revised(), shard.calendars.all()]);
  const jobs = Object.values(texts).map((text) => {
    const record = JSON.parse(text) as JobRecord;
    const rule = record.ruleJson === undefined ? undefined : (JSON.parse(record.ruleJson) as ScheduleRule);
    return { record, rule, timing: rule && timingOf(record.name, rule, calendars), interval: undefined };
  });
  return { revision, jobs };
}

/** Undefined for a rule that cannot be planned: the leader takes it out, and says why. */
function timingOf(name: string, rule: ScheduleRule, calendars: ReadonlyMap<string, CalendarRule>): Timing | undefined {
  if (calendarsNamedBy(rule).some((calendar) => !calendars.has(calendar))) return undefined;
  try {
    return timingsWith(calendars)(rule, name);
  } catch {
    return undefined;
  }
}

type Reads = { lags: LagMemory; now: EpochMs };

async function viewAll(jobs: KnownJob[], readings: JobReading[], { lags, now }: Reads): Promise<JobState[]> {
  const views = jobs.map((job, i) => viewOf(job, readings[i] as JobReading, now));
  const lagOf = await lags.read(
    views.flatMap(({ watched }) => watched ?? []),
    now,
  );
  return views.map(({ state }) => ({ ...state, lagMs: lagOf.get(state.record.name) ?? 0 }));
}

function viewOf(job: KnownJob, { stats, schedule, due, isPaused, isQuarantined }: JobReading, now: EpochMs) {
  const { record, rule } = job;
  const stored = rule === undefined ? undefined : schedule;
  const nextFireTime = stored === undefined || stored.next === 0 || isQuarantined ? undefined : stored.next;
  const isOverdue = !isPaused && due !== undefined && due <= now;
  const state: JobState = {
    record,
    rule,
    stats,
    nextFireTime,
    intervalMs: stored === undefined || nextFireTime === undefined ? undefined : intervalOf(job, stored),
    isPaused,
    isQuarantined,
    lagMs: 0,
  };
  const watched = rule && {
    job: record.name,
    lastFired: stored?.last,
    lastStart: stats.lastStart,
    overdue: isOverdue ? nextFireTime : undefined,
  };
  return { state, watched };
}

function intervalOf(job: KnownJob, { next, made }: Pick<StoredSchedule, 'next' | 'made'>): DurationMs | undefined {
  if (job.rule?.mr !== undefined && job.rule.mr - made < 2) return undefined;
  if (job.interval?.from !== next) {
    const following = job.timing?.next(next);
    job.interval = { from: next, ms: following === undefined ? undefined : following - next };
  }
  return job.interval.ms;
}
