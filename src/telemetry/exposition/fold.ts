/** What everything beyond the cap of a label is counted under. */
export const OTHER = '_other';

/** Keeps a label to a bounded number of values, in all metrics of a process alike. */
export type Fold = {
  /** The value itself, or `_other` where the label has as many values as it may have. */
  admit(value: string): string;
  /** The series of a value are gone: its place is free. */
  release(value: string): void;
  /** Those that have a place. */
  values(): Iterable<string>;
  /** Distinct values that were folded; one that comes back after very many others counts again. */
  folded(): number;
};

/** @param cap most values beside `_other` */
export function createFold(cap: number): Fold {
  const admitted = new Set<string>();
  const seen = new Set<string>();
  let folded = 0;
  return {
    admit(value) {
      if (admitted.has(value)) return value;
      if (admitted.size < cap) {
        admitted.add(value);
        seen.delete(value);
        return value;
      }
      if (!seen.has(value)) {
        // What is remembered is bounded too.
        if (seen.size >= cap) seen.clear();
        seen.add(value);
        folded += 1;
      }
      return OTHER;
    },
    release: (value) => void admitted.delete(value),
    values: () => admitted,
    folded: () => folded,
  };
}
