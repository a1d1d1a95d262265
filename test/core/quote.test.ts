import { expect, test } from 'vitest';
import { quote } from '../../src/core/quote.ts';

const circular: Record<string, unknown> = {};
circular['self'] = circular;

test.each([
  ['text', '"text"'],
  ['two\nlines\u0000', '"two\\nlines\\u0000"'],
  [5, '5'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [5n, '5'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{ a: [1] }, '{"a":[1]}'],
  [circular, 'object'],
  [() => 1, 'function'],
  [Symbol('s'), 'symbol'],
])('a value in a message (%#) is %s', (value, text) => {
  expect(quote(value)).toBe(text);
});

test('a long value is cut', () => {
  expect(quote('x'.repeat(1_000))).toBe(`"${'x'.repeat(58)}…`);
});
