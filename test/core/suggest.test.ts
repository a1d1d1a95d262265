import { expect, test } from 'vitest';
import { suggest } from '../../src/core/suggest.ts';

const words = ['cron', 'every', 'timezone', 'jitter', 'overlap', 'catchUp', 'catchUpWindow'];

test.each([
  ['corn', 'cron'],
  ['crn', 'cron'],
  ['cronn', 'cron'],
  ['CRON', 'cron'],
  ['evry', 'every'],
  ['time_zone', 'timezone'],
  ['timeZone', 'timezone'],
  ['catchup', 'catchUp'],
  ['catchUpWindo', 'catchUpWindow'],
])('%s was meant to be %s', (word, meant) => {
  expect(suggest(word, words)).toBe(meant);
});

test.each(['banana', 'x', '', 'window', 'constructor'])('%j was meant to be nothing it knows', (word) => {
  expect(suggest(word, words)).toBeUndefined();
});

test('the nearest candidate wins, the first of two that are equally near', () => {
  expect(suggest('cart', ['dart', 'cart', 'card'])).toBe('cart');
  expect(suggest('bart', ['dart', 'cart'])).toBe('dart');
  expect(suggest('cart', [])).toBeUndefined();
});
