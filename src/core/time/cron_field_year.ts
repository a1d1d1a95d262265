import type { CronSite, CronWord } from './cron_complaint.ts';
import { readItems } from './cron_field.ts';
import { YEAR } from './cron_field_spec.ts';
import { yearSet } from './year_set.ts';
import type { YearSet } from './year_set.ts';

const remembered = new Map<string, YearSet>();
const MOST_REMEMBERED = 500;

/** Reads the year field; undefined when it allows each year. Throws BAD_CRON. */
export function readYearField(word: CronWord, site: CronSite): YearSet | undefined {
  if (word.text === '*') return undefined;
  const known = remembered.get(word.text);
  if (known !== undefined) return known;
  const items = readItems(word, YEAR, site);
  const years = yearSet(new Set(items.flatMap((item) => (item.kind === 'values' ? item.values : []))));
  if (years === undefined) return undefined;
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(word.text, years);
  return years;
}
