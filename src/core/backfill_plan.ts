import type { Backfill, BackfillSpec } from './backfill.ts';
import type { CompiledSchedule } from './compiled_schedule.ts';
import { dueTimeOf } from './due_times.ts';
import type { Freeze } from './freeze.ts';
import { fateOf, freezeAt } from './spans.ts';
import type { DurationMs, EpochMs } from './time/units.ts';
import { verdictOver, verdictsBetween } from './verdict_range.ts';
import type { Verdict } from './verdict.ts';

/** Runs made by one plan at most. */
const MAX_FIRES = 100;
/** Fire times judged by one plan at most. */
const MAX_JUDGED = 1_000;
/** Releases closer together than this are made several at once. */
const STEP_MS: DurationMs = 100;
/** How soon a backfill looks again that waits for a run to end, or for the fleet's pacing. */
const WAIT_MS: DurationMs = 250;
const FROZEN_WAIT_MS: DurationMs = 1_000;
const PAUSED_WAIT_MS: DurationMs = 5_000;
/** So long a cancelled backfill stays, for whoever watches it. */
export const CANCELLED_SHOWN_MS: DurationMs = 3_000;

export type BackfillFacts = {
  /** Live runs of the schedule; looked at where the backfill's overlap is not `allow`. */
  live: number;
  paused: 'active' | 'paused' | 'gone';
  freezes: readonly Freeze[];
  /** How many runs may be released by the pacing of the fleet. */
  tokens: number;
};

export type BackfillPlan = {
  /** Oldest first. */
  verdicts: Verdict[];
  /** Fire times to make runs for, oldest first. */
  fires: EpochMs[];
  /** Next fire time to release, 0 when it is done. */
  cursor: EpochMs;
  /** When to plan it again. */
  lookAgainAt: EpochMs;
};

/**
 * What a backfill that is due releases. Its rate is kept by how far apart its plans are: each makes the runs of one step,
 * and asks for the next plan when that step is over, so that a delay is never made up for by a burst.
 */
export function planBackfill(
  backfill: Backfill,
  compiled: CompiledSchedule,
  facts: BackfillFacts,
  now: EpochMs,
): BackfillPlan {
  const { cursor, spec } = backfill;
  if (facts.paused === 'gone') return abandon(backfill, compiled, now);
  if (spec.cancelled !== undefined) {
    const shownUntil = spec.cancelled + CANCELLED_SHOWN_MS;
    return now < shownUntil ? wait(cursor, shownUntil) : abandon(backfill, compiled, now);
  }
  if (facts.paused === 'paused') return wait(cursor, now + PAUSED_WAIT_MS);
  if (freezeAt(facts.freezes, now) !== undefined) return wait(cursor, now + FROZEN_WAIT_MS);
  if (spec.overlap === 'buffer-all' && facts.live > 0) return wait(cursor, now + WAIT_MS);
  return release(backfill, compiled, facts, now);
}

function wait(cursor: EpochMs, lookAgainAt: EpochMs): BackfillPlan {
  return { verdicts: [], fires: [], cursor, lookAgainAt };
}

/** Ends a backfill early. What a catch-up still owed is missed; what a backfill names has had its verdicts before. */
function abandon({ cursor, spec }: Backfill, { timing }: CompiledSchedule, now: EpochMs): BackfillPlan {
  const verdicts =
    spec.kind === 'catch-up' ? verdictsBetween(timing, { word: 'missed(catch-up)' }, cursor, spec.to) : [];
  return { verdicts, fires: [], cursor: 0, lookAgainAt: now };
}

function release(backfill: Backfill, compiled: CompiledSchedule, facts: BackfillFacts, now: EpochMs): BackfillPlan {
  const { spec, cursor } = backfill;
  const { timing } = compiled;
  const step = stepOf(spec);
  const plan: BackfillPlan = { verdicts: [], fires: [], cursor: 0, lookAgainAt: now };
  const room = Math.min(step.count, facts.tokens);
  let left = room;
  // A person names any range; a catch-up begins with a fire time, which a later rule need not name.
  let at = spec.kind === 'catch-up' ? cursor : timing.next(cursor - 1);
  for (let judged = 0; at !== undefined && at < spec.to; judged += 1, at = timing.next(at)) {
    const ban = spec.kind === 'catch-up' ? banOf(at, compiled, facts.freezes, now) : undefined;
    if (judged === MAX_JUDGED || (ban === undefined && left === 0)) {
      plan.cursor = at;
      break;
    }
    if (ban !== undefined) {
      tellOn(plan.verdicts, ban);
      continue;
    }
    left -= 1;
    if (spec.overlap === 'skip' && facts.live + plan.fires.length > 0) {
      tellOn(plan.verdicts, verdictOver('skipped(overlap)', at, undefined));
      continue;
    }
    plan.verdicts.push(releasedVerdict(spec, compiled, at, now));
    plan.fires.push(at);
  }
  if (plan.cursor > 0) plan.lookAgainAt = now + (left < room ? step.ms : room === 0 ? WAIT_MS : 0);
  return plan;
}

/** At most how many fire times are released at once, and how far apart in ms, so that no span of the rate holds more. */
function stepOf({ overlap, rate: [most, perMs] }: BackfillSpec): { count: number; ms: DurationMs } {
  const wanted = Math.min(MAX_FIRES, Math.ceil((STEP_MS * most) / perMs));
  const count = overlap === 'buffer-all' ? 1 : Math.min(most, wanted);
  return { count, ms: Math.ceil(perMs / Math.floor(most / count)) };
}

/** Why a missed fire time is not released after all. */
function banOf(at: EpochMs, compiled: CompiledSchedule, freezes: readonly Freeze[], now: EpochMs): Verdict | undefined {
  const { fate, detail } = fateOf(at, { compiled, freezes, now });
  if (fate !== 'open') return verdictOver(fate, at, detail);
  const { startDeadlineMs } = compiled;
  const isTooLate = startDeadlineMs !== undefined && now - at > startDeadlineMs;
  return isTooLate ? verdictOver('missed(deadline)', at, undefined) : undefined;
}

function releasedVerdict(spec: BackfillSpec, compiled: CompiledSchedule, at: EpochMs, now: EpochMs): Verdict {
  if (spec.kind === 'backfill') return verdictOver('backfilled', at, undefined);
  return verdictOver('caught-up', at, String(now - dueTimeOf(spec.schedule, compiled, at)));
}

/** Adds the verdict of one fire time that makes no run, to the range before it where that is of the same fate. */
function tellOn(verdicts: Verdict[], verdict: Verdict): void {
  const last = verdicts.at(-1);
  if (last === undefined || last.word !== verdict.word || last.detail !== verdict.detail) {
    verdicts.push(verdict);
    return;
  }
  last.to = verdict.to;
  last.count += 1;
}
