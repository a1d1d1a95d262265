import type { BulkFilter } from './bulk.ts';
import type { FinishedRun, Run, RunError } from './run.ts';
import type { EpochMs } from './time/units.ts';

/** Whether a run fits in everything that is told by the run itself: ids, queue, job, and the instant that counts. */
export function fitsRun({ ids, queue, job, since, until }: Omit<BulkFilter, 'states'>, run: Run, at: EpochMs): boolean {
  return (
    (queue === undefined || run.queue === queue) &&
    (job === undefined || run.job === job) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until) &&
    (ids === undefined || ids.includes(run.id))
  );
}

/** Whether the text is in the name or the message of an error. */
export function fitsError(wanted: string, error: RunError | undefined): boolean {
  return error !== undefined && `${error.name}: ${error.message}`.toLowerCase().includes(wanted.toLowerCase());
}

/** Whether a finished run fits, but for its tag. */
export function fitsFinished(filter: Omit<BulkFilter, 'states'>, { run, finishedAt, error }: FinishedRun): boolean {
  return fitsRun(filter, run, finishedAt) && (filter.error === undefined || fitsError(filter.error, error));
}
