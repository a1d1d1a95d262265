import type { BackfillSpec } from './backfill.ts';
import type { CompiledSchedule } from './compiled_schedule.ts';
import { dueTimeOf } from './due_times.ts';
import type { Fire, SchedulePlan } from './schedule_plan.ts';
import type { StoredSchedule } from './stored_schedule.ts';
import type { DurationMs, EpochMs } from './time/units.ts';
import type { Verdict } from './verdict.ts';

/** How often an ended schedule that is to be deleted is looked at, while runs of it still wait for their turn. */
const LINGER_MS: DurationMs = 60_000;

/** What is decided over the fire times that are due. */
export type Outcome = {
  verdicts: Verdict[];
  fire: Fire | undefined;
  catchUp: BackfillSpec | undefined;
  /** Runs that come of it, those to be released included. */
  runs: number;
};

export type Onward = {
  /** The first fire time after those that are due. */
  following: EpochMs | undefined;
  /** Held runs before the outcome. */
  held: number;
  now: EpochMs;
};

/** The plan that commits an outcome: the schedule goes on to the following fire time, waits for its run, or ends. */
export function moveOn(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  outcome: Outcome,
  { following, held, now }: Onward,
): SchedulePlan {
  const { maxRuns, followMs } = compiled;
  const { verdicts, fire, catchUp } = outcome;
  const made = maxRuns === undefined ? schedule.made : schedule.made + outcome.runs;
  const isSpent = maxRuns !== undefined && made >= maxRuns;
  const follows = followMs !== undefined && fire !== undefined && !isSpent;
  const next = isSpent || follows ? 0 : (following ?? 0);
  const plan: SchedulePlan = {
    verdicts,
    fire,
    catchUp,
    next,
    made,
    state: 'active',
    pause: undefined,
    due: next === 0 ? undefined : dueTimeOf(schedule.id, compiled, next),
    end: 'keep',
    followMs: follows ? followMs : undefined,
  };
  if (next === 0 && !follows && compiled.afterLast === 'delete') {
    const owedMs = owedFor(compiled, outcome, held);
    if (owedMs === 0) plan.end = 'delete';
    else plan.due = now + owedMs;
  }
  return plan;
}

/**
 * How long an ended schedule must stay before it is looked at again: a deletion would take along its held runs and what is
 * left to be released. 0 when nothing is.
 */
function owedFor(compiled: CompiledSchedule, { fire, catchUp, runs }: Outcome, held: number): DurationMs {
  const isHeld = fire !== undefined && (fire.how === 'hold' || fire.how === 'cancel');
  if (catchUp === undefined) return isHeld || held > 0 ? LINGER_MS : 0;
  const [count, perMs] = compiled.catchUpRate;
  return LINGER_MS + Math.ceil((runs * perMs) / count);
}

/** A plan that changes nothing but when the schedule is looked at again. */
export function lookAgainAt(schedule: StoredSchedule, due: EpochMs | undefined): SchedulePlan {
  const { next, made, state } = schedule;
  return {
    verdicts: [],
    fire: undefined,
    catchUp: undefined,
    next,
    made,
    state,
    pause: undefined,
    due,
    end: 'keep',
    followMs: undefined,
  };
}

/** A schedule without a next fire time has ended, or waits for the end of a run. */
export function planEnded(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  { live, held }: { live: number; held: number },
  now: EpochMs,
): SchedulePlan {
  const isSpent = compiled.maxRuns !== undefined && schedule.made >= compiled.maxRuns;
  if (compiled.followMs !== undefined && !isSpent) {
    // Its run has ended unseen, as it can while the schedule is paused.
    if (live > 0) return lookAgainAt(schedule, undefined);
    const nothing = { verdicts: [], fire: undefined, catchUp: undefined, runs: 0 };
    return moveOn(schedule, compiled, nothing, { following: compiled.timing.next(now), held, now });
  }
  if (compiled.afterLast === 'keep') return lookAgainAt(schedule, undefined);
  return live > 0 || held > 0
    ? lookAgainAt(schedule, now + LINGER_MS)
    : { ...lookAgainAt(schedule, undefined), end: 'delete' };
}
