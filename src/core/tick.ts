import { catchUpSpec, isMerging, judgeEarlier, mostRuns, tell } from './catch_up.ts';
import type { CompiledSchedule } from './compiled_schedule.ts';
import { dueTimeOf, newestDue } from './due_times.ts';
import { judgeHead } from './judge.ts';
import { lookAgainAt, moveOn, planEnded, type Outcome } from './outcome.ts';
import type { PlanFacts, SchedulePlan } from './schedule_plan.ts';
import { cutSpans, fateOf, isSkipped, type Bans, type SkippedSpan, type Span } from './spans.ts';
import type { StoredSchedule } from './stored_schedule.ts';
import type { EpochMs } from './time/units.ts';
import { pausedBetween, verdictOver } from './verdict_range.ts';
import type { Verdict } from './verdict.ts';

export { dueTimeOf } from './due_times.ts';
export { LATE_MS, MISFIRE_GRACE_MS } from './judge.ts';
export type { Fire, PlanFacts, SchedulePlan } from './schedule_plan.ts';
export { MAX_COUNTED } from './verdict_range.ts';

/**
 * Decides over every fire time in [schedule.next, now] that is due, in one pass, from the last fire time on and never
 * from "does now match?". Each gets exactly one verdict, at once or when its catch-up is released, and at most one run is
 * made at once: for the newest that no freeze and no blackout forbids, the head. In this order: a pause, too many dead
 * letters, freezes, blackouts, the start deadline, the catch-up window, the overlap policy.
 */
export function planSchedule(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  facts: PlanFacts,
  now: EpochMs,
): SchedulePlan {
  if (schedule.state === 'paused') return planPaused(schedule, compiled, facts, now);
  if (schedule.next === 0) {
    return planEnded(schedule, compiled, { live: facts.live.length, held: facts.held }, now);
  }
  return planActive(schedule, compiled, facts, now);
}

/** A pause that has run out ends here: the fire times in it are skipped, and the schedule goes on as if it had not been. */
function planPaused(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  facts: PlanFacts,
  now: EpochMs,
): SchedulePlan {
  const until = facts.pause?.until;
  if (until === undefined || until > now) return lookAgainAt(schedule, until);
  const isInside = schedule.next > 0 && schedule.next < until;
  const verdicts = isInside ? pausedBetween(compiled.timing, schedule.next, until) : [];
  const next = isInside ? (compiled.timing.next(until - 1) ?? 0) : schedule.next;
  // The dead letters before its end are forgotten with it: they would pause it again.
  const plan = planSchedule({ ...schedule, state: 'active', next }, compiled, { ...facts, failures: 0 }, now);
  return { ...plan, verdicts: [...verdicts, ...plan.verdicts], pause: plan.pause ?? 'forget' };
}

function planActive(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  facts: PlanFacts,
  now: EpochMs,
): SchedulePlan {
  const { id, next: first } = schedule;
  const dueTime = dueTimeOf(id, compiled, first);
  if (dueTime > now) return lookAgainAt(schedule, dueTime);
  if (compiled.pauseOnFailure !== undefined && facts.failures >= compiled.pauseOnFailure) {
    const note = `${facts.failures} runs in a row became dead letters`;
    return { ...lookAgainAt(schedule, undefined), state: 'paused', pause: { at: now, by: 'belfry', note } };
  }
  if (compiled.followMs !== undefined) return planFollower(schedule, compiled, facts, now);
  const { newest, following } = newestDue(id, compiled, first, now);
  const outcome =
    newest === first
      ? planOne(compiled, { facts, fireTime: first, dueTime, now })
      : planGap(schedule, compiled, { facts, newest, now });
  return moveOn(schedule, compiled, outcome, { following, held: facts.held, now });
}

/** A fixed delay has one fire time at a time: after it comes the end of its run, or without a run the delay from now. */
function planFollower(
  schedule: StoredSchedule,
  compiled: CompiledSchedule,
  facts: PlanFacts,
  now: EpochMs,
): SchedulePlan {
  const { id, next: fireTime } = schedule;
  const { timing, followMs = 0 } = compiled;
  // The end of a run sets the next fire time without a look at the end of the schedule and its exclusions.
  const named = timing.next(fireTime - followMs);
  const isNamed = named === fireTime;
  const dueTime = dueTimeOf(id, compiled, fireTime);
  const outcome = isNamed ? planOne(compiled, { facts, fireTime, dueTime, now }) : without([]);
  const following = isNamed ? timing.next(now) : named;
  return moveOn(schedule, compiled, outcome, { following, held: facts.held, now });
}

type One = { facts: PlanFacts; fireTime: EpochMs; dueTime: EpochMs; now: EpochMs };

/** The common case: nothing was missed. */
function planOne(compiled: CompiledSchedule, { facts, fireTime, dueTime, now }: One): Outcome {
  const { fate, detail } = fateOf(fireTime, { compiled, freezes: facts.freezes, now });
  if (fate !== 'open') return without([verdictOver(fate, fireTime, detail)]);
  const judgement = judgeHead(compiled, { fireTime, lateMs: now - dueTime, standsFor: 'itself' }, facts, now);
  const verdicts = [verdictOver(judgement.word, fireTime, judgement.detail)];
  const { how } = judgement;
  if (how === undefined) return without(verdicts);
  return { verdicts, fire: { fireTime, how }, catchUp: undefined, runs: 1 };
}

/** An outcome that makes no run. */
function without(verdicts: Verdict[]): Outcome {
  return { verdicts, fire: undefined, catchUp: undefined, runs: 0 };
}

type Gap = { facts: PlanFacts; newest: EpochMs; now: EpochMs };

function planGap(schedule: StoredSchedule, compiled: CompiledSchedule, { facts, newest, now }: Gap): Outcome {
  const bans: Bans = { compiled, freezes: facts.freezes, now };
  const { earlier, head, later } = splitAtHead(compiled, cutSpans(schedule.next, newest, bans));
  const skipped = later.flatMap((span) => tell(compiled, span, span.fate));
  if (head === undefined) return without(skipped);
  const most = mostRuns(compiled, schedule.made);
  const limits = { compiled, most, now };
  const standsFor = isMerging(earlier, limits) ? 'earlier' : 'itself';
  const lateMs = now - dueTimeOf(schedule.id, compiled, head);
  const { word, detail, how } = judgeHead(compiled, { fireTime: head, lateMs, standsFor }, facts, now);
  const isMissed = word === 'missed(deadline)' || word === 'missed(catch-up)';
  const { verdicts, release } = judgeEarlier(earlier, limits, isMissed ? word : undefined);
  verdicts.push(verdictOver(word, head, detail), ...skipped);
  return {
    verdicts,
    fire: how === undefined ? undefined : { fireTime: head, how },
    catchUp: release && catchUpSpec(schedule, compiled, release, now),
    runs: (how === undefined ? 0 : 1) + (release?.count ?? 0),
  };
}

/** The head is the newest fire time that may run; undefined where none may. */
function splitAtHead(
  { timing }: CompiledSchedule,
  spans: Span[],
): { earlier: Span[]; head: EpochMs | undefined; later: SkippedSpan[] } {
  const index = spans.findLastIndex(({ fate }) => fate === 'open');
  const later = spans.slice(index + 1).filter(isSkipped);
  const span = spans[index];
  if (span === undefined) return { earlier: [], head: undefined, later };
  const earlier = spans.slice(0, index);
  if (span.from < span.to) {
    // The first may be a fire time of an older rule, which the timing does not name.
    earlier.push({ ...span, to: Math.max(timing.previous(span.to) ?? span.from, span.from) });
  }
  return { earlier, head: span.to, later };
}
