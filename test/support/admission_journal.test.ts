import { expect, test } from 'vitest';
import { breachesOf, type AdmissionEntry } from './admission_journal.ts';
import type { ModelLimit } from './admission_model.ts';

const entry = (at: number, run: string, event: AdmissionEntry['event']): AdmissionEntry => ({
  at,
  run,
  keys: ['k'],
  event,
});
const judge = (limit: ModelLimit, ...journal: AdmissionEntry[]): string[] =>
  breachesOf(journal, new Map([['k', limit]]));

test('a journal with more at once than there are slots is found out', () => {
  const two = [entry(1, 'a', 'start'), entry(1, 'b', 'start')];
  expect(judge({ slots: 2 }, ...two)).toEqual([]);
  expect(judge({ slots: 1 }, ...two)).toEqual(['k has 1 slots and a, b run at 1']);
  expect(judge({ slots: 1 }, entry(1, 'a', 'start'), entry(2, 'a', 'over'), entry(2, 'b', 'start'))).toEqual([]);
  expect(judge({ slots: 9 }, entry(1, 'a', 'start'), entry(2, 'a', 'start'))).toEqual([
    'a was started twice, the second time at 2',
  ]);
});

test('a journal with more starts in a window than its rate is found out', () => {
  const rate = { count: 2, periodMs: 1_000, burst: 2 };
  const starts = (...times: number[]) => times.map((at) => entry(at, `r${String(at)}`, 'start'));
  expect(judge({ rate }, ...starts(0, 999, 1_000, 1_999, 2_000))).toEqual([]);
  expect(judge({ rate }, ...starts(0, 500, 999))).toEqual(['k had 3 starts from 0 to 999']);
});

test('a journal in which a run starts while the one before it is not over is found out', () => {
  const first = [entry(1, 'a', 'start'), entry(2, 'a', 'end'), entry(3, 'a', 'start')];
  expect(judge({ order: 'strict' }, ...first, entry(4, 'a', 'over'), entry(4, 'b', 'start'))).toEqual([]);
  expect(judge({ order: 'strict' }, ...first, entry(4, 'b', 'start'))).toEqual([
    'b of k was started at 4 before a was over',
  ]);
});
