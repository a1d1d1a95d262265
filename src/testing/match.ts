import type { Json } from '../core/job.ts';

/**
 * What a payload is to be like: a value that it equals, where an object has to have at least these fields; a RegExp for a
 * text; a function that says so; or a matcher of Jest and Vitest such as `expect.any(String)`. All but the first may also
 * stand within a value.
 */
export type PayloadMatcher = unknown;

/** Where a value first differs from what it was to be like. */
export type Difference = { path: string; actual: unknown; expected: unknown };

/** Undefined where `actual` is as expected. */
export function findDifference(
  actual: Json | undefined,
  expected: PayloadMatcher,
  path = 'payload',
): Difference | undefined {
  if (accepts(actual, expected) ?? Object.is(actual, expected)) return undefined;
  const difference = { path, actual, expected };
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return difference;
    return firstOf(expected.keys(), (i) => findDifference(actual[i], expected[i], `${path}[${i}]`));
  }
  if (!isFields(expected)) return difference;
  if (!isFields(actual)) return difference;
  const fields = actual as Record<string, Json>;
  return firstOf(Object.keys(expected), (key) => findDifference(fields[key], expected[key], `${path}.${key}`));
}

/** The answer of what decides by itself; undefined for a value to compare with. */
function accepts(actual: Json | undefined, expected: unknown): boolean | undefined {
  if (typeof expected === 'function') return (expected as (value: unknown) => unknown)(actual) === true;
  if (expected instanceof RegExp) return typeof actual === 'string' && expected.test(actual);
  if (!isFields(expected) || typeof expected['asymmetricMatch'] !== 'function') return undefined;
  return (expected as { asymmetricMatch(value: unknown): boolean }).asymmetricMatch(actual);
}

function firstOf<Key>(keys: Iterable<Key>, find: (key: Key) => Difference | undefined): Difference | undefined {
  for (const key of keys) {
    const found = find(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
}
