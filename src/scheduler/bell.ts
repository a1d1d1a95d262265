import type { DurationMs } from '../core/time/units.ts';
import type { Service } from '../runtime/service.ts';
import { createWaitingLoop } from '../runtime/waiting_loop.ts';
import type { Connection } from '../store/connect.ts';
import { waitForBell } from '../store/doorbell.ts';

const WAIT_MS: DurationMs = 5_000;

export type LeaderBellDeps = {
  shard: { index: number; key(name: string): string };
  /** A connection of the bell's own. */
  blocking: Connection;
  onRing: () => void;
  onError: (error: string) => void;
};

/** Wakes the leader of a shard when something became due earlier than it knew: a new schedule, a delayed run, a parked lane. */
export function createLeaderBell({ shard, blocking, onRing, onError }: LeaderBellDeps): Service {
  return createWaitingLoop({
    name: `bell of shard ${shard.index}`,
    connection: blocking,
    async step(signal) {
      const ring = await waitForBell(blocking, [shard.key('wake:leader')], WAIT_MS);
      if (ring && !signal.aborted) onRing();
      return 0;
    },
    onError,
  });
}
