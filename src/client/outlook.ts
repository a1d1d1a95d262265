import type { PoolSlots } from '../core/forecast/pool_shares.ts';
import { createGrouping, type ScheduleGroup } from '../core/forecast/groups.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import { parseRule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { redisTime } from './redis_time.ts';

/** What a forecast reads of a running system. */
export type Outlook = {
  /** Active schedules, put together where they fire alike; those of the API apart from the jobs' own. */
  own: ScheduleGroup[];
  dynamic: ScheduleGroup[];
  /** Of the jobs' own schedules, by job: what outlives a change of the job file. */
  standing: Map<string, Pick<StoredSchedule, 'state' | 'made'>>;
  /** Queue by job, of the registered jobs. */
  queues: Map<string, string>;
  /** How long the last runs of a job took on average; none for a job without a finished run. */
  meanDurationMs: Map<string, DurationMs>;
  calendars: Map<string, CalendarRule>;
  /** Pools that live workers say they are of, with the slots of all of these together. */
  livePools: PoolSlots[];
};

export type OutlookClient = { read(): Promise<Outlook> };

/** Schedules per call; large, for a million of them is read. */
const SLICE = 5_000;
const RUNS_AVERAGED = 20;

export function createOutlookClient(store: Store): OutlookClient {
  return {
    async read() {
      const own = createGrouping();
      const dynamic = createGrouping();
      const outlook: Outlook = {
        own: [],
        dynamic: [],
        standing: new Map(),
        queues: new Map(),
        meanDurationMs: new Map(),
        calendars: new Map(),
        livePools: await readLivePools(store),
      };
      for (const shard of store.shards) {
        await groupSchedules(shard, { own, dynamic, standing: outlook.standing });
        await readJobs(shard, outlook);
        for (const [name, rule] of await shard.calendars.all()) outlook.calendars.set(name, rule);
      }
      return { ...outlook, own: own.groups(), dynamic: dynamic.groups() };
    },
  };
}

type Grouping = ReturnType<typeof createGrouping>;

type Gathered = { own: Grouping; dynamic: Grouping; standing: Outlook['standing'] };

async function groupSchedules({ schedules }: ShardStore, { own, dynamic, standing }: Gathered): Promise<void> {
  let cursor = '0';
  do {
    const slice = await schedules.scan(cursor, SLICE);
    for (const { schedule } of slice.schedules) {
      const { id, state, made } = schedule;
      const isOwn = jobOf(id) === id;
      if (isOwn) standing.set(id, { state, made });
      const rule = ruleToCome(schedule);
      if (rule !== undefined) (isOwn ? own : dynamic).add(id, rule);
    }
    cursor = slice.cursor;
  } while (cursor !== '0');
}

/** The rule of a schedule that will fire again, with the runs that are left of it; undefined for one that will not. */
function ruleToCome(schedule: StoredSchedule): ScheduleRule | undefined {
  if (schedule.state === 'paused') return undefined;
  try {
    const rule = parseRule(schedule);
    if (schedule.next === 0 && rule.f === undefined) return undefined;
    return rule.mr === undefined ? rule : { ...rule, mr: rule.mr - schedule.made };
  } catch {
    return undefined; // damaged: the scheduler has taken it out, or will
  }
}

async function readJobs({ jobs, history }: ShardStore, { queues, meanDurationMs }: Outlook): Promise<void> {
  for (const [name, { queue }] of await jobs.all()) {
    queues.set(name, queue);
    const finished = await history.ofJob(name, 0, RUNS_AVERAGED);
    const took = finished.filter(({ startedAt }) => startedAt > 0).map((run) => run.finishedAt - run.startedAt);
    if (took.length > 0) meanDurationMs.set(name, took.reduce((sum, ms) => sum + ms, 0) / took.length);
  }
}

async function readLivePools({ shards, workers }: Store): Promise<PoolSlots[]> {
  const pools = new Map<string, PoolSlots>();
  for (const { pool, queues, slots } of await workers.all(await redisTime(shards[0] as ShardStore))) {
    const found = pools.get(pool) ?? { name: pool, queues: [], slots: 0 };
    pools.set(pool, {
      name: pool,
      queues: [...new Set([...found.queues, ...queues])],
      slots: found.slots + slots,
    });
  }
  return [...pools.values()];
}
