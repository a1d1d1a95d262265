import type { EpochMs } from '../core/time/units.ts';

/**
 * Remembers which fire times this process has committed lately, so that one that comes up again after Redis lost the
 * commit in a failover is tagged `replayed`. Two generations: what is older than two turns is forgotten.
 */
export type CommitMemory = {
  note(schedule: string, fireTime: EpochMs): void;
  has(schedule: string, fireTime: EpochMs): boolean;
  /** Call every half of the span that is to be remembered. */
  turn(): void;
};

export function createCommitMemory(): CommitMemory {
  let recent = new Map<string, EpochMs>();
  let older = new Map<string, EpochMs>();
  return {
    note: (schedule, fireTime) => void recent.set(schedule, fireTime),
    has: (schedule, fireTime) => (recent.get(schedule) ?? older.get(schedule) ?? -1) >= fireTime,
    turn() {
      older = recent;
      recent = new Map();
    },
  };
}
