import type { ScheduleRule } from './schedule.ts';
import { compileTiming, type Timing } from './time/timing.ts';
import type { DurationMs } from './time/units.ts';

const DEFAULT_CATCH_UP_WINDOW_MS: DurationMs = 24 * 3_600_000;

/** A stored rule made ready to plan with. */
export type CompiledSchedule = {
  job: string | undefined;
  timing: Timing;
  jitterMs: DurationMs;
  overlap: 'skip' | 'allow';
  catchUp: 'latest' | 'none';
  catchUpWindowMs: DurationMs;
  startDeadlineMs: DurationMs | undefined;
  payloadJson: string;
};

/** Compiles the part of a rule that says when; a caller with many schedules hands over one that remembers. */
export type CompileTiming = (rule: ScheduleRule, seed: string) => Timing;

/** Throws coded errors for a rule that cannot be planned (a damaged one, a zone that this Node does not know). */
export function compileSchedule(
  id: string,
  rule: ScheduleRule,
  timingOf: CompileTiming = compileTiming,
): CompiledSchedule {
  return {
    job: rule.j,
    timing: timingOf(rule, id),
    jitterMs: rule.r ?? 0,
    overlap: rule.o ?? 'skip',
    catchUp: rule.m ?? 'latest',
    catchUpWindowMs: rule.w ?? DEFAULT_CATCH_UP_WINDOW_MS,
    startDeadlineMs: rule.d,
    payloadJson: JSON.stringify(rule.p ?? null),
  };
}
