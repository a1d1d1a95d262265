import type { Outlook } from '../client/outlook.ts';
import { BelfryError } from '../core/errors.ts';
import { approximationsOf, entriesOf } from '../core/forecast/entries.ts';
import type { ForecastEntry } from '../core/forecast/entry.ts';
import type { ScheduleGroup } from '../core/forecast/groups.ts';
import { poolsOfQueue, type PoolSlots } from '../core/forecast/pool_shares.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { suggest } from '../core/suggest.ts';
import { compileTiming } from '../core/time/timing.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { JobFolder } from './job_folder.ts';

/** What a forecast is made of. */
export type ForecastInputs = {
  entries: ForecastEntry[];
  pools: PoolSlots[];
  schedules: number;
  /** What is taken on average, in sentences. */
  approximations: string[];
  /** Schedules that cannot be planned: id and reason. */
  left: { id: string; reason: string }[];
};

export type ForecastSources = {
  folder: JobFolder;
  /** Undefined where Redis was not asked or did not answer. */
  outlook: Outlook | undefined;
  /** Of jobs without a history. */
  durationMs: DurationMs;
  /** Only what goes to this pool. */
  pool: string | undefined;
};

const DEFAULT_QUEUE = 'default';

/** Puts together the job files' own schedules and what Redis knows. Throws BAD_USAGE for an unknown pool. */
export function collectInputs({ folder, outlook, durationMs, pool }: ForecastSources): ForecastInputs {
  const calendarOf = (name: string) => folder.calendars.get(name) ?? outlook?.calendars.get(name);
  const queues = new Map(folder.jobs.map(({ name, queue }) => [name, queue]));
  const facts = {
    timingOf: (rule: Parameters<typeof compileTiming>[0], seed: string) => compileTiming(rule, seed, calendarOf),
    queueOf: (job: string) => queues.get(job) ?? outlook?.queues.get(job) ?? DEFAULT_QUEUE,
    durationOf: (job: string) => outlook?.meanDurationMs.get(job) ?? durationMs,
  };
  // The jobs folder is the truth of the jobs' own schedules, also before it is deployed.
  const own = folder.state === 'found' ? ownGroups(folder, outlook?.standing) : (outlook?.own ?? []);
  const groups = [...own, ...(outlook?.dynamic ?? [])];
  const entries: ForecastEntry[] = [];
  const counted: ScheduleGroup[] = [];
  const left: ForecastInputs['left'] = [];
  for (const group of groups) {
    try {
      entries.push(...entriesOf(group, facts));
      counted.push(group);
    } catch (error) {
      if (!(error instanceof BelfryError)) throw error;
      left.push({ id: group.id, reason: error.message });
    }
  }
  const pools = mergePools(folder.pools, outlook?.livePools ?? []);
  const schedules = counted.reduce((sum, { count }) => sum + count, 0);
  const approximations = approximationsOf(counted, ({ rule, id }) => facts.timingOf(rule, id).usesSeed);
  return { ...chosen({ entries, pools }, pool), schedules, approximations, left };
}

function ownGroups({ jobs }: JobFolder, standing: Outlook['standing'] | undefined): ScheduleGroup[] {
  return jobs.flatMap(({ name, schedule }) => {
    const rule = schedule && ruleToCome(schedule, standing?.get(name));
    return rule === undefined ? [] : [{ job: name, id: name, rule, count: 1 }];
  });
}

/** A pause and the runs that were made stay when a job file changes; undefined for a schedule that will not fire again. */
function ruleToCome(
  rule: ScheduleRule,
  stored: { state: 'active' | 'paused'; made: number } | undefined,
): ScheduleRule | undefined {
  if (stored?.state === 'paused') return undefined;
  if (stored === undefined || rule.mr === undefined) return rule;
  return stored.made >= rule.mr ? undefined : { ...rule, mr: rule.mr - stored.made };
}

/** Live workers are counted as they are; a pool without one has the slots of one worker of the configuration. */
function mergePools(configured: readonly PoolSlots[], live: readonly PoolSlots[]): PoolSlots[] {
  const pools = configured.map((pool) => {
    const slots = live.find(({ name }) => name === pool.name)?.slots;
    return slots === undefined ? pool : { ...pool, slots };
  });
  return [...pools, ...live.filter(({ name }) => !configured.some((pool) => pool.name === name))];
}

type Part = Pick<ForecastInputs, 'entries' | 'pools'>;

/** The part of everything that goes to one pool. */
function chosen({ entries, pools }: Part, name: string | undefined): Part {
  if (name === undefined) return { entries, pools };
  const pool = pools.find((candidate) => candidate.name === name);
  if (pool === undefined) throw unknownPool(name, pools);
  const part = entries.flatMap((entry) => {
    const taking = poolsOfQueue(entry.queue, pools);
    return taking.includes(name) ? [{ ...entry, count: entry.count / taking.length }] : [];
  });
  const queues = [...new Set(part.map(({ queue }) => queue))];
  return { entries: part, pools: [{ ...pool, queues }] };
}

function unknownPool(name: string, pools: readonly PoolSlots[]): BelfryError {
  const known = pools.map((pool) => pool.name);
  const near = suggest(name, known);
  return new BelfryError('BAD_USAGE', `no pool named ${JSON.stringify(name)} is known`, {
    field: '--pool',
    hint: near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`,
  });
}
