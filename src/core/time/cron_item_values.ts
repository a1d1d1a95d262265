import { CronExpressionParser } from 'cron-parser';
import type { CronFieldSpec } from './cron_field_spec.ts';

/** What cron-parser makes of one item. */
export type ItemValues = {
  /** Numbers, `'L'` for the last day of the month, `'5L'` for a last weekday. */
  readonly values: readonly (number | string)[];
  /** Which of that weekday in the month, 1–5; 0 for each of them. */
  readonly nth: number;
};

/** The other fields while one is being read: constants, so that they cost cron-parser next to nothing. */
const NEUTRAL = { second: '0', minute: '0', hour: '0', dayOfMonth: '1', month: '1', dayOfWeek: '*' };

/** Expressions are made of few different items (`5`, `*`, `1-5`), so most are read once per process. */
const remembered = new Map<string, ItemValues>();
const MOST_REMEMBERED = 2_000;

/** The values of one canonical item (see `canonicalItem`). Throws cron-parser's own error for one that it refuses. */
export function valuesOfItem(item: string, spec: CronFieldSpec, seed: string): ItemValues {
  if (item.includes('H')) return askCronParser(item, spec, seed);
  const key = `${spec.key} ${item}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const values = askCronParser(item, spec, seed);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, values);
  return values;
}

/**
 * `H` does not depend on the other fields: cron-parser draws one number per field, in order. `currentDate` keeps it from
 * reading the clock, and the prefix from drawing at random, which it does for an empty seed. The number after `#` is kept
 * from it, because it takes none beside an `H` that has a range.
 */
function askCronParser(item: string, spec: CronFieldSpec, seed: string): ItemValues {
  const [base, nth = '0'] = item.split('#');
  const text = Object.values({ ...NEUTRAL, [spec.key]: base }).join(' ');
  const { fields } = CronExpressionParser.parse(text, { currentDate: 0, tz: 'UTC', hashSeed: `belfry:${seed}` });
  return { values: fields[spec.key].values, nth: Number(nth) };
}
