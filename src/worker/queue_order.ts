import type { QueueOrder, WeightedQueue } from '../core/queue_weights.ts';

/** In which order a worker asks its queues. Each shard has its own, as each is asked by itself. */
export type QueueTurns = {
  /** The order of the next claim. */
  next(): string[];
};

/**
 * Weighted turns are smooth weighted round robin (as in nginx): with the weights 5, 1 and 1 the queues come first as
 * a a b a c a a, not as a a a a a b c. The others follow by how soon their own turn is. Strict turns do not change, but for
 * queues that `*` stands for, which take turns among themselves.
 *
 * `named`: as they are configured. `all`: names of the queues that `*` stands for, as they are known now.
 */
export function createQueueTurns(named: readonly WeightedQueue[], order: QueueOrder, all: () => string[]): QueueTurns {
  return order === 'strict' ? strictTurns(named, all) : weightedTurns(named, all);
}

function weightedTurns(named: readonly WeightedQueue[], all: () => string[]): QueueTurns {
  const credit = new Map<string, number>();
  return {
    next() {
      const queues = expand(named, all);
      const total = queues.reduce((sum, { weight }) => sum + weight, 0);
      for (const { queue, weight } of queues) credit.set(queue, (credit.get(queue) ?? 0) + weight);
      if (credit.size > queues.length) forgetOthers(credit, queues);
      const creditOf = ({ queue }: WeightedQueue): number => credit.get(queue) ?? 0;
      const ordered = [...queues].sort((a, b) => creditOf(b) - creditOf(a));
      const [first] = ordered;
      if (first !== undefined) credit.set(first.queue, creditOf(first) - total);
      return ordered.map(({ queue }) => queue);
    },
  };
}

function strictTurns(named: readonly WeightedQueue[], all: () => string[]): QueueTurns {
  let turn = 0;
  const own = new Set(named.map(({ queue }) => queue));
  return {
    next: () =>
      named.flatMap(({ queue }) => {
        if (queue !== '*') return [queue];
        const others = all().filter((name) => !own.has(name));
        turn = (turn + 1) % Math.max(1, others.length);
        return [...others.slice(turn), ...others.slice(0, turn)];
      }),
  };
}

/** Puts the queues that `*` stands for in its place, each with its weight. */
function expand(named: readonly WeightedQueue[], all: () => string[]): readonly WeightedQueue[] {
  if (!named.some(({ queue }) => queue === '*')) return named;
  const own = new Set(named.map(({ queue }) => queue));
  return named.flatMap(({ queue, weight }) =>
    queue === '*' ? all().flatMap((name) => (own.has(name) ? [] : [{ queue: name, weight }])) : [{ queue, weight }],
  );
}

function forgetOthers(credit: Map<string, number>, queues: readonly WeightedQueue[]): void {
  const known = new Set(queues.map(({ queue }) => queue));
  for (const queue of credit.keys()) if (!known.has(queue)) credit.delete(queue);
}
