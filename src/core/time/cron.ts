import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { has32 } from './bit_set.ts';
import { daysInMonth, firstDayOf, weekdayOf } from './civil.ts';
import { expandAlias } from './cron_alias.ts';
import type { CronSite } from './cron_complaint.ts';
import { matchDays } from './cron_days.ts';
import { readCronField } from './cron_field.ts';
import { DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND } from './cron_field_spec.ts';
import { readYearField } from './cron_field_year.ts';
import { monthShape } from './cron_fields.ts';
import type { CronFields } from './cron_fields.ts';
import { dayMatchOfWords, factsOf, splitFields } from './cron_split.ts';
import type { CronWords } from './cron_split.ts';
import { VIXIE, dstRuleOf } from './dst.ts';
import type { DstPolicy } from './dst.ts';
import { FIRST_YEAR, LAST_YEAR, yearAtOrAfter } from './year_set.ts';
import type { YearSet } from './year_set.ts';

const LONGEST_TEXT = 256;
const LEAP_AND_COMMON_YEAR = [2_000, 2_001];
const MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];

export type CronOptions = {
  /** What `H` is drawn from: the id of the schedule. */
  seed: string;
  /** What the user calls the expression. Default `cron`. */
  field?: string;
  /** How the two day fields meet, and what the expression does when the clock changes. Default vixie. */
  dst?: DstPolicy;
};

/**
 * Parses a cron expression: 5 fields, 6 with seconds first, or 7 with a year last; names, lists, ranges (which may wrap
 * around, `FRI-MON`), steps, `?`, `L`, `L-3`, `15W`, `LW`, `5L`, `FRI#2`, `H` drawn from `seed`; or an alias such as `@daily`.
 *
 * Throws BAD_CRON, and nothing else, whatever the text: the message names the field and the 1-based column, the hint what
 * would be right. Dates that can never come are refused; so are `@reboot` and a zone in front, which are read before.
 */
export function parseCron(text: string, { seed, field = 'cron', dst = VIXIE }: CronOptions): CronFields {
  const site: CronSite = { field, seed };
  assertText(text, field);
  const words = splitFields(expandAlias(text, field), { original: text, field });
  const second = readCronField(words.second, SECOND, site);
  const minute = readCronField(words.minute, MINUTE, site);
  const hour = readCronField(words.hour, HOUR, site);
  const dayOfMonth = readCronField(words.dayOfMonth, DAY_OF_MONTH, site);
  const month = readCronField(words.month, MONTH, site);
  const dayOfWeek = readCronField(words.dayOfWeek, DAY_OF_WEEK, site);
  const facts = factsOf(words);
  const fields: CronFields = {
    seconds: second.values,
    minutes: minute.values,
    hours: hour.values.low,
    months: month.values.low,
    days: matchDays(dayOfMonth, dayOfWeek, dayMatchOfWords(words, facts, dst)),
    years: readYearField(words.year, site),
    dst: dstRuleOf(dst, facts),
    usesSeed: [second, minute, hour, dayOfMonth, month, dayOfWeek].some((part) => part.usesSeed),
  };
  if (!canCome(fields)) throw neverComes(words, field);
  return fields;
}

function assertText(text: unknown, field: string): asserts text is string {
  if (typeof text === 'string' && text.length <= LONGEST_TEXT) return;
  const problem = typeof text === 'string' ? `is ${text.length} characters long` : `is ${quote(text)}, not text`;
  throw new BelfryError('BAD_CRON', `${field} ${problem}`, {
    field,
    hint: `5 to 7 fields in ${LONGEST_TEXT} characters`,
  });
}

function canCome({ months, days, years }: CronFields): boolean {
  if (years !== undefined) return canComeIn(years, { months, days });
  // Over the years each month begins on each weekday, February in both its lengths.
  return LEAP_AND_COMMON_YEAR.some((year) =>
    MONTHS.some(
      (month) =>
        has32(months, month) &&
        WEEKDAYS.some((weekday) => (days[monthShape(weekday, daysInMonth(year, month))] ?? 0) !== 0),
    ),
  );
}

function canComeIn(years: YearSet, { months, days }: Pick<CronFields, 'months' | 'days'>): boolean {
  for (let year = yearAtOrAfter(years, FIRST_YEAR); year <= LAST_YEAR; year = yearAtOrAfter(years, year + 1)) {
    const comes = MONTHS.some((month) => {
      const shape = monthShape(weekdayOf(firstDayOf(year, month)), daysInMonth(year, month));
      return has32(months, month) && (days[shape] ?? 0) !== 0;
    });
    if (comes) return true;
  }
  return false;
}

function neverComes({ dayOfMonth, month, dayOfWeek, year }: CronWords, field: string): BelfryError {
  const parts = [`day-of-month ${dayOfMonth.text}`, `month ${month.text}`, `day-of-week ${dayOfWeek.text}`];
  if (year.text !== '*') parts.push(`year ${year.text}`);
  const { column } = dayOfMonth;
  return new BelfryError(
    'BAD_CRON',
    `${field}: no year has a date with ${quote(parts.join(', '))}, at column ${column}`,
    {
      field,
      column,
      hint: 'a day that the month has: February has at most 29 (28 but for leap years), April, June, September and November have 30',
    },
  );
}
