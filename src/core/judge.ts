import type { CompiledSchedule } from './compiled_schedule.ts';
import { judgeOverlap } from './overlap.ts';
import type { Fire, PlanFacts } from './schedule_plan.ts';
import type { DurationMs, EpochMs } from './time/units.ts';
import type { VerdictWord } from './verdict.ts';

/** A fire time that is committed later than this after its due time is `late`, not `fired`. */
export const LATE_MS: DurationMs = 1_000;

/** Under `catchUp: none` a fire time is missed once it is this late: longer than a fail-over, so that none is lost to one. */
export const MISFIRE_GRACE_MS: DurationMs = 10_000;

/** The fire time that is live work: the newest that may run. */
export type Head = {
  fireTime: EpochMs;
  /** Since its due time. */
  lateMs: DurationMs;
  /** Whether earlier fire times are merged into it. */
  standsFor: 'itself' | 'earlier';
};

/** `how` is undefined where no run is made. */
export type Judgement = { word: VerdictWord; detail: string | undefined; how: Fire['how'] | undefined };

const MISSED_DEADLINE: Judgement = { word: 'missed(deadline)', detail: undefined, how: undefined };
const MISSED_CATCH_UP: Judgement = { word: 'missed(catch-up)', detail: undefined, how: undefined };

/** What becomes of the head: is it too old, does a run stand in its way, and how late does it run. */
export function judgeHead(compiled: CompiledSchedule, head: Head, facts: PlanFacts, now: EpochMs): Judgement {
  const { fireTime, lateMs } = head;
  const ageMs = now - fireTime;
  if (compiled.startDeadlineMs !== undefined && ageMs > compiled.startDeadlineMs) return MISSED_DEADLINE;
  const isForgotten = compiled.catchUp === 'none' || ageMs > compiled.catchUpWindowMs;
  if (isForgotten && lateMs > MISFIRE_GRACE_MS) return MISSED_CATCH_UP;
  const how = judgeOverlap(compiled.overlap, facts.live.length, facts.held);
  if (how === 'skip') return { word: 'skipped(overlap)', detail: facts.live[0], how: undefined };
  if (facts.wasCommitted(fireTime)) return { word: 'replayed', detail: undefined, how };
  if (head.standsFor === 'earlier') return { word: 'caught-up', detail: String(lateMs), how };
  return lateMs > LATE_MS ? { word: 'late', detail: String(lateMs), how } : { word: 'fired', detail: undefined, how };
}
