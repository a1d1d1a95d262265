import type { EpochMs } from './time/units.ts';

/** A span in which no schedule of the namespace fires, said by a person. Kept on every shard in the key `freezes`. */
export type Freeze = {
  id: string;
  from: EpochMs;
  /** Undefined while nobody has said when it ends. */
  until?: EpochMs;
  by: string;
  why: string;
  /** Who lifted it, at `until`; left out where it runs to the end that was said. */
  liftedBy?: string;
};

/** Why a schedule is paused. Kept in the hash `paused`, schedule id -> JSON. */
export type PauseNote = {
  at: EpochMs;
  by: string;
  note: string;
  /** It resumes by itself then. */
  until?: EpochMs;
};
