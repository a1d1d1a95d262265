import { expect, test } from 'vitest';
import type { JournalLine } from './journal.ts';
import { judgeLimits, type LimitsCase } from './limit_judge.ts';

const terms = { slots: 1, count: 2, periodMs: 1_000 };
const keyOf = new Map(['a', 'b', 'c'].map((run) => [run, 'k']));
const line = (run: string, event: JournalLine['event'], at: number, rest: Partial<JournalLine> = {}): JournalLine => ({
  job: 'work',
  run,
  fireTime: 0,
  attempt: 1,
  event,
  at,
  tick: at,
  pid: 1,
  ...rest,
});
const judge = (the: Partial<LimitsCase>): string[] =>
  judgeLimits({ keyOf, terms, lines: [], faults: [], records: [], leaseLeftMs: 500, latenessMs: 100, ...the });
const record = (id: string, startedAt: number, attempts = 0) => ({ run: { id, attempts }, startedAt });

test('two runs in one slot are found out', () => {
  const one = [line('a', 'start', 0), line('a', 'end', 100)];
  expect(judge({ lines: [...one, line('b', 'start', 100), line('b', 'end', 200)] })).toEqual([]);
  expect(judge({ lines: [...one, line('b', 'start', 99), line('b', 'end', 200)].sort((x, y) => x.at - y.at) })).toEqual(
    ['k had 2 runs at once, and has 1 slots'],
  );
});

test('the slot of a killed worker that is given away before its lease is over is found out', () => {
  const faults = [{ pid: 1, kind: 'killed' as const, from: 100, to: 110 }];
  const after = (at: number) => [line('a', 'start', 0), line('b', 'start', at, { pid: 2 }), line('b', 'end', at + 1)];
  expect(judge({ faults, lines: after(600) })).toEqual([]);
  expect(judge({ faults, lines: after(599) })).toEqual(['k had 2 runs at once, and has 1 slots']);
});

test('more starts than the rate are found out, those of lost attempts too', () => {
  expect(judge({ records: [record('a', 0), record('b', 500), record('c', 1_000)] })).toEqual([]);
  expect(judge({ records: [record('a', 0), record('b', 500), record('c', 999)] })).toEqual([
    'k had more than 2 starts in a period',
  ]);
  const lost = [line('c', 'start', 100, { attempt: 1 })];
  expect(judge({ lines: lost, records: [record('a', 0), record('b', 300), record('c', 5_000, 1)] })).toEqual([
    'k had more than 2 starts in a period, lost attempts included',
  ]);
});
