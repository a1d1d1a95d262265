import type { CronSite, CronWord } from './cron_complaint.ts';
import { readItems } from './cron_field.ts';
import { DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, YEAR } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';
import { drawHashed } from './cron_hash.ts';
import type { CronItem } from './cron_item.ts';
import type { CronWords } from './cron_split.ts';

/** The items of each field as text: names as numbers, `H` as what was drawn, no item twice. */
export type CanonicalCron = {
  readonly items: Readonly<Record<keyof CronWords, readonly string[]>>;
  readonly usesSeed: boolean;
};

/** An expression in the one form that other readers of cron understand best. Throws BAD_CRON. */
export function canonicalCron(words: CronWords, site: CronSite): CanonicalCron {
  let usesSeed = false;
  const read = (word: CronWord, spec: CronFieldSpec): string[] => {
    const items = readItems(word, spec, site);
    usesSeed ||= items.some(({ kind }) => kind === 'hashed');
    const written = word.text.split(',');
    const texts = new Set(items.flatMap((item, index) => textsOf(item, written[index] ?? '', { spec, site })));
    return texts.has('*') ? ['*'] : [...texts];
  };
  const items = {
    second: read(words.second, SECOND),
    minute: read(words.minute, MINUTE),
    hour: read(words.hour, HOUR),
    dayOfMonth: read(words.dayOfMonth, DAY_OF_MONTH),
    month: read(words.month, MONTH),
    dayOfWeek: read(words.dayOfWeek, DAY_OF_WEEK),
    year: read(words.year, YEAR),
  };
  return { items, usesSeed };
}

/** `written` keeps what the item does not tell: where a range wraps around. */
function textsOf(item: CronItem, written: string, { spec, site }: { spec: CronFieldSpec; site: CronSite }): string[] {
  if (item.kind === 'hashed') {
    const drawn = drawHashed(item, spec.key, site.seed).map(String);
    return item.nth === 0 ? drawn : drawn.map((weekday) => `${weekday}#${item.nth}`);
  }
  if (item.kind === 'monthDay') return [textOfMonthDay(item)];
  if (item.kind === 'values' && item.values.length === 1) return item.values.map(String);
  if (item.kind === 'values') return [written.replace(/^(\d+)\/(\d+)$/, `$1-${spec.max}/$2`)];
  const isWholeWeek = spec.key === 'dayOfWeek' && /^(?:0-[67]|1-7)$/.test(item.text);
  return [isWholeWeek || item.text === '*/1' ? '*' : item.text];
}

function textOfMonthDay({ from, days, takes }: Extract<CronItem, { kind: 'monthDay' }>): string {
  const day = from === 'start' ? `${days}` : days === 0 ? 'L' : `L-${days}`;
  return takes === 'nearest weekday' ? `${day}W` : day;
}
