import type { Complain } from './cron_complaint.ts';
import { describeRange, sizeOf } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';
import type { Hashed } from './cron_hash.ts';
import { explainUnread } from './cron_item_hints.ts';
import { readBounds, readValue, valuesBetween } from './cron_item_range.ts';

/** One item of a field's list, checked. */
export type CronItem =
  /** What cron-parser reads without guessing: names as numbers, nothing that it would take for something else. */
  | { readonly kind: 'plain'; readonly text: string }
  /** Single values, and what cron-parser cannot read: ranges that wrap around, and years. */
  | { readonly kind: 'values'; readonly values: readonly number[] }
  /** `H`; `nth` is the number after `#`, 0 where there is none. */
  | ({ readonly kind: 'hashed'; readonly nth: number } & Hashed)
  /** `L`, `L-3`, `15W`, `LW`, `L-3W`: a day counted from one end of the month, or the weekday nearest to it. */
  | { readonly kind: 'monthDay'; readonly from: 'start' | 'end'; readonly days: number; readonly takes: DayTaken };

type DayTaken = 'that day' | 'nearest weekday';

const VALUE = '[A-Z]{3,9}|\\d+';
const RANGE = `(${VALUE})-(${VALUE})`;
const STEPPED = new RegExp(`^(?:\\*|(H)(?:\\(${RANGE}\\))?|${RANGE}|(${VALUE}))(?:/(\\d+))?$`);
const DAY_FROM_END = /^L(?:-(\d{1,2}))?(W?)$/;
const NEAREST_WEEKDAY = /^(\d{1,2})W$/;
const LAST_WEEKDAY = new RegExp(`^(${VALUE})L$`);
const NTH_WEEKDAY = new RegExp(`^(${VALUE}|H)#(\\d+)$`);

/** Reads one item, in upper case. What Belfry does not read is refused here, with `complain`. */
export function readItem(item: string, spec: CronFieldSpec, complain: Complain): CronItem {
  if (item === '') throw complain('has an empty list item', 'one comma between two values');
  const special = readSpecial(item, spec, complain);
  if (special !== undefined) return special;
  const match = STEPPED.exec(item);
  if (match === null) throw explainUnread(item, spec, complain);
  const [, hash, hashFrom, hashTo, from, to, single, stepText] = match;
  const site = { spec, complain, step: stepText === undefined ? undefined : Number(stepText) };
  if (hash !== undefined) return readHashed(hashFrom, hashTo, site);
  if (from !== undefined && to !== undefined) return readRange(from, to, site);
  return readOpen(single, site);
}

function readSpecial(item: string, spec: CronFieldSpec, complain: Complain): CronItem | undefined {
  if (spec.key === 'dayOfMonth') return readMonthDay(item, spec, complain);
  return spec.key === 'dayOfWeek' ? readWeekday(item, spec, complain) : undefined;
}

function readMonthDay(item: string, spec: CronFieldSpec, complain: Complain): CronItem | undefined {
  const nearest = NEAREST_WEEKDAY.exec(item)?.[1];
  if (nearest !== undefined) {
    return { kind: 'monthDay', from: 'start', days: readValue(nearest, spec, complain), takes: 'nearest weekday' };
  }
  const match = DAY_FROM_END.exec(item);
  if (match === null) return undefined;
  const days = Number(match[1] ?? 0);
  if (days > 30) throw complain(`has ${item}`, 'at most 30 days before the last day of the month: L-30');
  return { kind: 'monthDay', from: 'end', days, takes: match[2] === '' ? 'that day' : 'nearest weekday' };
}

/** `5L` and `FRI#2`; undefined for anything else. */
function readWeekday(item: string, spec: CronFieldSpec, complain: Complain): CronItem | undefined {
  if (item === 'L') {
    throw complain('has L without a weekday', 'name it: 5L is the last Friday of the month, 6 is Saturday');
  }
  const last = LAST_WEEKDAY.exec(item)?.[1];
  if (last !== undefined) return { kind: 'plain', text: `${readValue(last, spec, complain)}L` };
  const [, weekday, nthText] = NTH_WEEKDAY.exec(item) ?? [];
  if (weekday === undefined) return undefined;
  const nth = Number(nthText);
  if (nth < 1 || nth > 5) {
    throw complain(
      `asks for weekday number ${nthText} of the month`,
      'a number from 1 to 5 after #: FRI#2 is the second Friday',
    );
  }
  if (weekday === 'H') return { kind: 'hashed', range: rangeOfHash(spec), step: undefined, nth };
  return { kind: 'plain', text: `${readValue(weekday, spec, complain)}#${nth}` };
}

type StepSite = { spec: CronFieldSpec; complain: Complain; step: number | undefined };

/** `H`, `H/15`, `H(0-29)/10`. */
function readHashed(from: string | undefined, to: string | undefined, site: StepSite): CronItem {
  const { spec, complain, step } = site;
  if (spec.key === 'year') throw complain('has H', 'H is for the other fields; a year is written out: 2027-2030');
  const isWhole = from === undefined || to === undefined;
  const range = isWhole ? rangeOfHash(spec) : valuesBetween(readBounds(from, to, site), spec);
  assertStep(step, range.length, site);
  return { kind: 'hashed', range, step, nth: 0 };
}

function rangeOfHash({ hashed }: CronFieldSpec): number[] {
  return Array.from({ length: hashed.max - hashed.min + 1 }, (_, index) => hashed.min + index);
}

/** `1-5`, `22-4`, `0-30/10`. A step goes on counting where a range wraps around. */
function readRange(from: string, to: string, site: StepSite): CronItem {
  const { spec, step } = site;
  const bounds = readBounds(from, to, site);
  assertStep(step, bounds.high - bounds.low + 1, site);
  if (bounds.high > spec.max || spec.key === 'year') {
    return { kind: 'values', values: valuesBetween({ ...bounds, step: step ?? 1 }, spec) };
  }
  return { kind: 'plain', text: `${bounds.low}-${bounds.high}${stepTextOf(step)}` };
}

/** A star or one value; with a step `5/15` runs from 5 to the end of the field. */
function readOpen(single: string | undefined, site: StepSite): CronItem {
  const { spec, complain, step } = site;
  const value = single === undefined ? undefined : readValue(single, spec, complain);
  // The step of `5/15` is measured against the whole field, as Quartz does.
  assertStep(step, sizeOf(spec), site);
  if (spec.key === 'year') {
    const low = value ?? spec.min;
    const high = value === undefined || step !== undefined ? spec.max : value;
    return { kind: 'values', values: valuesBetween({ low, high, step: step ?? 1 }, spec) };
  }
  if (value !== undefined && step === undefined) return { kind: 'values', values: [value] };
  return { kind: 'plain', text: `${value ?? '*'}${stepTextOf(step)}` };
}

function stepTextOf(step: number | undefined): string {
  return step === undefined ? '' : `/${step}`;
}

function assertStep(step: number | undefined, size: number, { spec, complain }: StepSite): void {
  if (step === undefined || (step >= 1 && step <= size)) return;
  // cron takes */61 for "hourly": a step that never lands inside its range is a mistake, not a schedule.
  throw complain(`has the step /${step}`, `a step from 1 to ${size} here; ${describeRange(spec)}`);
}
