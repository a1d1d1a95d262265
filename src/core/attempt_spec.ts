import type { Duration } from './time/units.ts';

export type BackoffSpec = {
  /** `exponential` doubles, `linear` adds `initial` each time, `custom` goes through `delays`. Default `exponential`. */
  type?: 'exponential' | 'linear' | 'fixed' | 'custom';
  /** Delay before the second attempt. Default 1 s. */
  initial?: Duration;
  /** One delay after the other, and the last one again and again: `['1s', '10s', '1m']`. Makes the type `custom`. */
  delays?: readonly Duration[];
  /** Cap. Default 5 min; with `delays` the longest of them. */
  max?: Duration;
  /**
   * `full`: uniform in [0, delay]; `equal`: in [delay / 2, delay]; `none`: exactly the delay. Default `full`, and `none` with
   * `delays`.
   */
  jitter?: 'full' | 'equal' | 'none';
};

/** What `retry.when` and `retry.delay` are told of a failed attempt. */
export type RetryFailure = {
  /** What the handler threw; from a thread or process an error of the same name, message, code and cause. */
  error: unknown;
  /** 1 for the first attempt; counts every start, lost ones too. */
  attempt: number;
  /** Attempts that ended in an error, this one included. */
  failures: number;
  /** The delay, in ms, that the backoff has drawn. */
  backoffMs: number;
};

export type RetrySpec = {
  /** Attempts in all, the first included. Default 3. */
  attempts?: number;
  backoff?: BackoffSpec;
  /** Only errors with one of these names (of their class, or of one it extends) or codes are tried again. */
  only?: readonly string[];
  /** Errors with one of these names or codes make a dead letter at once. */
  never?: readonly string[];
  /**
   * Decides about an error, within `attempts`: true for another attempt, a duration for one after that long, false or `'dead'`
   * for none. Called by the worker, and not for NonRetryableError or what `only` and `never` have decided.
   */
  when?: (error: unknown, failure: RetryFailure) => boolean | Duration;
  /** The delay before the next attempt, as it is: no jitter and no cap. Default: the backoff's. */
  delay?: (failure: RetryFailure) => Duration;
};

export type Isolation = 'inline' | 'thread' | 'process';

/** Where the handler runs, and what it may take there. */
export type IsolationSpec =
  | Isolation
  | {
      type: 'thread' | 'process';
      /**
       * `256MiB`. Of a process: resident memory of it and all that it has started; of a thread: its JavaScript heap, which
       * buffers do not count to. An attempt beyond it is killed and fails with MEMORY_EXCEEDED.
       */
      memory?: string | number;
      /** `1MiB`. What it may print; beyond it is killed and fails with OUTPUT_EXCEEDED. Default: 256 KiB are kept, the rest is dropped. */
      output?: string | number;
    };
