import type { DurationMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

/** When the processes of a fleet may start, kept on shard 0. */
export type StartStore = ReturnType<typeof createStartStore>;

/** So many may start within a moment: a rolling deploy never waits. */
export const STARTS_AT_ONCE = 5;
/** The longest wait is shared by so many; a larger fleet is spread over its second half by chance. */
const PLACES = 100;

export function createStartStore(shard: Shard) {
  return {
    /** How long the caller is to wait before it registers or claims, ms, `mostMs` at the most; 0 where few start now. */
    async takeTurn(mostMs: DurationMs, random: number): Promise<DurationMs> {
      if (mostMs === 0) return 0;
      const spacingMs = Math.max(1, Math.round(mostMs / PLACES));
      return Number(await shard.run('take_start_turn', [spacingMs, STARTS_AT_ONCE, mostMs, random]));
    },
  };
}
