import type { CompiledSchedule } from '../compiled_schedule.ts';
import type { OverlapPolicy } from '../job.ts';
import type { BlackoutRule, ScheduleRule } from '../schedule.ts';
import type { DurationMs } from '../time/units.ts';

/** What is done about late, early, overlapping and unwanted fire times, defaults filled in. */
export type SchedulePolicies = {
  overlap: OverlapPolicy;
  catchUp: 'none' | 'latest' | 'all' | number;
  catchUpWindowMs: DurationMs;
  /** So many in so many ms. */
  catchUpRate: [number, DurationMs];
  startDeadlineMs: DurationMs | undefined;
  jitterMs: DurationMs;
  windowMs: DurationMs;
  blackouts: BlackoutRule[];
  pauseOnFailure: number | undefined;
  maxRuns: number | undefined;
  afterLast: 'keep' | 'delete';
};

export function policiesOf(rule: ScheduleRule, compiled: CompiledSchedule): SchedulePolicies {
  const { overlap, catchUp, catchUpWindowMs, catchUpRate, startDeadlineMs } = compiled;
  const { jitterMs, windowMs, pauseOnFailure, maxRuns, afterLast } = compiled;
  return {
    overlap,
    catchUp,
    catchUpWindowMs,
    catchUpRate,
    startDeadlineMs,
    jitterMs,
    windowMs,
    blackouts: rule.bl ?? [],
    pauseOnFailure,
    maxRuns,
    afterLast,
  };
}
