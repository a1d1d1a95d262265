import type { JobRecord } from '../core/job_record.ts';
import { findOrphans, type Orphan } from '../core/rollout/orphans.ts';
import { planJobs, type JobChange, type OwnSchedule } from '../core/rollout/job_plan.ts';
import type { CalendarRule } from '../core/schedule.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { assertDependencies } from './dependencies.ts';
import { recordsOf, withoutPruning, type DesiredState, type Prune, type RecordsContext } from './desired_state.ts';
import { fromFiles, withoutFile } from './file_calendars.ts';
import { redisTime } from './redis_time.ts';
import { timingsWith } from './replan.ts';
import { calendarsNamedBy } from './rule_cache.ts';
import { readQueued, readScheduled } from './queued.ts';
import type { QuarantineReason } from './schedule_view.ts';

export type PlanRequest = DesiredState & {
  prune?: Prune;
  /** `skip`: nothing is looked for among runs and schedules, so that the cost is that of the jobs alone. */
  orphans?: 'look' | 'skip';
};

export type CalendarChange = { calendar: string; kind: 'added' | 'changed' | 'removed' };

/** What a registration would do. */
export type Plan = {
  /** By name; unchanged ones are left out. */
  jobs: JobChange[];
  unchanged: number;
  calendars: CalendarChange[];
  /** What would be left without a job: schedules of the API and unfinished runs. */
  orphans: Orphan[];
  /** `part`: there are more runs or schedules than were looked at. */
  seen: 'all' | 'part';
};

/**
 * Compares a jobs folder with Redis, at the cost of the jobs and of a bounded look at runs and schedules. Throws BAD_JOB for
 * jobs that wait for each other or for a job that is not there, as a registration does.
 */
export async function planApplication(store: Store, request: PlanRequest, context: RecordsContext): Promise<Plan> {
  const wanted = request.prune === 'nothing' ? await withoutPruning(store, request) : request;
  const { plain, stored: records } = recordsOf(wanted.definitions, context);
  assertDependencies(plain, wanted.keep);
  const jobs: JobChange[] = [];
  const calendars = new Map<string, CalendarChange>();
  const known = new Set([...records.map(({ name }) => name), ...wanted.keep]);
  for (const shard of store.shards) {
    const here = records.filter(({ name }) => store.of(name) === shard);
    const part = await planShard(shard, here, wanted);
    jobs.push(...part.jobs);
    for (const change of part.calendars) calendars.set(change.calendar, change);
  }
  const { orphans, seen } = request.orphans === 'skip' ? NO_ORPHANS : await readOrphans(store, known);
  return {
    jobs: jobs.sort((a, b) => (a.job < b.job ? -1 : 1)),
    unchanged: records.length - jobs.filter(({ kind }) => kind !== 'removed').length,
    calendars: [...calendars.values()].sort((a, b) => (a.calendar < b.calendar ? -1 : 1)),
    orphans,
    seen,
  };
}

const NO_ORPHANS: Pick<Plan, 'orphans' | 'seen'> = { orphans: [], seen: 'all' };

/** Whether a registration would change anything. Orphans are told, and are no change. */
export function hasChanges({ jobs, calendars }: Pick<Plan, 'jobs' | 'calendars'>): boolean {
  return jobs.length > 0 || calendars.length > 0;
}

async function planShard(
  shard: ShardStore,
  wanted: JobRecord[],
  { keep, calendars: files }: DesiredState,
): Promise<Pick<Plan, 'jobs' | 'calendars'>> {
  const [stored, calendars, now] = await Promise.all([shard.jobs.all(), shard.calendars.all(), redisTime(shard)]);
  const changes = compareCalendars(calendars, fromFiles(files), keep);
  const moved = changes.filter(({ kind }) => kind !== 'removed').map(({ calendar }) => calendar);
  const names = [...new Set([...stored.keys(), ...wanted.map(({ name }) => name)])];
  const jobs = planJobs(
    {
      wanted,
      stored,
      keep,
      schedules: await readOwnSchedules(shard, names),
      timingBefore: timingsWith(calendars),
      timingAfter: timingsWith(new Map([...calendars, ...files])),
      isMoved: (rule) => moved.length > 0 && calendarsNamedBy(rule).some((name) => moved.includes(name)),
    },
    now,
  );
  return { jobs, calendars: changes };
}

async function readOwnSchedules(shard: ShardStore, names: string[]): Promise<Map<string, OwnSchedule>> {
  if (names.length === 0) return new Map();
  const [values, around] = await Promise.all([shard.schedules.read(names), shard.changes.surroundings(names)]);
  return new Map(
    names.map((name, i) => {
      const reasonJson = around[i]?.reasonJson;
      const reason = reasonJson === undefined ? undefined : (JSON.parse(reasonJson) as QuarantineReason);
      return [name, { value: values[i], quarantine: reason?.message }];
    }),
  );
}

function compareCalendars(
  stored: ReadonlyMap<string, CalendarRule>,
  wanted: ReadonlyMap<string, CalendarRule>,
  keep: readonly string[],
): CalendarChange[] {
  return [
    ...[...wanted].flatMap(([calendar, rule]): CalendarChange[] => {
      const before = stored.get(calendar);
      if (JSON.stringify(before) === JSON.stringify(rule)) return [];
      return [{ calendar, kind: before === undefined ? 'added' : 'changed' }];
    }),
    ...withoutFile(stored, { calendars: wanted, keep }).map((calendar): CalendarChange => ({
      calendar,
      kind: 'removed',
    })),
  ];
}

async function readOrphans(store: Store, known: ReadonlySet<string>): Promise<Pick<Plan, 'orphans' | 'seen'>> {
  const [queued, scheduled] = await Promise.all([readQueued(store), readScheduled(store)]);
  return {
    orphans: findOrphans({ kinds: queued.kinds, scheduled: scheduled.jobs, known }),
    seen: queued.seen === 'all' && scheduled.seen === 'all' ? 'all' : 'part',
  };
}
