import type { JobDefinition } from './definition.ts';
import { BelfryError } from './errors.ts';
import type { JobSpec } from './job.ts';
import { quote } from './quote.ts';
import { compileBounds } from './start_bounds.ts';
import { compileUnique } from './unique.ts';

const DEFAULT_MAX_SNOOZES = 100;
const MOST_SNOOZES = 1_000_000;

/** Which runs of a job there may be, and when: its defaults for enqueues. Throws BAD_JOB or BAD_DURATION, naming the field. */
export function compileStarts({
  unique,
  deadline,
  expiry,
  maxSnoozes,
}: Pick<JobSpec, 'unique' | 'deadline' | 'expiry' | 'maxSnoozes'>): Pick<
  JobDefinition,
  'unique' | 'bounds' | 'maxSnoozes'
> {
  return {
    unique: unique === undefined ? undefined : compileUnique(unique, { code: 'BAD_JOB', field: 'unique' }),
    bounds: compileBounds({ deadline, expiry }),
    maxSnoozes: readMaxSnoozes(maxSnoozes),
  };
}

function readMaxSnoozes(count: unknown): number {
  if (count === undefined) return DEFAULT_MAX_SNOOZES;
  if (Number.isInteger(count) && (count as number) >= 0 && (count as number) <= MOST_SNOOZES) return count as number;
  throw new BelfryError('BAD_JOB', `maxSnoozes is ${quote(count)}`, {
    field: 'maxSnoozes',
    hint: `a whole number from 0 to ${MOST_SNOOZES}`,
  });
}
