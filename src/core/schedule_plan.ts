import type { BackfillSpec } from './backfill.ts';
import type { Freeze, PauseNote } from './freeze.ts';
import type { DurationMs, EpochMs } from './time/units.ts';
import type { Verdict } from './verdict.ts';

/** What the planner must know beside the schedule, read in one step with it. */
export type PlanFacts = {
  /** Ids of the schedule's runs that live (scheduled, triggered, caught up), oldest first; empty for none. */
  live: readonly string[];
  /** How many of them are held behind others. */
  held: number;
  /** This fire time was committed before, by this process, and the commit was lost with a Redis primary. */
  wasCommitted: (fireTime: EpochMs) => boolean;
  /** Dead letters in a row of its scheduled runs. */
  failures: number;
  freezes: readonly Freeze[];
  /** Why it is paused, where it is. */
  pause: PauseNote | undefined;
};

/**
 * The run to make. `ready`: at once; `hold`: behind the live ones; `cancel`: the live ones are asked to stop and it is held
 * behind them; `terminate`: they are ended at once and it is ready.
 */
export type Fire = { fireTime: EpochMs; how: 'ready' | 'hold' | 'cancel' | 'terminate' };

/** What to commit for one due schedule. */
export type SchedulePlan = {
  /** Oldest first. */
  verdicts: Verdict[];
  fire: Fire | undefined;
  /**
   * Missed fire times to be released behind it, paced. They get their verdicts then, as do the skipped ones between them.
   */
  catchUp: BackfillSpec | undefined;
  /** First fire time without a verdict, 0 when none will come (or, with a fixed delay, none before the run has ended). */
  next: EpochMs;
  made: number;
  state: 'active' | 'paused';
  /** Pause note to store, or to forget; undefined to leave it as it is. */
  pause: PauseNote | 'forget' | undefined;
  /** When to look at the schedule again; undefined for not before somebody changes it. */
  due: EpochMs | undefined;
  /** `delete`: the schedule goes once this is committed. */
  end: 'keep' | 'delete';
  /** Fixed delay: the next fire time is so long after the end of the run that fires. */
  followMs: DurationMs | undefined;
};
