import { suggest } from '../suggest.ts';
import type { Complain } from './cron_complaint.ts';
import { describeRange, sizeOf } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';

/** First and last value of a range; `high` is beyond the field's end where it wraps around: 22 to 28 for `22-4`. */
export type Bounds = { readonly low: number; readonly high: number };

type RangeSite = { readonly spec: CronFieldSpec; readonly complain: Complain };

/** The bounds of `<from>-<to>`, which wraps around the end of the field where it runs backwards. */
export function readBounds(from: string, to: string, { spec, complain }: RangeSite): Bounds {
  const low = readValue(from, spec, complain);
  const high = readValue(to, spec, complain);
  if (low <= high) return { low, high };
  if (spec.key === 'year') {
    throw complain(`has the range ${from}-${to}, which runs backwards`, `years do not come again: ${high}-${low}`);
  }
  // `7-2` begins on the Sunday that is 0 as well.
  return spec.key === 'dayOfWeek' && low === spec.max ? { low: spec.min, high } : { low, high: high + sizeOf(spec) };
}

/** The values of a range, each `step`th, in order, those beyond the field's end taken back to its beginning. */
export function valuesBetween({ low, high, step = 1 }: Bounds & { step?: number }, spec: CronFieldSpec): number[] {
  const values: number[] = [];
  for (let value = low; value <= high; value += step) {
    values.push(value > spec.max ? ((value - spec.min) % sizeOf(spec)) + spec.min : value);
  }
  return values;
}

/** The number that a value stands for, by name or as it is. */
export function readValue(text: string, spec: CronFieldSpec, complain: Complain): number {
  const named = spec.names.indexOf(text);
  if (named >= 0) return named + spec.firstNamed;
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  if (value === undefined) {
    const meant = spec.names.find((name) => text.startsWith(name)) ?? suggest(text, spec.names);
    const problem = spec.names.length === 0 ? `takes no names, but has ${text}` : `has the unknown name ${text}`;
    throw complain(problem, meant === undefined ? describeRange(spec) : `did you mean ${meant}?`);
  }
  if (value >= spec.min && value <= spec.max) return value;
  const isYear = spec.key === 'dayOfWeek' && value >= 1_970 && value <= 2_199;
  const hint = isYear ? 'a year is the seventh field: put 0 in front, for the seconds' : describeRange(spec);
  throw complain(`has ${text}, which is out of range`, hint);
}
