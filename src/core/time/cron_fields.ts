import type { Bits32, Bits64 } from './bit_set.ts';
import type { DstRule } from './dst.ts';
import type { YearSet } from './year_set.ts';

/**
 * A cron expression after parsing: immutable, a few hundred bytes, and all that the search for fire times reads.
 * Which days match was worked out once for each of the 28 shapes a month can have, so that the rules for `L`, `W`, `#`
 * and for the two day fields cost nothing afterwards.
 */
export type CronFields = {
  readonly seconds: Bits64;
  readonly minutes: Bits64;
  /** 0 to 23. */
  readonly hours: Bits32;
  /** 1 to 12. */
  readonly months: Bits32;
  /** Days 1 to 31 that match, by the shape of the month: see `monthShape`. */
  readonly days: readonly Bits32[];
  /** The years it is limited to; undefined for none. */
  readonly years: YearSet | undefined;
  /** How the expression meets a change of the clock: see `DstRule`. */
  readonly dst: DstRule;
  /** Whether it contains `H`, so that its fire times depend on the seed. */
  readonly usesSeed: boolean;
};

/** Index into `CronFields.days`. `firstWeekday` is 0 (Sunday) to 6, `length` 28 to 31. */
export function monthShape(firstWeekday: number, length: number): number {
  return firstWeekday * 4 + length - 28;
}
