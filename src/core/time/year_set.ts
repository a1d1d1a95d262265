/** Fire times lie in these years. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2199;

/** Some of the years 1970 to 2199: for each of them the nearest member, looking both ways. 0 stands for none. */
export type YearSet = { readonly next: Uint16Array; readonly previous: Uint16Array };

/** The set of these years; undefined when it is all of them, so that the search need not look. */
export function yearSet(members: ReadonlySet<number>): YearSet | undefined {
  const count = LAST_YEAR - FIRST_YEAR + 1;
  if (members.size === count) return undefined;
  const next = new Uint16Array(count);
  const previous = new Uint16Array(count);
  for (let index = 0; index < count; index++) {
    const year = FIRST_YEAR + index;
    previous[index] = members.has(year) ? year : (previous[index - 1] ?? 0);
  }
  for (let index = count - 1; index >= 0; index--) {
    const year = FIRST_YEAR + index;
    next[index] = members.has(year) ? year : (next[index + 1] ?? 0);
  }
  return { next, previous };
}

export function hasYear(years: YearSet | undefined, year: number): boolean {
  return years === undefined || years.next[year - FIRST_YEAR] === year;
}

/** The first member ≥ `year`; Infinity for none. */
export function yearAtOrAfter(years: YearSet | undefined, year: number): number {
  if (years === undefined) return year;
  const found = years.next[Math.max(year - FIRST_YEAR, 0)] ?? 0;
  return found === 0 ? Infinity : found;
}

/** The last member ≤ `year`; -Infinity for none. */
export function yearAtOrBefore(years: YearSet | undefined, year: number): number {
  if (years === undefined) return year;
  const found = years.previous[Math.min(year, LAST_YEAR) - FIRST_YEAR] ?? 0;
  return found === 0 ? -Infinity : found;
}
