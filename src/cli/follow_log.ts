import type { RunsClient } from '../client/runs.ts';
import { BelfryError } from '../core/errors.ts';
import { rest } from './rest.ts';

export type FollowOptions = {
  runs: Pick<RunsClient, 'log'>;
  id: string;
  /** `follow`: goes on until the run has ended. */
  mode: 'once' | 'follow';
  /** Whole lines of JSON, as they come. */
  onLines: (lines: string[]) => void;
  /** Ends the following. */
  stop: AbortSignal;
};

const POLL_MS = 250;

/** Reads the log of a run. Throws NOT_FOUND for a run that was never seen; one that is forgotten meanwhile has ended. */
export async function followLog({ runs, id, mode, onLines, stop }: FollowOptions): Promise<void> {
  let from = 0;
  for (let seen = false; !stop.aborted; seen = true) {
    const part = await runs.log(id, from).catch((error: unknown) => {
      if (seen && error instanceof BelfryError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    if (part === undefined) return;
    from = part.nextByte;
    const lines = part.text.split('\n').filter((line) => line !== '');
    if (lines.length > 0) onLines(lines);
    if (part.done || mode === 'once') return;
    await rest(POLL_MS, stop);
  }
}
