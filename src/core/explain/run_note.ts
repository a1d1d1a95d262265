import type { RunError, RunState } from '../run.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';

/** A run in short. Times are undefined where they are not reached (yet). */
export type RunNote = {
  id: string;
  state: RunState;
  fireTime: EpochMs;
  startedAt: EpochMs | undefined;
  finishedAt: EpochMs | undefined;
  worker: string | undefined;
  /** The attempt that runs or ran last; 0 before the first. */
  attempt: number;
  error: RunError | undefined;
};

/** Start less fire time, where it has started. */
export function lagOf({ fireTime, startedAt }: RunNote): DurationMs | undefined {
  return startedAt === undefined ? undefined : startedAt - fireTime;
}
