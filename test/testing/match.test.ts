import { describe, expect, test } from 'vitest';
import { findDifference } from '../../src/testing/match.ts';

describe('a payload', () => {
  test.each<[string, unknown, unknown]>([
    ['equal values', { a: [1, null] }, { a: [1, null] }],
    ['more fields than asked for', { a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } }],
    ['a text that a pattern finds', { to: 'ada@example.com' }, { to: /@example/ }],
    ['what a function accepts', { n: 7 }, { n: (n: number) => n > 6 }],
    ['what a matcher of the runner accepts', { to: 'ada' }, { to: expect.any(String) as unknown }],
    ['null for null', null, null],
  ])('matches: %s', (_, actual, expected) => {
    expect(findDifference(actual as never, expected)).toBeUndefined();
  });

  test.each<[string, unknown, unknown, string]>([
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, 'payload.a.b'],
    ['a field that is missing', { a: 1 }, { b: 1 }, 'payload.b'],
    ['a list of another length', { a: [1, 2] }, { a: [1] }, 'payload.a'],
    ['another item', { a: [1, 2] }, { a: [1, 3] }, 'payload.a[1]'],
    ['a list for an object', [], {}, 'payload'],
    ['null for an object', null, {}, 'payload'],
    ['a number for a pattern', { to: 7 }, { to: /7/ }, 'payload.to'],
    ['what a function does not say true to', 1, () => 'yes', 'payload'],
    ['what a matcher refuses', { to: 7 }, { to: expect.any(String) as unknown }, 'payload.to'],
  ])('differs: %s', (_, actual, expected, path) => {
    expect(findDifference(actual as never, expected)?.path).toBe(path);
  });
});
