import type { DurationMs, EpochMs } from './units.ts';

/** What a wall clock shows, in ms since it showed 1970-01-01T00:00:00. */
export type LocalMs = number;

/** A change of a zone's offset. */
export type Transition = {
  at: EpochMs;
  /** `gap`: the clock is put forward; `overlap`: it is put back. */
  kind: 'gap' | 'overlap';
  offsetBefore: DurationMs;
  offsetAfter: DurationMs;
  /** What the clock would have shown at `at`, and what it shows instead: 02:00 to 03:00 in a gap, 02:00 to 01:00 in an overlap. */
  localFrom: LocalMs;
  localTo: LocalMs;
};

/** What a schedule does at a transition. */
export type TransitionEffect = {
  transition: Transition;
  /**
   * Its times that the clock jumps over are `moved` to the transition, `merged` with the fire time there, `shifted` by the
   * length of the gap or `skipped`; those that it shows twice fire on the `first` or `last` showing, or `twice`.
   * `around`: what fires near it, of a rule that is no cron text. `none`: it has no time there.
   */
  what: 'moved' | 'merged' | 'shifted' | 'skipped' | 'first' | 'last' | 'twice' | 'around' | 'none';
  /** The first few of these times, in order; as the clock shows them. */
  times: readonly LocalMs[];
  /** How many there are. */
  count: number;
  /** One line for people: `2027-03-28 02:00→03:00 gap: 02:30 fires at 03:00 instead`. */
  text: string;
};
