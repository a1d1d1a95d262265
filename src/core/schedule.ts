import type { DurationMs } from './time/units.ts';

/**
 * A schedule rule after validation, in the shape that is stored (short names: a million of them are kept in Redis).
 * Its JSON text, with keys in this order, is the schedule's definition: two rules are the same iff the texts are.
 */
export type ScheduleRule = {
  /** Job it fires; left out when it is the schedule's own id. */
  j?: string;
  /** Cron text. Exactly one of `c` and `e`. */
  c?: string;
  /** Fixed interval in ms, counted from the epoch. */
  e?: DurationMs;
  /** IANA zone; left out for UTC. */
  z?: string;
  /** Jitter bound in ms; left out for none. */
  r?: DurationMs;
  /** Overlap policy; left out for `skip`. */
  o?: 'allow';
  /** Catch-up; left out for `latest`. */
  m?: 'none';
  /** Catch-up window in ms; left out for the default of 24 h. */
  w?: DurationMs;
  /** Start deadline in ms; left out for none. */
  d?: DurationMs;
  /** Payload of its runs; left out for null. */
  p?: unknown;
};
