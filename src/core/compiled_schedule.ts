import { compileBlackouts, type Blackouts } from './blackout.ts';
import { hasExclusions, withoutExclusions } from './excluded.ts';
import type { OverlapPolicy } from './job.ts';
import { jobOf } from './schedule_id.ts';
import type { ScheduleRule, WhenRule } from './schedule.ts';
import { compileTiming, type Timing } from './time/timing.ts';
import type { DurationMs, EpochMs } from './time/units.ts';

const DEFAULT_CATCH_UP_WINDOW_MS: DurationMs = 24 * 3_600_000;
/** One a second: a recovery that live work does not feel. */
const DEFAULT_CATCH_UP_RATE: [number, DurationMs] = [60, 60_000];

/** A stored rule made ready to plan with. */
export type CompiledSchedule = {
  job: string;
  timing: Timing;
  jitterMs: DurationMs;
  windowMs: DurationMs;
  overlap: OverlapPolicy;
  /** A number: the newest so many. */
  catchUp: 'none' | 'latest' | 'all' | number;
  /** Released at most so many in so many ms. */
  catchUpRate: [number, DurationMs];
  catchUpWindowMs: DurationMs;
  startDeadlineMs: DurationMs | undefined;
  /** Spans whose fire times are skipped; undefined where the rule has none, which the planner is quick on. */
  blackouts: Blackouts | undefined;
  isBlackedOut(at: EpochMs): boolean;
  /**
   * Whether an instant would be a fire time, were it not left out by an exclusion of the rule; undefined where the rule
   * has none. A stored fire time can come to be one when a day is added to a named calendar.
   */
  isExcluded: ((at: EpochMs) => boolean) | undefined;
  /** Dead letters in a row that pause it. */
  pauseOnFailure: number | undefined;
  maxRuns: number | undefined;
  afterLast: 'keep' | 'delete';
  /** Fixed delay: how long after the end of a run the next fire time is. */
  followMs: DurationMs | undefined;
  /** Of the payload, for the extras of its runs. */
  signature: string | undefined;
  payloadJson: string;
};

/** Compiles the part of a rule that says when; a caller with many schedules hands over one that remembers. */
export type CompileTiming = (rule: WhenRule, seed: string) => Timing;

/** Throws coded errors for a rule that cannot be planned (a damaged one, a zone that this Node does not know). */
export function compileSchedule(
  id: string,
  rule: ScheduleRule,
  timingOf: CompileTiming = compileTiming,
): CompiledSchedule {
  const timing = timingOf(rule, id);
  const blackouts = compileBlackouts(rule, (when) => timingOf(when, id));
  return {
    job: jobOf(id),
    timing,
    jitterMs: rule.r ?? 0,
    windowMs: rule.k ?? 0,
    overlap: rule.o ?? 'skip',
    catchUp: rule.m ?? 'latest',
    catchUpRate: rule.h ?? DEFAULT_CATCH_UP_RATE,
    catchUpWindowMs: rule.w ?? DEFAULT_CATCH_UP_WINDOW_MS,
    startDeadlineMs: rule.d,
    blackouts,
    isBlackedOut: blackouts === undefined ? () => false : (at) => blackouts.covers(at),
    isExcluded: hasExclusions(rule)
      ? (at) => !names(timing, at) && names(timingOf(withoutExclusions(rule), id), at)
      : undefined,
    pauseOnFailure: rule.pf,
    maxRuns: rule.mr,
    afterLast: rule.al ?? 'keep',
    followMs: rule.f,
    signature: rule.sg,
    payloadJson: JSON.stringify(rule.p ?? null),
  };
}

function names(timing: Timing, at: EpochMs): boolean {
  return timing.next(at - 1) === at;
}
