import type { EpochMs } from '../core/time/units.ts';

/** Schedules remembered at the most: the newest ones. A failover loses about a second of writes. */
const MAX_REMEMBERED = 200_000;

export type Committed = { schedule: string; fireTime: EpochMs };

/**
 * Remembers which fire times this process has committed lately, so that one that comes up again after Redis lost the
 * commit in a failover is tagged `replayed`. Two generations: what is older than two turns is forgotten. Noting is on
 * the hot path and only appends; the index is built when a new primary makes a look-up worth while.
 */
export type CommitMemory = {
  note(committed: Committed[]): void;
  /** Redis is another process than before: from now on, for one span, look-ups answer. */
  arm(): void;
  has(schedule: string, fireTime: EpochMs): boolean;
  /** Call every half of the span that is to be remembered. */
  turn(): void;
};

export function createCommitMemory(): CommitMemory {
  let recent: Committed[][] = [];
  let older: Committed[][] = [];
  let size = 0;
  let index: Map<string, EpochMs> | undefined;
  let turnsLeft = 0;
  return {
    note(committed) {
      if (size >= MAX_REMEMBERED) size -= (older.shift() ?? recent.shift() ?? []).length;
      recent.push(committed);
      size += committed.length;
    },
    arm() {
      index = new Map();
      for (const batch of [...older, ...recent])
        for (const { schedule, fireTime } of batch) index.set(schedule, fireTime);
      turnsLeft = 2;
    },
    has: (schedule, fireTime) => index !== undefined && (index.get(schedule) ?? -1) >= fireTime,
    turn() {
      size -= older.reduce((sum, batch) => sum + batch.length, 0);
      older = recent;
      recent = [];
      turnsLeft -= 1;
      if (turnsLeft <= 0) index = undefined;
    },
  };
}
