import type { JobRecord } from '../core/job_record.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import type { StoredSchedule } from '../core/stored_schedule.ts';
import type { Timing } from '../core/time/timing.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { createJobReader, type JobReading } from '../store/job_readings.ts';
import type { JobStats } from '../store/jobs.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { createLagMemory, type LagMemory, type Watched } from './job_lag.ts';
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
  /** Sorted by name; the same object as before for a job that stands as it stood. `now`: by the clock of Redis. */
  read(now: EpochMs | Promise<EpochMs>): Promise<JobState[]>;
};

type KnownJob = {
  record: JobRecord;
  rule: ScheduleRule | undefined;
  timing: Timing | undefined;
  /** The last answer: the distance from one fire time. */
  interval: { from: EpochMs; ms: DurationMs | undefined } | undefined;
  view: View | undefined;
  /** As it was answered last. */
  state: JobState | undefined;
};

/** What follows from a reading alone, but for a job whose due time is past. */
type View = { reading: JobReading; state: JobState; watched: Watched | undefined };

export function createJobStates(store: Store): JobStates {
  const shards = store.shards.map(createShardStates);
  return {
    async read(now) {
      const states = (await Promise.all(shards.map((shard) => shard.read(now)))).flat();
      return shards.length === 1 ? states : states.sort(byName);
    },
  };
}

function createShardStates(shard: ShardStore): JobStates {
  const lags = createLagMemory(shard);
  const readJobs = createJobReader(shard.shard);
  let known: Known | undefined;
  return {
    async read(now) {
      // Both at once: that the jobs have changed is rare.
      const [revision, readings] = await Promise.all([shard.jobs.revision(), known && readJobs(known.names)]);
      if (known !== undefined && readings !== undefined && revision === known.revision)
        return viewAll(known.jobs, readings, { lags, now: await now });
      known = await readKnown(shard);
      return viewAll(known.jobs, await readJobs(known.names), { lags, now: await now });
    },
  };
}

/** Jobs of a shard by name, and the revision that they are of. */
type Known = { revision: string; jobs: KnownJob[]; names: string[] };

function byName(a: JobState, b: JobState): number {
  return a.record.name < b.record.name ? -1 : 1;
}

async function readKnown(shard: ShardStore): Promise<Known> {
  const [{ revision, texts }, calendars] = await Promise.all([shard.jobs.revised(), shard.calendars.all()]);
  const jobs = Object.values(texts).map((text) => {
    const record = JSON.parse(text) as JobRecord;
    const rule = record.ruleJson === undefined ? undefined : (JSON.parse(record.ruleJson) as ScheduleRule);
    return {
      record,
      rule,
      timing: rule && timingOf(record.name, rule, calendars),
      interval: undefined,
      view: undefined,
      state: undefined,
    };
  });
  jobs.sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  return { revision, jobs, names: jobs.map(({ record }) => record.name) };
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
  return views.map(({ state }, i) => {
    const lagMs = lagOf.get(state.record.name) ?? 0;
    const job = jobs[i] as KnownJob;
    if (job.state === undefined || job.state.stats !== state.stats || job.state.lagMs !== lagMs)
      job.state = lagMs === 0 ? state : { ...state, lagMs };
    return job.state;
  });
}

function viewOf(job: KnownJob, reading: JobReading, now: EpochMs): View {
  if (job.view?.reading === reading && reading.due === undefined) return job.view;
  const { stats, schedule, due, isPaused, isQuarantined } = reading;
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
  job.view = { reading, state, watched };
  return job.view;
}

function intervalOf(job: KnownJob, { next, made }: Pick<StoredSchedule, 'next' | 'made'>): DurationMs | undefined {
  if (job.rule?.mr !== undefined && job.rule.mr - made < 2) return undefined;
  if (job.interval?.from !== next) {
    const following = job.timing?.next(next);
    job.interval = { from: next, ms: following === undefined ? undefined : following - next };
  }
  return job.interval.ms;
}
