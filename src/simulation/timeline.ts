import type { EpochMs } from '../core/time/units.ts';

export type Act = () => Promise<void> | void;

/** Virtual time: it stands still while something acts, and jumps to the next instant at which something is to act. */
export type Timeline = {
  now(): EpochMs;
  /** Has `act` called when the clock comes to that instant; one that has passed means now. Equal instants keep their order. */
  at(instant: EpochMs, act: Act): void;
  /** Lets everything up to that instant act, one after the other, and leaves the clock there. */
  runUntil(instant: EpochMs): Promise<void>;
};

type Entry = { at: EpochMs; order: number; act: Act };

/** `stop` ends it early: `runUntil` throws its reason. */
export function createTimeline(start: EpochMs, stop?: AbortSignal): Timeline {
  const heap: Entry[] = [];
  let now = start;
  let order = 0;
  return {
    now: () => now,
    at(instant, act) {
      push(heap, { at: Math.max(instant, now), order: (order += 1), act });
    },
    async runUntil(instant) {
      for (let first = heap[0]; first !== undefined && first.at <= instant; first = heap[0]) {
        stop?.throwIfAborted();
        pop(heap);
        now = first.at;
        await first.act();
      }
      now = Math.max(now, instant);
    },
  };
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Adds to a binary heap whose first element is the earliest. */
function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Entry;
    if (!isBefore(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

/** Drops the first element. */
function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = left + 1;
    const [leftEntry, rightEntry] = [heap[left], heap[right]];
    if (leftEntry === undefined) break;
    const child = rightEntry !== undefined && isBefore(rightEntry, leftEntry) ? right : left;
    const below = heap[child] as Entry;
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
