import { FIRST_YEAR, LAST_YEAR } from './year_set.ts';

/** What one field of a cron expression may hold. */
export type CronFieldSpec = {
  /** As error messages call it. */
  readonly name: string;
  /** As cron-parser calls it, which has no years. */
  readonly key: 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek' | 'year';
  readonly min: number;
  readonly max: number;
  /** Names of the values, from `firstNamed` up. */
  readonly names: readonly string[];
  readonly firstNamed: number;
  /** What `H` draws from. Days stop at 28, as in Jenkins, so that `H` comes in each month; Sunday counts once. */
  readonly hashed: { readonly min: number; readonly max: number };
};

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

type PlainSpec = Pick<CronFieldSpec, 'name' | 'key' | 'min' | 'max'>;

function plain({ name, key, min, max }: PlainSpec): CronFieldSpec {
  return { name, key, min, max, names: [], firstNamed: 0, hashed: { min, max } };
}

/** Everything but the year, in the order in which it is written; the seconds are left out of a five-field expression. */
export const SECOND = plain({ name: 'second', key: 'second', min: 0, max: 59 });
export const MINUTE = plain({ name: 'minute', key: 'minute', min: 0, max: 59 });
export const HOUR = plain({ name: 'hour', key: 'hour', min: 0, max: 23 });
export const DAY_OF_MONTH = {
  ...plain({ name: 'day-of-month', key: 'dayOfMonth', min: 1, max: 31 }),
  hashed: { min: 1, max: 28 },
};
export const MONTH = { ...plain({ name: 'month', key: 'month', min: 1, max: 12 }), names: MONTHS, firstNamed: 1 };
export const DAY_OF_WEEK = {
  ...plain({ name: 'day-of-week', key: 'dayOfWeek', min: 0, max: 7 }),
  names: WEEKDAYS,
  hashed: { min: 0, max: 6 },
};
export const YEAR = plain({ name: 'year', key: 'year', min: FIRST_YEAR, max: LAST_YEAR });

/** Whether it is one of the two fields that say which days. */
export function isDayField({ key }: CronFieldSpec): boolean {
  return key === 'dayOfMonth' || key === 'dayOfWeek';
}

/** How many different values a field has: 7 for the day of the week, where 0 and 7 are both Sunday. */
export function sizeOf(spec: CronFieldSpec): number {
  return spec.key === 'dayOfWeek' ? 7 : spec.max - spec.min + 1;
}

/** What would be right in the field, for a hint: `minute is 0–59`. */
export function describeRange(spec: CronFieldSpec): string {
  const numbers = `${spec.name} is ${spec.min}–${spec.max}`;
  if (spec.names.length === 0) return numbers;
  const names = ` or ${spec.names[0]}–${spec.names.at(-1)}`;
  return spec.key === 'dayOfWeek' ? `${numbers}${names}; 0 and 7 are both Sunday` : numbers + names;
}
