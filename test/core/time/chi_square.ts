/** How often each value comes up. */
export function tally(values: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Pearson's χ² of counts against a fair draw from `cells` values. */
export function chiSquare(counts: ReadonlyMap<number, number>, cells: number): number {
  const drawn = [...counts.values()];
  const expected = drawn.reduce((sum, count) => sum + count, 0) / cells;
  const missed = (cells - drawn.length) * expected;
  return drawn.reduce((sum, count) => sum + (count - expected) ** 2 / expected, missed);
}
