import type { DurationMs } from '../core/time/units.ts';
import type { Service } from '../runtime/service.ts';
import { createWaitingLoop } from '../runtime/waiting_loop.ts';
import type { Connection } from '../store/connect.ts';
import { ringBell, waitForBell } from '../store/doorbell.ts';
import type { Shard } from '../store/shard.ts';

const LEADER_WAIT_MS: DurationMs = 5_000;
/** How long a follower may go on listening at its own bell once it leads; until then it looks every second in any case. */
const FOLLOWER_WAIT_MS: DurationMs = 1_000;

/** Calls a follower to take over at once, instead of with its next try for the lock. */
export function callSuccessor(shard: Shard): Promise<void> {
  return ringBell(shard, 'succession', '1');
}

export type LeaderBellDeps = {
  shard: { index: number; key(name: string): string };
  /** A connection of the bell's own. */
  blocking: Connection;
  isLeading: () => boolean;
  onRing: () => void;
  /** The lead is free: whoever led resigned. */
  onSuccession: () => void;
  onError: (error: string) => void;
};

/**
 * Wakes the leader of a shard when something became due earlier than it knew: a new schedule, a delayed run, a parked lane.
 * A token wakes one listener, so followers listen at a bell of their own: they would take the leader's.
 */
export function createLeaderBell({ shard, blocking, isLeading, ...on }: LeaderBellDeps): Service {
  return createWaitingLoop({
    name: `bell of shard ${shard.index}`,
    connection: blocking,
    async step(signal) {
      const [key, waitMs] = isLeading()
        ? [shard.key('wake:leader'), LEADER_WAIT_MS]
        : [shard.key('wake:succession'), FOLLOWER_WAIT_MS];
      const ring = await waitForBell(blocking, [key], waitMs);
      if (ring && !signal.aborted) (key === shard.key('wake:leader') ? on.onRing : on.onSuccession)();
      return 0;
    },
    onError: on.onError,
  });
}
