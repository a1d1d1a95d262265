/** Milliseconds since 1970-01-01T00:00:00Z, as judged by Redis TIME. */
export type EpochMs = number;
/** A length of time in milliseconds. */
export type DurationMs = number;
/** A duration as users write it: milliseconds, or text such as `90s`, `1h 30m`, `PT5M`. */
export type Duration = number | string;

/** Reads the clock; core never does, it is handed `now`. */
export type Clock = {
  /** Wall clock, epoch ms. */
  now(): EpochMs;
  /** Monotonic, ms since an arbitrary start: for leases and durations. */
  monotonic(): number;
};
