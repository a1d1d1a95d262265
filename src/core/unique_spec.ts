import type { KeySpec } from './key_spec.ts';
import type { Duration } from './time/units.ts';

export type UniqueMode = 'unique' | 'throttle' | 'debounce' | 'replace';

/** One run of a key at a time, by what happens to an enqueue while another run has the key. See docs/guides/unique.md. */
export type UniqueSpec<Payload> = {
  /** A template such as `invoice:{invoice}`, or a function that only fills in fields. Default: the whole payload. */
  key?: KeySpec<Payload>;
  /**
   * `unique` (default): no second run while one waits, runs or is tried again. `throttle`: one run in each `for`.
   * `debounce`: the run waits until nothing was enqueued for `for`, and gets the last payload. `replace`: a run that has
   * not started gets the new payload.
   */
  mode?: UniqueMode;
  /** Needed by `throttle` and `debounce`; with `unique`, a run keeps its key no longer than this. */
  for?: Duration;
  /** `debounce`: the run waits no longer than this after the first enqueue. */
  maxWait?: Duration;
};
