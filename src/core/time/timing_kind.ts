import type { EpochMs } from './units.ts';
import { TIME_END_S } from './zone.ts';

/** 2200-01-01T00:00:00Z: fire times are before it, and not before 1970. */
export const TIME_END: EpochMs = TIME_END_S * 1_000;

/**
 * What names the fire times. `after-completion` only estimates them, as if a run took no time: the planner sets the real
 * one when the run ends. `reboot` names none: its one fire time is set when a deployment is registered.
 */
export type TimingKind =
  | 'cron'
  | 'interval'
  | 'daily-window'
  | 'instants'
  | 'repeat'
  | 'rrule'
  | 'union'
  | 'after-completion'
  | 'reboot';

/**
 * When a schedule fires. `next` and `previous` answer alike wherever the walk comes from, agree with each other, end after
 * a bounded search and never throw. Fire times lie in the years 1970 to 2199.
 */
export type Timing = {
  readonly kind: TimingKind;
  /** Whether the fire times depend on the seed (`H`). Where not, schedules of the same rule may share the timing. */
  readonly usesSeed: boolean;
  /** The first fire time strictly after an instant. */
  next(after: EpochMs): EpochMs | undefined;
  /** The last fire time strictly before an instant. */
  previous(before: EpochMs): EpochMs | undefined;
  /**
   * How many fire times lie in (after, upTo]: what a walk from one to the next would count, told without the walk. Only
   * where the shape of the rule allows it.
   */
  count?(after: EpochMs, upTo: EpochMs): number;
};
