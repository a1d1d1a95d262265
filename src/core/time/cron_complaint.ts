import { BelfryError } from '../errors.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';

export type CronSite = {
  /** The field or flag that holds the expression, as the user knows it. */
  readonly field: string;
  /** What `H` is drawn from. */
  readonly seed: string;
};

/** One field's text, in upper case, and where it starts in the expression, counted from 1. */
export type CronWord = { readonly text: string; readonly column: number };

/** Makes the error about an item: what is wrong, and what would be right. */
export type Complain = (problem: string, hint: string) => BelfryError;

/** A BAD_CRON that names the field and the column. */
export function complainAt(column: number, spec: CronFieldSpec, { field }: CronSite): Complain {
  return (problem, hint) =>
    new BelfryError('BAD_CRON', `${field}: ${spec.name} ${problem}, at column ${column}`, { field, column, hint });
}
