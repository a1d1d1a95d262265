import { BelfryError } from '../errors.ts';

/** A schedule that is refused: `field` is the key that is wrong, `problem` goes on after its name. */
export function badSchedule(field: string, problem: string, hint: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `${field} ${problem}`, { field, hint });
}
