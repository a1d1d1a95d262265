import { has32, has64 } from './bit_set.ts';
import type { Bits32, Bits64 } from './bit_set.ts';
import { monthShape } from './cron_fields.ts';

/** What one day field asks for; a field uses the parts that its kind of day has. */
export type DayField = {
  /** Days of the month (1–31), or weekdays (0–6). */
  readonly values: Bits64;
  /** `L`, `L-3`: so many days before the last day of the month. */
  readonly fromEnd: Bits32;
  /** `15W`: the weekday (Monday to Friday) that is nearest to the day. */
  readonly nearest: Bits32;
  /** `LW`, `L-3W`: the weekday nearest to the day that is so many days before the last one. */
  readonly nearestFromEnd: Bits32;
  /** `5L`: weekdays of which the last in the month is meant. */
  readonly lastWeekdays: Bits32;
  /** `5#2`: the nth of a weekday in the month, as weekday × 8 + n. */
  readonly nthWeekdays: Bits64;
};

/** A month as far as the days in it go: the weekday it begins on (0 is Sunday), and its length. */
type MonthShape = { readonly firstWeekday: number; readonly length: number };

const SATURDAY = 6;
const SUNDAY = 0;

/** Expressions ask for few different sets of days, and each takes 28 numbers: equal ones are kept once. */
const remembered = new Map<string, readonly Bits32[]>();
const MOST_REMEMBERED = 2_000;

/** The days that match in a month of each shape, as bits 1–31; `match` says how the two day fields meet. */
export function matchDays(dayOfMonth: DayField, dayOfWeek: DayField, match: 'or' | 'and'): readonly Bits32[] {
  const key = `${keyOf(dayOfMonth)} ${keyOf(dayOfWeek)} ${match}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const masks: Bits32[] = [];
  for (let firstWeekday = 0; firstWeekday < 7; firstWeekday++) {
    for (let length = 28; length <= 31; length++) {
      const shape = { firstWeekday, length };
      const inMonth = daysOfMonth(dayOfMonth, shape);
      const inWeek = daysOfWeek(dayOfWeek, shape);
      masks[monthShape(firstWeekday, length)] = match === 'and' ? inMonth & inWeek : inMonth | inWeek;
    }
  }
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, masks);
  return masks;
}

function keyOf({ values, fromEnd, nearest, nearestFromEnd, lastWeekdays, nthWeekdays: nth }: DayField): string {
  return `${values.low} ${fromEnd} ${nearest} ${nearestFromEnd} ${lastWeekdays} ${nth.low} ${nth.high}`;
}

function daysOfMonth(field: DayField, shape: MonthShape): Bits32 {
  const { length } = shape;
  let mask = 0;
  for (let day = 1; day <= length; day++) {
    const beforeEnd = length - day;
    if (has32(field.values.low, day) || has32(field.fromEnd, beforeEnd)) mask |= 1 << day;
    if (has32(field.nearest, day) || has32(field.nearestFromEnd, beforeEnd)) mask |= 1 << nearestWeekday(day, shape);
  }
  return mask;
}

/**
 * Monday to Friday nearest to a day, without leaving its month, as in Quartz: a Saturday becomes the Friday before, but
 * the 1st becomes Monday the 3rd; a Sunday becomes the Monday after, but the last day becomes the Friday before.
 */
function nearestWeekday(day: number, shape: MonthShape): number {
  const weekday = weekdayOn(day, shape);
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1;
  if (weekday === SUNDAY) return day === shape.length ? day - 2 : day + 1;
  return day;
}

function daysOfWeek(field: DayField, shape: MonthShape): Bits32 {
  let mask = 0;
  for (let day = 1; day <= shape.length; day++) {
    const weekday = weekdayOn(day, shape);
    const matches =
      has32(field.values.low, weekday) ||
      (has32(field.lastWeekdays, weekday) && day + 7 > shape.length) ||
      has64(field.nthWeekdays, weekday * 8 + Math.ceil(day / 7));
    if (matches) mask |= 1 << day;
  }
  return mask;
}

function weekdayOn(day: number, { firstWeekday }: MonthShape): number {
  return (firstWeekday + day - 1) % 7;
}
