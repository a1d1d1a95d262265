import type { Duration } from './time/units.ts';

/** A schedule's answer to a change of the clock: a known system's, or one put together. See docs/guides/dst.md. */
export type DstSpec =
  | 'vixie'
  | 'cronos'
  | 'quartz'
  | 'kubernetes'
  | { preset: 'vixie' | 'cronos' | 'quartz' | 'kubernetes'; dayMatch: 'or' | 'and' }
  | { gap: 'transition' | 'shift' | 'skip'; overlap: 'first' | 'last' | 'both'; dayMatch?: 'or' | 'and' };

/** Times that are left out: the name of a calendar, or a rule written in place. Dates are local to the schedule's zone. */
export type ExceptSpec =
  | string
  | {
      /** Whole days, `2026-12-25`. */
      dates?: readonly string[];
      /** Whole days of every year, `12-25`. */
      yearly?: readonly string[];
      /** Whole weekdays as cron writes them, `SAT,SUN`. */
      weekdays?: string;
      /** Each instant that this cron text matches. */
      cron?: string;
    };

/** When. Exactly one of `cron`, `every`, `at`, `repeat`, `rrule`, `afterCompletion` and `anyOf`. */
export type WhenSpec = {
  /** 5 to 7 fields (seconds first, year last), or an alias such as `@daily`, `@every 90s` or `@reboot`. */
  cron?: string;
  /** Fixed interval, counted from `anchor` (so that it is the same on each replica). */
  every?: Duration;
  /** Instant that `every` counts from. Default: the epoch. */
  anchor?: string;
  /** With `every`: only in this part of each local day, counted from its beginning; both ends fire: `09:00-17:00`. */
  between?: string;
  /** One instant or several, each once: ISO 8601, local to `timezone` where it has no offset. */
  at?: string | readonly string[];
  /** ISO 8601 repeating interval: `R10/2026-01-01T00:00:00Z/PT1H`; `R/` for ever. */
  repeat?: string;
  /** RFC 5545 recurrence, with its DTSTART. Needs the package `rrule-temporal`. */
  rrule?: string;
  /** Fixed delay after the end of the run before. */
  afterCompletion?: Duration;
  /** Several of these at once; an instant that two of them name fires once. Each inherits `timezone` and `dst`. */
  anyOf?: readonly WhenSpec[];
  /** IANA zone, default `UTC`. */
  timezone?: string;
  /** What a change of the clock does. Default `vixie`. */
  dst?: DstSpec;
  /** Only every nth firing, counted from `start`, which it needs. */
  nth?: number;
  /** Left out: these are no fire times at all. */
  except?: ExceptSpec | readonly ExceptSpec[];
  /** No fire time before this instant. */
  start?: string;
  /** No fire time at or after this instant. */
  end?: string;
};

/** Fire times inside get the verdict `skipped(blackout)`: between two instants, or for a while from each match of a cron text. */
export type BlackoutSpec = { from: string; to: string } | { cron: string; for: Duration };

export type OverlapPolicy = 'allow' | 'skip' | 'buffer-one' | 'buffer-all' | 'cancel' | 'terminate';

export type CatchUpSpec =
  | 'none'
  | 'latest'
  | 'all'
  | {
      /** The newest so many; older ones are merged into the oldest of them. */
      max: number | 'all';
      /** How fast missed fire times are released, below live work. Default `60/1m`. */
      rate?: string;
    };

/** When a job fires by itself, and what is done about late, early, overlapping and unwanted fire times. */
export type ScheduleSpec = WhenSpec & {
  /** Random-looking delay per fire time, at most this long and never past the next fire time. */
  jitter?: Duration;
  /** Spreads schedules: a delay within this window that is always the same for one schedule. */
  window?: Duration;
  /** What happens when the last run still lives. Default `skip`. */
  overlap?: OverlapPolicy;
  /** What is done about fire times that were missed. Default `latest`. */
  catchUp?: CatchUpSpec;
  /** Fire times older than this are recorded as missed, not caught up. Default 24 h. */
  catchUpWindow?: Duration;
  /** A fire time that could not be fired within this long is recorded as missed. Default: none. */
  startDeadline?: Duration;
  /** Fire times that are recorded as skipped. */
  blackout?: readonly BlackoutSpec[];
  /** Pauses the schedule when this many of its runs in a row became dead letters. */
  pauseOnFailure?: number;
  /** Ends after this many runs. */
  maxRuns?: number;
  /** What becomes of a schedule without fire times to come. Default `keep`; `delete` is for schedules of the API. */
  afterLast?: 'keep' | 'delete';
};
