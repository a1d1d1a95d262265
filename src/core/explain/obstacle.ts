import type { OverlapPolicy } from '../job.ts';
import type { EpochMs } from '../time/units.ts';
import type { RunNote } from './run_note.ts';

/** Something that keeps a schedule from firing, or a fire time from making a run that starts. Each is a stored fact. */
export type Obstacle =
  | { kind: 'paused'; by: string; note: string; since: EpochMs; until: EpochMs | undefined }
  | { kind: 'frozen'; by: string; why: string; from: EpochMs; until: EpochMs | undefined }
  /** The scheduler cannot plan it. */
  | { kind: 'taken-out'; message: string; hint: string | undefined }
  /** No scheduler leads the shard of the job. */
  | { kind: 'no-leader'; shard: number }
  /** Runs of the schedule live; what that means for the next fire time is the overlap policy's. */
  | { kind: 'blocked'; by: RunNote[]; since: EpochMs; overlap: Exclude<OverlapPolicy, 'allow'> }
  /** Fixed delay: the next fire time is set when the run ends. */
  | { kind: 'follows'; run: RunNote | undefined; delayMs: number }
  | { kind: 'ended'; made: number | undefined }
  /** Missed fire times that are released one after the other. */
  | { kind: 'catching-up'; backfill: string; from: EpochMs; to: EpochMs; released: number };
