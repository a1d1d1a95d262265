import type { Fold } from './fold.ts';

/** Series by the values of up to two labels. The first may be folded and forgotten; the second is one of a few words. */
export type SeriesTable<Series> = {
  of(first: string, second: string): Series;
  /** The same array until a series comes or goes. */
  all(): readonly Series[];
  /** Values of the first label. */
  firsts(): Iterable<string>;
  /** Sum of the counts under a value of the first label. */
  activity(first: string): number;
  drop(first: string): void;
};

/** Two look-ups and nothing allocated for a series that is there, so that it can be asked for with each run. */
export function createSeriesTable<Series extends { count: number }>(
  make: (values: [first: string, second: string]) => Series,
  fold: Fold | undefined,
): SeriesTable<Series> {
  const table = new Map<string, Map<string, Series>>();
  let all: readonly Series[] | undefined;
  const create = (value: string, second: string): Series => {
    const first = fold === undefined ? value : fold.admit(value);
    const row = table.get(first) ?? new Map<string, Series>();
    table.set(first, row);
    let series = row.get(second);
    if (series === undefined) {
      row.set(second, (series = make([first, second])));
      all = undefined;
    }
    return series;
  };
  return {
    of: (first, second) => table.get(first)?.get(second) ?? create(first, second),
    all: () => (all ??= [...table.values()].flatMap((row) => [...row.values()])),
    firsts: () => table.keys(),
    activity(first) {
      let sum = 0;
      for (const { count } of table.get(first)?.values() ?? []) sum += count;
      return sum;
    },
    drop(first) {
      table.delete(first);
      all = undefined;
    },
  };
}
