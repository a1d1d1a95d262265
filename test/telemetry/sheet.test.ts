import { describe, expect, test } from 'vitest';
import { createSheet } from '../../src/telemetry/exposition/sheet.ts';

/** Two rows to a span. */
const PAIRS = 16_384;
const itself = (text: string): string => text;
const textOf = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString();

describe('a sheet', () => {
  test('writes all rows in order, and again what changed, in whichever span it is', () => {
    const sheet = createSheet(PAIRS);
    const rows = ['a', 'b', 'c', 'd', 'é'];
    expect(textOf(sheet.write(rows, itself))).toBe('abcdé');
    for (let i = 0; i < rows.length; i += 1) {
      rows[i] = `${String(i)};`;
      expect(textOf(sheet.write(rows, itself))).toBe(rows.join(''));
    }
  });

  test('keeps the bytes of a span in which nothing changed, and never writes to bytes that it gave away', () => {
    const sheet = createSheet(PAIRS);
    const before = sheet.write(['a', 'b', 'c', 'd'], itself);
    const after = sheet.write(['a', 'b', 'c', 'x'], itself);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(textOf(before)).toBe('abcd');
    expect(textOf(after)).toBe('abcx');
  });

  test('follows rows that come and go, at the end, in the middle and all at once', () => {
    const sheet = createSheet(PAIRS);
    const states = ['abcde', 'abcd', 'abc', 'abcdefg', 'aceg', 'xaceg', 'xa', '', 'p', 'pq', 'q', 'qr', ''];
    for (const state of states) expect(textOf(sheet.write(state.split(''), itself))).toBe(state);
  });

  test('writes nothing for a row without text', () => {
    const sheet = createSheet(PAIRS);
    expect(textOf(sheet.write(['a', '', 'c'], itself))).toBe('ac');
    expect(textOf(sheet.write(['a', 'b', ''], itself))).toBe('ab');
  });
});
