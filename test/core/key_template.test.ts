import { expect, test } from 'vitest';
import { keyOf } from '../../src/core/key_template.ts';

test('half of a pair of surrogates, as a cut emoji leaves it, is in the key as the sign for what cannot be shown', () => {
  expect(keyOf('partner:{name}', { name: 'acme 🚀'.slice(0, 6) })).toBe('partner:acme%20%EF%BF%BD');
  expect(keyOf('partner:{name}', { name: 'acme 🚀' })).toBe('partner:acme%20%F0%9F%9A%80');
});
