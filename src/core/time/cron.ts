import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { bits32, bits64, has32 } from './bit_set.ts';
import { expandAlias } from './cron_alias.ts';
import { matchDays } from './cron_days.ts';
import { readCronField } from './cron_field.ts';
import type { CronField, CronSite, CronWord } from './cron_field.ts';
import { CRON_FIELD_SPECS } from './cron_field_spec.ts';
import { monthShape } from './cron_fields.ts';
import type { CronFields } from './cron_fields.ts';

const LONGEST_TEXT = 256;
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Parses a cron expression: 5 fields, or 6 with seconds first; names, lists, ranges, steps, `?`, `L`, `5L`, `FRI#2`, `H`
 * drawn from `seed`; or an alias such as `@daily`. How the two day fields meet is told at `matchDays`, and what the
 * expression does when the clock changes at `DstRule`.
 *
 * Throws BAD_CRON, and nothing else, whatever the text: the message names the field and the 1-based column, the hint what
 * would be right. `field` is what the user calls the expression. Dates that can never come are refused.
 */
export function parseCron(text: string, { seed, field = 'cron' }: { seed: string; field?: string }): CronFields {
  const site: CronSite = { field, seed };
  assertText(text, field);
  const words = splitFields(expandAlias(text, field), text, field);
  const second = readAt(words, 0, site);
  const minute = readAt(words, 1, site);
  const hour = readAt(words, 2, site);
  const dayOfMonth = readAt(words, 3, site);
  const month = readAt(words, 4, site);
  const dayOfWeek = readAt(words, 5, site);
  const fields: CronFields = {
    seconds: bits64(second.values),
    minutes: bits64(minute.values),
    hours: bits32(hour.values),
    months: bits32(month.values),
    days: matchDays(dayOfMonth, dayOfWeek),
    dst: minute.starred || hour.starred ? 'elapsed' : 'wall',
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
    hint: `5 or 6 fields in ${LONGEST_TEXT} characters`,
  });
}

const EXAMPLE = 'minute hour day-of-month month day-of-week, such as "*/5 * * * *"';

function splitFields(expanded: string, original: string, field: string): CronWord[] {
  const words = [...expanded.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: match.index + 1 }));
  const first = words[0];
  if (first !== undefined && /^(?:CRON_)?TZ=/i.test(first.text)) {
    const hint = `take it out and set timezone: ${quote(first.text.slice(first.text.indexOf('=') + 1))}`;
    throw new BelfryError('BAD_CRON', `${field} names a zone at column ${first.column}`, {
      field,
      column: first.column,
      hint,
    });
  }
  if (words.length === 5) return [{ text: '0', column: 1 }, ...words];
  if (words.length === 6) return words;
  const extra = words[6];
  const where = extra === undefined ? '' : `, one too many from column ${extra.column} on`;
  const hint = words.length === 7 ? `a year field is not supported; write ${EXAMPLE}` : `5 or 6: [second] ${EXAMPLE}`;
  throw new BelfryError('BAD_CRON', `${field} ${quote(original)} has ${words.length} fields${where}`, {
    field,
    column: extra?.column ?? 1,
    hint,
  });
}

function readAt(words: readonly CronWord[], index: number, site: CronSite): CronField {
  const word = words[index];
  const spec = CRON_FIELD_SPECS[index];
  if (word === undefined || spec === undefined) throw new BelfryError('INTERNAL', `no cron field ${index}`);
  return readCronField(word, spec, site);
}

/** Whether any month of the expression, at its longest, starting on any weekday, has a day that matches. */
function canCome(fields: CronFields): boolean {
  return LONGEST_MONTH.some(
    (length, index) =>
      has32(fields.months, index + 1) &&
      [0, 1, 2, 3, 4, 5, 6].some((weekday) => (fields.days[monthShape(weekday, length)] ?? 0) !== 0),
  );
}

function neverComes(words: readonly CronWord[], field: string): BelfryError {
  const [, , , dayOfMonth, month, dayOfWeek] = words;
  const date = `day-of-month ${dayOfMonth?.text}, month ${month?.text}, day-of-week ${dayOfWeek?.text}`;
  return new BelfryError(
    'BAD_CRON',
    `${field}: no year has a date with ${quote(date)}, at column ${dayOfMonth?.column}`,
    {
      field,
      column: dayOfMonth?.column ?? 1,
      hint: 'a day that the month has: February has at most 29, April, June, September and November have 30',
    },
  );
}
