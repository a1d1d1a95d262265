import type { EventBus } from '../core/events.ts';
import type { StoredSchedule } from '../core/stored_schedule.ts';
import { dueTimeOf } from '../core/tick.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import type { BackfillStore } from '../store/backfills.ts';
import type { JobStore } from '../store/jobs.ts';
import type { Retention, RunStore } from '../store/runs.ts';
import type { StoredValue } from '../store/schedule_changes.ts';
import type { ScheduleStore } from '../store/schedules.ts';
import type { Catalogue } from './catalogue.ts';
import type { Term } from './elector.ts';

const PERIOD_MS: DurationMs = 60_000;
const SLICE = 500;
/** A slice is followed by a rest so many times as long: over a million schedules too the sweep takes 2% of a core at most. */
const REST_FACTOR = 50;

export type SweeperDeps = {
  schedules: Pick<ScheduleStore, 'scan' | 'dueTimes' | 'pauseNotes' | 'quarantined' | 'save'>;
  runs: Pick<RunStore, 'scanFollowed' | 'followEnds'>;
  backfills: Pick<BackfillStore, 'rescue'>;
  jobs: Pick<JobStore, 'revision'>;
  catalogue: Catalogue;
  clock: Clock;
  events: EventBus;
  retention: Retention;
};

export type Sweeper = {
  /** Looks at one slice; returns when to call again. */
  sweep(term: Term): Promise<DurationMs>;
};

type Repair = { item: StoredValue; due: EpochMs };

/**
 * Asserts that whatever is to go on has what wakes it up: a due time for each schedule with a fire time to come, for each
 * pause with an end and for each backfill; a live run for each fixed delay and each held run. Repairs and counts the rest.
 * Nothing of this should ever be found: the scripts keep it so.
 */
export function createSweeper(deps: SweeperDeps): Sweeper {
  const { schedules, runs, backfills, jobs, catalogue, clock, events, retention } = deps;
  let cursor = '0';
  let followedCursor = '0';
  let phase: 'schedules' | 'runs' = 'schedules';
  let repaired = 0;

  const sweepSchedules = async (): Promise<void> => {
    if (cursor === '0') await catalogue.refresh(await jobs.revision());
    const slice = await schedules.scan(cursor, SLICE);
    repaired += await putBack(deps, slice.schedules);
    const delayed = slice.schedules.flatMap(({ schedule }) => (mayWaitForRun(deps, schedule) ? [schedule.id] : []));
    if (delayed.length > 0) repaired += await runs.followEnds([], delayed, retention);
    cursor = slice.cursor;
    if (cursor === '0') phase = 'runs';
  };

  const sweepRuns = async (): Promise<void> => {
    const slice = await runs.scanFollowed(followedCursor, SLICE);
    if (slice.gone.length > 0) repaired += await runs.followEnds(slice.gone, [], retention);
    followedCursor = slice.cursor;
    if (followedCursor === '0') phase = 'schedules';
  };

  return {
    async sweep(term) {
      const started = clock.monotonic();
      await (phase === 'schedules' ? sweepSchedules() : sweepRuns());
      const isDone = phase === 'schedules' && cursor === '0';
      if (!isDone) return Math.ceil((clock.monotonic() - started) * REST_FACTOR);
      repaired += await backfills.rescue();
      if (repaired > 0) events.emit('schedule.repaired', { shard: term.shard, count: repaired });
      repaired = 0;
      return PERIOD_MS;
    },
  };
}

/** Gives schedules a due time again where they should have one, but for those in quarantine. Returns how many. */
async function putBack(deps: SweeperDeps, slice: StoredValue[]): Promise<number> {
  const { schedules } = deps;
  const suspects = slice.filter(({ schedule: { next, state } }) => next > 0 || state === 'paused');
  const dueTimes = await schedules.dueTimes(suspects.map(({ schedule }) => schedule.id));
  const missing = suspects.filter((_, i) => dueTimes[i] === undefined);
  if (missing.length === 0) return 0;
  const repairs = await findRepairs(deps, missing);
  if (repairs.length === 0) return 0;
  // Read after the due times: whatever lost its due time to a quarantine is in the list by now.
  const quarantined = await schedules.quarantined();
  const lost = repairs.filter(({ item }) => !quarantined.has(item.schedule.id));
  const saved = await schedules.save(
    lost.map(({ item: { schedule, value }, due }) => ({ id: schedule.id, before: value, after: value, due })),
  );
  return saved.filter(Boolean).length;
}

/** A paused schedule is due when its pause ends, if anybody has said when. */
async function findRepairs(deps: SweeperDeps, missing: StoredValue[]): Promise<Repair[]> {
  const paused = missing.filter(({ schedule }) => schedule.state === 'paused');
  const active = missing.filter(({ schedule }) => schedule.state === 'active');
  const notes = await deps.schedules.pauseNotes(paused.map(({ schedule }) => schedule.id));
  return [
    ...active.map((item) => ({ item, due: dueOf(deps, item.schedule) })),
    ...paused.flatMap((item, i) => {
      const until = notes[i]?.until;
      return until === undefined ? [] : [{ item, due: until }];
    }),
  ];
}

function dueOf({ catalogue }: SweeperDeps, schedule: StoredSchedule): EpochMs {
  try {
    return dueTimeOf(schedule.id, catalogue.compiled(schedule), schedule.next);
  } catch {
    return schedule.next; // the ticker will quarantine it with the reason
  }
}

/** Whether it is a fixed delay without a fire time, and not because it has ended. The script looks whether its run lives. */
function mayWaitForRun({ catalogue, clock }: SweeperDeps, schedule: StoredSchedule): boolean {
  const { next, last, made, ruleJson } = schedule;
  if (next !== 0 || last === undefined || !ruleJson.startsWith('{"f":')) return false;
  try {
    const { maxRuns = Infinity, timing } = catalogue.compiled(schedule);
    return made < maxRuns && timing.next(clock.now()) !== undefined;
  } catch {
    return false;
  }
}
