/** What one field of a cron expression may hold. */
export type CronFieldSpec = {
  /** As error messages call it. */
  readonly name: string;
  /** As cron-parser calls it. */
  readonly key: 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek';
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

function plain(name: string, key: CronFieldSpec['key'], min: number, max: number): CronFieldSpec {
  return { name, key, min, max, names: [], firstNamed: 0, hashed: { min, max } };
}

/** The six fields in the order in which they are written; the first is left out of a five-field expression. */
export const CRON_FIELD_SPECS: readonly CronFieldSpec[] = [
  plain('second', 'second', 0, 59),
  plain('minute', 'minute', 0, 59),
  plain('hour', 'hour', 0, 23),
  { ...plain('day-of-month', 'dayOfMonth', 1, 31), hashed: { min: 1, max: 28 } },
  { ...plain('month', 'month', 1, 12), names: MONTHS, firstNamed: 1 },
  { ...plain('day-of-week', 'dayOfWeek', 0, 7), names: WEEKDAYS, hashed: { min: 0, max: 6 } },
];

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
