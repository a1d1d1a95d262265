import { describe, expect, test } from 'vitest';
import { createQueueTurns } from '../../src/worker/queue_order.ts';

const none = (): string[] => [];
const firsts = (turns: { next(): string[] }, count: number): string =>
  Array.from({ length: count }, () => turns.next()[0]).join('');

describe('weighted turns', () => {
  test('put queues first by their weights, spread evenly', () => {
    const named = [
      { queue: 'a', weight: 5 },
      { queue: 'b', weight: 1 },
      { queue: 'c', weight: 1 },
    ];
    expect(firsts(createQueueTurns(named, 'weighted', none), 14)).toBe('aabacaaaabacaa');
  });

  test('name every queue each time, so that none starves while those before it are empty', () => {
    const named = [
      { queue: 'critical', weight: 6 },
      { queue: 'default', weight: 3 },
      { queue: 'low', weight: 1 },
    ];
    const turns = createQueueTurns(named, 'weighted', none);
    const counts = new Map<string, number>();
    for (let i = 0; i < 1_000; i += 1) {
      const order = turns.next();
      expect(order.toSorted()).toEqual(['critical', 'default', 'low']);
      counts.set(order[0] as string, (counts.get(order[0] as string) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ critical: 600, default: 300, low: 100 });
  });

  test('of equal weights go round, and know queues that appear and disappear', () => {
    let all = ['a', 'b'];
    const turns = createQueueTurns([{ queue: '*', weight: 1 }], 'weighted', () => all);
    expect(firsts(turns, 4)).toBe('abab');
    all = ['b', 'c'];
    expect(firsts(turns, 6).replaceAll('b', '')).toBe('ccc');
    all = [];
    expect(turns.next()).toEqual([]);
  });

  test('let `*` stand for the queues that are not named', () => {
    const named = [
      { queue: 'critical', weight: 3 },
      { queue: '*', weight: 1 },
    ];
    const turns = createQueueTurns(named, 'weighted', () => ['critical', 'x', 'y']);
    const order = Array.from({ length: 5 }, () => turns.next()[0]);
    expect(order.filter((queue) => queue === 'critical')).toHaveLength(3);
    expect(order.filter((queue) => queue === 'x' || queue === 'y').sort()).toEqual(['x', 'y']);
  });
});

describe('strict turns', () => {
  test('are always in the named order, with the others in rotation where `*` stands', () => {
    const named = ['critical', '*', 'low'].map((queue) => ({ queue, weight: 1 }));
    const turns = createQueueTurns(named, 'strict', () => ['critical', 'low', 'x', 'y']);
    const orders = [turns.next(), turns.next()];
    for (const order of orders) expect([order[0], order.at(-1)]).toEqual(['critical', 'low']);
    expect(new Set(orders.map((order) => order[1]))).toEqual(new Set(['x', 'y']));
  });
});
