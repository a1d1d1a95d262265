import { BelfryError } from '../core/errors.ts';
import type { FireTimeAnswer, RunAnswer, ScheduleAnswer } from '../core/explain/answers.ts';
import { calendarsExcluding } from '../core/explain/excluded_by.ts';
import { standingOf } from '../core/explain/fire_time.ts';
import { policiesOf } from '../core/explain/policies.ts';
import type { RunNote } from '../core/explain/run_note.ts';
import { upcomingFireTimes } from '../core/explain/upcoming.ts';
import { scheduledRunId } from '../core/run.ts';
import { readInstant } from '../core/time/instant.ts';
import { describeTransitions } from '../core/time/transitions.ts';
import type { EpochMs } from '../core/time/units.ts';
import { describeRule } from '../core/time/words.ts';
import { openZone } from '../core/time/zone.ts';
import type { LedgerEntry } from '../core/verdict.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { createDependenciesClient } from './dependencies.ts';
import { obstaclesOf, readScheduleFacts, type ScheduleFacts } from './explain_facts.ts';
import { explainRun } from './explain_run.ts';
import { findRun } from './find_run.ts';
import { redisTime } from './redis_time.ts';
import { noteOf } from './run_note.ts';
import type { RunsClient } from './runs.ts';

/** A local time as a user writes it, in a zone; without one in that of the schedule. */
export type LocalInstant = { text: string; timezone: string | undefined };

/** Says what happened, happens or will happen, and why. Every word of an answer comes from what is stored. */
export type ExplainClient = {
  /** A job's own schedule, or `<job>:<key>`. Throws NOT_FOUND. */
  job(id: string): Promise<ScheduleAnswer>;
  /** One fire time of a schedule. Throws NOT_FOUND; BAD_SCHEDULE for a text that is no instant. */
  fireTime(id: string, at: EpochMs | LocalInstant): Promise<FireTimeAnswer>;
  /** Throws NOT_FOUND. */
  run(id: string): Promise<RunAnswer>;
};

const UPCOMING = 10;
/** Verdicts of a job that are searched, newest first. */
const LEDGER_SEEN = 100_000;
/** Finished runs of a job that are searched for those of a backfill. */
const HISTORY_SEEN = 2_000;

export function createExplainClient(store: Store, runs: Pick<RunsClient, 'get'>): ExplainClient {
  return {
    async job(id) {
      const facts = await readScheduleFacts(store, id);
      return facts === undefined ? withoutSchedule(store, id) : explainSchedule(facts);
    },
    async fireTime(id, at) {
      const facts = await readScheduleFacts(store, id);
      if (facts === undefined) {
        throw new BelfryError('NOT_FOUND', `the job ${id} has no schedule, so no instant is one of its fire times`, {
          field: 'job',
          hint: `its runs are shown by \`belfry runs list --job ${id}\``,
        });
      }
      return explainFireTime(facts, instantOf(at, facts));
    },
    run: async (id) => explainRun(store, await runs.get(id), (other) => runs.get(other)),
  };
}

async function withoutSchedule(store: Store, job: string): Promise<ScheduleAnswer> {
  const { after: jobs, need, on, arrived } = await createDependenciesClient(store).get(job);
  return {
    schedule: job,
    job,
    now: await redisTime(store.of(job)),
    words: undefined,
    after: jobs.length === 0 ? undefined : { jobs, need, on, arrived },
    timezone: 'UTC',
    obstacles: [],
    upcoming: [],
    policies: undefined,
    clockChanges: [],
  };
}

function explainSchedule(facts: ScheduleFacts): ScheduleAnswer {
  const { id, job, now, rule, compiled, freezes, stored } = facts;
  const timezone = rule.z ?? 'UTC';
  const next = nextOf(facts);
  const upcoming =
    compiled === undefined || next === undefined
      ? []
      : upcomingFireTimes({ id, compiled, next, timezone, freezes, made: stored.made }, UPCOMING, now);
  return {
    schedule: id,
    job,
    now,
    words: describeRule(rule, id),
    after: undefined,
    timezone,
    obstacles: obstaclesOf(facts),
    upcoming,
    policies: compiled && policiesOf(rule, compiled),
    clockChanges:
      compiled === undefined ? [] : describeTransitions(rule, id, now).map(({ at, text }) => ({ at, text })),
  };
}

/** The first fire time that is still to be judged as things are: a paused schedule goes on after its pause. */
function nextOf({ stored, compiled, pause, reason, now }: ScheduleFacts): EpochMs | undefined {
  if (stored.state === 'paused') return compiled?.timing.next((pause?.until ?? now) - 1);
  return stored.next === 0 || reason !== undefined ? undefined : stored.next;
}

function instantOf(at: EpochMs | LocalInstant, { rule }: ScheduleFacts): EpochMs {
  if (typeof at === 'number') return at;
  return readInstant(at.text, openZone(at.timezone ?? rule.z ?? 'UTC', 'timezone'), 'the fire time');
}

async function explainFireTime(facts: ScheduleFacts, at: EpochMs): Promise<FireTimeAnswer> {
  const { shard, id, job, now, rule, compiled, calendars } = facts;
  if (compiled === undefined) throw unreadable(facts);
  const [ledger, stats] = await Promise.all([shard.history.ledger(job, LEDGER_SEEN), shard.jobs.stats([job])]);
  const standing = standingOf(
    {
      ...facts,
      compiled,
      ledger,
      registeredAt: stats.get(job)?.registeredAt,
      excludedBy: (instant) =>
        compiled.isExcluded?.(instant) === true ? calendarsExcluding(rule, instant, calendars) : [],
    },
    at,
    now,
  );
  return {
    schedule: id,
    job,
    fireTime: at,
    now,
    timezone: rule.z ?? 'UTC',
    standing,
    obstacles: obstaclesOf(facts),
    runs: await runsOf(shard, { id, job, at }, ledger),
  };
}

function unreadable({ id, reason }: ScheduleFacts): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `the schedule ${id} cannot be read: ${reason?.message ?? ''}`, {
    field: 'schedule',
    ...(reason?.hint !== undefined && { hint: reason.hint }),
  });
}

async function runsOf(
  shard: ShardStore,
  { id, job, at }: { id: string; job: string; at: EpochMs },
  ledger: readonly LedgerEntry[],
): Promise<RunNote[]> {
  const run = scheduledRunId(id, at);
  const own = await findRun(shard, run);
  const backfilled = ledger.some(({ schedule, word, from, to }) => {
    return word === 'backfilled' && schedule === id && from <= at && at <= to;
  });
  if (!backfilled) return own === undefined ? [] : [noteOf(own)];
  const [value] = await shard.schedules.read([id]);
  const living = (value?.split(' ')[3] ?? '').split(',').filter((other) => other.startsWith(`${run}!`));
  const views = await Promise.all(living.map((other) => findRun(shard, other)));
  const finished = [
    ...(await shard.history.ofJob(job, 0, HISTORY_SEEN)),
    ...(await shard.history.dead(0, HISTORY_SEEN)),
  ];
  const past = finished.filter((other) => other.run.id.startsWith(`${run}!`));
  const notes = [...(own === undefined ? [] : [own]), ...views.flatMap((view) => view ?? [])].map(noteOf);
  for (const other of past) {
    if (!notes.some((note) => note.id === other.run.id)) notes.push(noteOf({ kind: 'finished', ...other }));
  }
  return notes;
}
