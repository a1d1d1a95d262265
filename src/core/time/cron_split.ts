import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { CronWord } from './cron_complaint.ts';
import { VIXIE, dayMatchOf } from './dst.ts';
import type { CronFacts, DayMatch, DstPolicy } from './dst.ts';

/** The fields of an expression: the seconds are 0 where they are not written, the year any. */
export type CronWords = Readonly<Record<keyof CronFacts['fields'] | 'year', CronWord>>;

const EXAMPLE = 'minute hour day-of-month month day-of-week';
const ZERO: CronWord = { text: '0', column: 1 };
const ANY: CronWord = { text: '*', column: 1 };
const ZONE = /^\s*(?:CRON_)?TZ=(\S+)/i;

/**
 * Takes the zone off the front of `CRON_TZ=Asia/Tokyo 0 9 * * *` (or `TZ=`). Blanks stand in for it in `text`, so that
 * columns are still those of the whole. Never throws; the zone is not checked.
 */
export function splitCronZone(text: string): { zone?: string; text: string } {
  const match = ZONE.exec(text);
  if (match === null || match[1] === undefined) return { text };
  return { zone: match[1], text: ' '.repeat(match[0].length) + text.slice(match[0].length) };
}

/** The five to seven fields of an expression. `original` is what the user wrote. Throws BAD_CRON. */
export function splitFields(expanded: string, { original, field }: { original: string; field: string }): CronWords {
  const words = wordsOf(expanded);
  refuseZone(original, field);
  const found = nameWords(words);
  if (found !== undefined) return found;
  const extra = words[7];
  const where = extra === undefined ? '' : `, one too many from column ${extra.column} on`;
  throw new BelfryError('BAD_CRON', `${field} ${quote(original)} has ${words.length} fields${where}`, {
    field,
    column: extra?.column ?? 1,
    hint: `5: ${EXAMPLE}, such as "*/5 * * * *"; 6 with seconds in front; 7 with a year at the end as well`,
  });
}

/** What a policy looks at. */
export function factsOf(words: CronWords): CronFacts {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = words;
  return {
    fields: {
      second: second.text,
      minute: minute.text,
      hour: hour.text,
      dayOfMonth: dayOfMonth.text,
      month: month.text,
      dayOfWeek: dayOfWeek.text,
    },
  };
}

/** How the two day fields meet. A field that is open leaves the other one alone, whatever the policy says. */
export function dayMatchOfWords({ dayOfMonth, dayOfWeek }: CronWords, facts: CronFacts, policy: DstPolicy): DayMatch {
  return isOpen(dayOfMonth.text) || isOpen(dayOfWeek.text) ? 'and' : dayMatchOf(policy, facts);
}

/**
 * Whether both day fields restrict and either is enough, as in `0 0 1 * 1`, which surprises many. Never throws: false
 * for what is no expression.
 */
export function hasBothDayFields(text: string, policy: DstPolicy = VIXIE): boolean {
  const words = nameWords(wordsOf(splitCronZone(text).text));
  return words !== undefined && dayMatchOfWords(words, factsOf(words), policy) === 'or';
}

function isOpen(text: string): boolean {
  return text === '*' || text === '?';
}

function wordsOf(text: string): CronWord[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0].toUpperCase(), column: match.index + 1 }));
}

function nameWords(words: readonly CronWord[]): CronWords | undefined {
  if (words.length < 5 || words.length > 7) return undefined;
  const [second = ZERO, minute = ANY, hour = ANY, dayOfMonth = ANY, month = ANY, dayOfWeek = ANY, year = ANY] =
    words.length === 5 ? [ZERO, ...words] : words;
  return { second, minute, hour, dayOfMonth, month, dayOfWeek, year };
}

function refuseZone(original: string, field: string): void {
  if (!/^\s*(?:CRON_)?TZ=/i.test(original)) return;
  const { zone = 'the zone' } = splitCronZone(original);
  const column = original.search(/\S/) + 1;
  throw new BelfryError('BAD_CRON', `${field} names a zone at column ${column}`, {
    field,
    column,
    hint: `here the zone has a place of its own: take it out and set timezone: ${quote(zone)}`,
  });
}
