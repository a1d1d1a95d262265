import type { OverlapPolicy } from './job.ts';
import type { DurationMs, EpochMs } from './time/units.ts';

/** What a change of the clock does, where it is not `vixie`: a preset's name, `<preset> <dayMatch>`, or `<gap> <overlap>[ <dayMatch>]`. */
export type DstRuleText = string;

/** Times that are left out: a calendar's name, or one written in place. */
export type ExceptRule = string | CalendarRule;

/** Days and instants that schedules leave out; a named one is kept in `calendars`. All local to the schedule's zone. */
export type CalendarRule = {
  /** Whole days, `2026-12-25`, in order. */
  d?: string[];
  /** Whole days of every year, `12-25`, in order. */
  y?: string[];
  /** Whole weekdays: cron's day-of-week field. */
  w?: string;
  /** Instants that a cron text matches. */
  c?: string;
  /**
   * A stored one that a file of the jobs folder holds: it goes with the file. `saved`: whoever saved it may not have come to
   * plan anew the schedules that name it.
   */
  f?: true | 'saved';
};

/** The part of a rule that says when. Exactly one of `c`, `e`, `a`, `i`, `l`, `f` and `u`. */
export type WhenRule = {
  /** Cron text, without a zone in front. `@reboot` fires once per deployment, see `b`. */
  c?: string;
  /** The deployment that an `@reboot` belongs to; put in when it is registered. */
  b?: string;
  /** Fixed interval in ms. */
  e?: DurationMs;
  /** Anchor of the interval; left out for the epoch. */
  g?: EpochMs;
  /** The part of each local day that the interval is counted in: its first and last second of the day, both fire. */
  y?: [number, number];
  /** Single instants, in order, each once. */
  a?: EpochMs[];
  /** ISO 8601 repeating interval. */
  i?: string;
  /** RFC 5545 recurrence. */
  l?: string;
  /** Fixed delay in ms after the end of the run before. */
  f?: DurationMs;
  /** Union. */
  u?: WhenRule[];
  /** IANA zone; left out for UTC, but in a member of a union whose own is another. */
  z?: string;
  /** DST policy; left out for vixie, but in a member of a union whose own is another. */
  t?: DstRuleText;
  /** Every nth firing from `s` on. */
  n?: number;
  /** Left out times. */
  x?: ExceptRule[];
  /** First instant that counts. */
  s?: EpochMs;
  /** First instant that does not count any more. */
  q?: EpochMs;
};

/** Two instants [from, to), or a cron text (in the schedule's zone) and for how long from each match, in ms. */
export type BlackoutRule = [EpochMs, EpochMs] | [string, DurationMs];

/**
 * A schedule rule after validation, in the shape that is stored (short names: a million of them are kept in Redis).
 * Its JSON text, with keys in this order, is the schedule's definition: two rules are the same iff the texts are.
 * The job it fires is told by the schedule's id: see `jobOf` in schedule_id.ts.
 */
export type ScheduleRule = WhenRule & {
  /** Jitter bound in ms; left out for none. */
  r?: DurationMs;
  /** Window in ms over which schedules are spread; left out for none. */
  k?: DurationMs;
  /** Overlap policy; left out for `skip`. */
  o?: Exclude<OverlapPolicy, 'skip'>;
  /** Catch-up: `all` or the newest so many; left out for `latest`. */
  m?: 'none' | 'all' | number;
  /** Catch-up rate: so many per ms; left out for 60 in 60,000. */
  h?: [number, DurationMs];
  /** Catch-up window in ms; left out for the default of 24 h. */
  w?: DurationMs;
  /** Start deadline in ms; left out for none. */
  d?: DurationMs;
  /** Blackouts. */
  bl?: BlackoutRule[];
  /** Dead letters in a row that pause it. */
  pf?: number;
  /** Runs after which it ends. */
  mr?: number;
  /** What becomes of it then; left out for `keep`. */
  al?: 'delete';
  /** Tags, in order. */
  tg?: string[];
  /** Signature of its payload; left out where nobody signs. */
  sg?: string;
  /** Payload of its runs; left out for null. */
  p?: unknown;
};
