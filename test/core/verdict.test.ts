import { expect, test } from 'vitest';
import { packVerdict, unpackLedgerEntry, type Verdict } from '../../src/core/verdict.ts';

const cases: { verdict: Verdict; text: string }[] = [
  { verdict: { word: 'fired', from: 5, to: 5, count: 1 }, text: 'fired 5' },
  { verdict: { word: 'skipped(overlap)', from: 7, to: 7, count: 1 }, text: 'skipped(overlap) 7' },
  { verdict: { word: 'missed(catch-up)', from: 5, to: 25, count: 3 }, text: 'missed(catch-up) 5..25 3' },
  { verdict: { word: 'late', from: 5, to: 5, count: 1, detail: '1200' }, text: 'late 5 =1200' },
  {
    verdict: { word: 'skipped(freeze)', from: 5, to: 25, count: 3, detail: 'f1' },
    text: 'skipped(freeze) 5..25 3 =f1',
  },
];

test.each(cases)('$text stands for its fire times, and reads back', ({ verdict, text }) => {
  expect(packVerdict(verdict)).toBe(text);
  expect(unpackLedgerEntry(`a/b ${text}`)).toEqual({ schedule: 'a/b', ...verdict });
});
