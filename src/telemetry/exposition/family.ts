import type { Format } from './labels.ts';

/** What a metric is called and means. Counters end in `_total`, durations in `_seconds`. */
export type FamilySpec = { name: string; help: string; labels?: readonly string[] };

/** A metric with all its series, able to write itself. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** The lines of its samples: a text where they are few, else bytes that nobody writes to again. */
  samples(format: Format): string | readonly Buffer[];
};

/** One whose series come with events, and go when what they are about is gone. */
export type CountedFamily = Family & {
  /** Values of its first label. */
  firsts(): Iterable<string>;
  /** Grows with each event under this value of the first label. */
  activity(first: string): number;
  drop(first: string): void;
};
