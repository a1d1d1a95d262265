import { nameOfQueue, servesQueue } from '../queue_weights.ts';

/** The pools of a configuration: which queues each serves (see core/queue_weights) and how many slots it has. */
export type PoolSlots = { name: string; queues: readonly string[]; slots: number };

/** Runs of a queue that no pool serves wait for ever; a forecast shows them here. */
export const NO_POOL = '(no pool)';

/**
 * Which pools the runs of a queue go to. A pool that names the queue goes before one that takes every queue; several of
 * a kind share it evenly.
 */
export function poolsOfQueue(queue: string, pools: readonly PoolSlots[]): string[] {
  const naming = pools.filter(({ queues }) => queues.some((text) => nameOfQueue(text) === queue));
  const taking = naming.length > 0 ? naming : pools.filter(({ queues }) => servesQueue(queues, queue));
  return taking.length === 0 ? [NO_POOL] : taking.map(({ name }) => name);
}
