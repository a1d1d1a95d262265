import type { Values } from '../chart.ts';
import { isRecord } from './address.ts';

/**
 * That one value changes what is rendered: when `path` is set to `value`, the field at the address (see address.ts)
 * shows `shows`, or `value` itself where that is left out, and before it showed something else. `undefined` is a field
 * or an object that is not there. What is to be shown may be a matcher of vitest.
 */
export type Row = readonly [path: string, value: unknown, address: string, shows?: unknown];

/** Rows that do not disturb each other: they are set together, in one rendering, over the values of `base`. */
export type Group = {
  readonly name: string;
  readonly base?: Values;
  /** Set together with the rows only: what must change for them to be allowed. */
  readonly also?: Values;
  readonly rows: readonly Row[];
};

/** What a row shows; unlike a default for a missing item, this tells a written `undefined` from none. */
export function shownBy(row: Row): unknown {
  return row.length === 4 ? row[3] : row[1];
}

/** The values of a group with all of its rows set. */
export function valuesOf({ base = {}, also = {}, rows }: Group): Values {
  const merged = mergeValues(base, also);
  return rows.reduce((values, [path, value]) => mergeValues(values, nested(path.split('.'), value)), merged);
}

/** Maps are merged as helm does, everything else is replaced. */
export function mergeValues(into: Values, from: Values): Values {
  const merged: Record<string, unknown> = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const before = merged[key];
    merged[key] = isRecord(before) && isRecord(value) ? mergeValues(before, value) : value;
  }
  return merged;
}

/** `a.b` and 1 → `{ a: { b: 1 } }` */
export function nested(path: readonly string[], value: unknown): Values {
  const [key = '', ...rest] = path;
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

/** The paths of everything in a map that is not a map with something in it. */
export function leavesOf(map: Values, above = ''): string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const path = above === '' ? key : `${above}.${key}`;
    return isRecord(value) && Object.keys(value).length > 0 ? leavesOf(value, path) : [path];
  });
}
