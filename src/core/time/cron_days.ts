import type { Bits32 } from './bit_set.ts';
import { monthShape } from './cron_fields.ts';

/** What one day field asks for. */
export type DayField = {
  /** Days of the month (1–31), or weekdays (0–6). */
  readonly values: ReadonlySet<number>;
  /** `L`: the last day of the month. */
  readonly lastDay: boolean;
  /** `5L`: weekdays of which the last in the month is meant. */
  readonly lastWeekdays: ReadonlySet<number>;
  /** `5#2`: the nth of a weekday in the month, as weekday × 8 + n. */
  readonly nthWeekdays: ReadonlySet<number>;
  /** Whether the field starts with `*` or `H/`, or is `?`. */
  readonly starred: boolean;
};

/**
 * The days that match in a month of each shape, as bits 1–31.
 *
 * The two day fields meet as in Vixie cron and cronie (`find_jobs` in cron.c): a day must satisfy both when at least
 * one of them starts with a star, and either when neither does. So `0 0 1 * 1` is each first and each Monday, while a
 * star with a step does restrict: every second day-of-month together with Monday is each Monday with an odd date.
 */
export function matchDays(dayOfMonth: DayField, dayOfWeek: DayField): Bits32[] {
  const both = dayOfMonth.starred || dayOfWeek.starred;
  const masks: Bits32[] = [];
  for (let firstWeekday = 0; firstWeekday < 7; firstWeekday++) {
    for (let length = 28; length <= 31; length++) {
      let mask = 0;
      for (let day = 1; day <= length; day++) {
        const inMonth = dayOfMonth.values.has(day) || (dayOfMonth.lastDay && day === length);
        const inWeek = matchesWeek(dayOfWeek, { day, length, weekday: (firstWeekday + day - 1) % 7 });
        if (both ? inMonth && inWeek : inMonth || inWeek) mask |= 1 << day;
      }
      masks[monthShape(firstWeekday, length)] = mask;
    }
  }
  return masks;
}

function matchesWeek(
  field: DayField,
  { day, length, weekday }: { day: number; length: number; weekday: number },
): boolean {
  return (
    field.values.has(weekday) ||
    (field.lastWeekdays.has(weekday) && day + 7 > length) ||
    field.nthWeekdays.has(weekday * 8 + Math.ceil(day / 7))
  );
}
