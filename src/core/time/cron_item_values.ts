import { CronExpressionParser } from 'cron-parser';
import { BelfryError } from '../errors.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';

/** What cron-parser makes of an item. */
export type ItemValues = {
  /** Numbers, `'5L'` for a last weekday. */
  readonly values: readonly (number | string)[];
  /** Which of that weekday in the month, 1–5; 0 for each of them. */
  readonly nth: number;
};

/** The other fields while one is being read: constants, so that they cost cron-parser next to nothing. */
const NEUTRAL = { second: '0', minute: '0', hour: '0', dayOfMonth: '1', month: '1', dayOfWeek: '*' };

/** Lists are made of few different items (`*`, `1-5`), so most are read once per process. */
const remembered = new Map<string, ItemValues>();
const MOST_REMEMBERED = 2_000;

/** The values of a plain item (see `CronItem`). Throws cron-parser's own error for what it refuses. */
export function valuesOfItem(item: string, { key }: CronFieldSpec): ItemValues {
  if (key === 'year') throw new BelfryError('INTERNAL', 'cron-parser has no years');
  const name = `${key} ${item}`;
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const values = askCronParser(item, key);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(name, values);
  return values;
}

/** `currentDate` keeps cron-parser from reading the clock, and the seed from drawing at random. */
function askCronParser(item: string, key: Exclude<CronFieldSpec['key'], 'year'>): ItemValues {
  const text = Object.values({ ...NEUTRAL, [key]: item }).join(' ');
  const { fields } = CronExpressionParser.parse(text, { currentDate: 0, tz: 'UTC', hashSeed: 'unused' });
  return { values: fields[key].values, nth: fields.dayOfWeek.nthDay };
}
