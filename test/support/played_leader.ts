import { createEventBus } from '../../src/core/events.ts';
import type { DurationMs } from '../../src/core/time/units.ts';
import { createBackfiller } from '../../src/scheduler/backfiller.ts';
import { createCatalogue } from '../../src/scheduler/catalogue.ts';
import { createCommitMemory } from '../../src/scheduler/commit_memory.ts';
import { createTicker } from '../../src/scheduler/ticker.ts';
import { KEEP_ALL, type TestShard } from './test_shard.ts';

/** Verdicts kept: all of them. */
export const LEDGER_COUNT = 1_000_000;

/** A leader of a test shard that has just won its election; it passes when the test says so. */
export type PlayedLeader = {
  /** One pass of its ticker. */
  tick(): Promise<DurationMs>;
  /** One pass of its backfiller. */
  release(): Promise<DurationMs>;
};

/**
 * The real ticker and backfiller under an epoch of their own: whoever led before is refused from now on.
 * `perSecond` is what BELFRY_CATCH_UP_RATE says.
 */
export async function electLeader(shard: TestShard, { perSecond }: { perSecond: number }): Promise<PlayedLeader> {
  const { epoch } = await shard.leadership.take('me', '{}');
  const term = { shard: 0, epoch, primary: 'same' as const };
  const clock = { now: () => shard.clock.now, monotonic: () => shard.clock.now };
  const deps = { ...shard, catalogue: createCatalogue(shard), clock, events: createEventBus() };
  const keep = { ledgerCount: LEDGER_COUNT, retention: KEEP_ALL };
  const ticker = createTicker({ ...deps, ...keep, memory: createCommitMemory(), onCatchUp: () => undefined });
  const backfiller = createBackfiller({ ...deps, ...keep, perSecond });
  return { tick: () => ticker.tick(term), release: () => backfiller.release(term) };
}
