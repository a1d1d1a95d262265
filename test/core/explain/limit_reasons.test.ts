import { describe, expect, test } from 'vitest';
import { reasonsOfLimits, type KeyFacts } from '../../../src/core/explain/limit_reasons.ts';

const facts = (over: Partial<KeyFacts> = {}): KeyFacts => ({
  key: 'partner:x',
  limit: {},
  nextStart: undefined,
  heldUntil: undefined,
  running: undefined,
  holders: [],
  turn: undefined,
  ...over,
});

describe('a key holds a run back', () => {
  test('by its rate until the next start, and by a hold until its end', () => {
    const limit = { rate: { count: 2, periodMs: 1_000 } };
    expect(reasonsOfLimits('r', [facts({ limit, nextStart: 5 })])).toEqual([
      { kind: 'rate-limited', key: 'partner:x', until: 5, why: 'spent', rate: limit.rate },
    ]);
    expect(reasonsOfLimits('r', [facts({ limit, nextStart: 7, heldUntil: 7 })])).toEqual([
      { kind: 'rate-limited', key: 'partner:x', until: 7, why: 'held', rate: limit.rate },
    ]);
  });

  test('by slots that are all taken, not by those that are free', () => {
    const limit = { concurrency: 2 };
    expect(reasonsOfLimits('r', [facts({ limit, running: 1, holders: ['a'] })])).toEqual([]);
    expect(reasonsOfLimits('r', [facts({ limit, running: 2, holders: ['a', 'b'] })])).toEqual([
      { kind: 'slots', key: 'partner:x', running: 2, allowed: 2, by: ['a', 'b'] },
    ]);
  });

  test("by another run's turn, not by its own", () => {
    expect(reasonsOfLimits('r', [facts({ turn: 'r' })])).toEqual([]);
    expect(reasonsOfLimits('r', [facts({ turn: 'other' })])).toEqual([
      { kind: 'order', key: 'partner:x', turn: 'other' },
    ]);
  });
});
