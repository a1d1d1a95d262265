/** `critical:6`: a queue and how often it is asked first, beside others. `*` is every queue that is not named. */
export type WeightedQueue = { queue: string; weight: number };

/** `weighted`: queues come first in proportion to their weights; `strict`: always in the order in which they are named. */
export type QueueOrder = 'weighted' | 'strict';

export const MOST_WEIGHT = 1_000;

/** A name alone has the weight 1. Undefined for what is neither. */
export function readWeightedQueue(text: string): WeightedQueue | undefined {
  const [, queue, weight = '1'] = /^(\*|[A-Za-z0-9_.\-/]{1,100})(?::(\d{1,4}))?$/.exec(text) ?? [];
  const number = Number(weight);
  return queue === undefined || number < 1 || number > MOST_WEIGHT ? undefined : { queue, weight: number };
}

/** Whether a worker with these queues asks for runs of one. */
export function servesQueue(queues: readonly string[], queue: string): boolean {
  return queues.some((text) => text === '*' || text.startsWith('*:') || nameOfQueue(text) === queue);
}

/** The name without its weight. */
export function nameOfQueue(text: string): string {
  const colon = text.indexOf(':');
  return colon < 0 ? text : text.slice(0, colon);
}
