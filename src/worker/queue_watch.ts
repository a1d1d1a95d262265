import type { DurationMs } from '../core/time/units.ts';
import type { Service } from '../runtime/service.ts';
import { createWaitingLoop } from '../runtime/waiting_loop.ts';
import type { Connection } from '../store/connect.ts';
import { ringBell, waitForBell } from '../store/doorbell.ts';
import type { Shard } from '../store/shard.ts';
import type { Feed } from './feed.ts';
import type { Slots } from './slots.ts';

/** Longest wait for a bell; then the shard is asked anyway. Polling is only the fallback. */
const WAIT_MS: DurationMs = 5_000;

export type QueueWatchDeps = {
  shard: Shard;
  blocking: Connection;
  feed: Feed;
  slots: Slots;
  queues: () => string[];
  onError: (error: string) => void;
};

/** Waits, while a worker has free slots and its shard is dry, until one of its queues has something. */
export function createQueueWatch({ shard, blocking, feed, slots, queues, onError }: QueueWatchDeps): Service {
  return createWaitingLoop({
    name: `queue watch of shard ${shard.index}`,
    connection: blocking,
    async step(signal) {
      await feed.untilDry();
      if (signal.aborted) return 0;
      const bells = new Map(queues().map((queue) => [shard.key(`wake:queue:${queue}`), `queue:${queue}`]));
      if (bells.size === 0) return WAIT_MS;
      const ring = await waitForBell(blocking, [...bells.keys()], WAIT_MS);
      if (signal.aborted) return 0;
      // One token wakes one worker: a worker that has filled up meanwhile passes it on.
      const bell = ring && bells.get(ring.key);
      if (bell !== undefined && slots.available() <= 0) await ringBell(shard, bell, ring?.message ?? '');
      else feed.ring();
      return 0;
    },
    onError,
  });
}
