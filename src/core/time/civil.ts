/**
 * Calendar arithmetic on plain numbers. A day is a count of days since 1970-01-01; a civil date is packed into one
 * integer, so that the search for a fire time allocates nothing.
 */

export const SECONDS_PER_DAY = 86_400;

/** Year, month and day of the month in one integer. */
export type PackedDate = number;

/**
 * Proleptic Gregorian date of a day, packed.
 * Source: `civil_from_days`, Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013; for days after year 0.
 */
export function dateOfDay(day: number): PackedDate {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays = ((dayOfEra / 1_460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const dayOfMonth = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 512 + month * 32 + dayOfMonth;
}

/**
 * The day on which a month begins, for years after 0.
 * Source: `days_from_civil`, Howard Hinnant, as above.
 */
export function firstDayOf(year: number, month: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const shiftedMonth = month <= 2 ? month + 9 : month - 3;
  const leapDays = ((shiftedYear / 4) | 0) - ((shiftedYear / 100) | 0) + ((shiftedYear / 400) | 0);
  return 365 * shiftedYear + leapDays + (((153 * shiftedMonth + 2) / 5) | 0) - 719_468;
}

export function yearOf(date: PackedDate): number {
  return date >> 9;
}

/** 1 to 12. */
export function monthOf(date: PackedDate): number {
  return (date >> 5) & 15;
}

/** 1 to 31. */
export function dayOfMonthOf(date: PackedDate): number {
  return date & 31;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** 0 is Sunday. */
export function weekdayOf(day: number): number {
  return ((day % 7) + 11) % 7;
}
