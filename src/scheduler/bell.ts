import type { DurationMs } from '../core/time/units.ts';
import type { Service } from '../runtime/service.ts';
import { createWaitingLoop } from '../runtime/waiting_loop.ts';
import type { Connection } from '../store/connect.ts';
import { ringBell, waitForBell } from '../store/doorbell.ts';
import type { Shard } from '../store/shard.ts';

const WAIT_MS: DurationMs = 5_000;
/** What the bell of the leader says when there is none any more. Every replica listens at it, and one of them hears it. */
const SUCCESSION = 'succession';

/** Calls a replica to take over at once, instead of with its next try for the lock. */
export function callSuccessor(shard: Shard): Promise<void> {
  return ringBell(shard, 'leader', SUCCESSION);
}

export type LeaderBellDeps = {
  shard: { index: number; key(name: string): string };
  /** A connection of the bell's own. */
  blocking: Connection;
  onRing: () => void;
  /** The lead is free: whoever led resigned. */
  onSuccession: () => void;
  onError: (error: string) => void;
};

/** Wakes the leader of a shard when something became due earlier than it knew: a new schedule, a delayed run, a parked lane. */
export function createLeaderBell({ shard, blocking, onRing, onSuccession, onError }: LeaderBellDeps): Service {
  return createWaitingLoop({
    name: `bell of shard ${shard.index}`,
    connection: blocking,
    async step(signal) {
      const ring = await waitForBell(blocking, [shard.key('wake:leader')], WAIT_MS);
      if (ring && !signal.aborted) (ring.message === SUCCESSION ? onSuccession : onRing)();
      return 0;
    },
    onError,
  });
}
