import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { DayField } from './cron_days.ts';
import { canonicalItem } from './cron_item.ts';
import { valuesOfItem } from './cron_item_values.ts';
import type { ItemValues } from './cron_item_values.ts';
import { describeRange } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';

/** One field's text and where it starts in the expression. */
export type CronWord = { readonly text: string; readonly column: number };

/** What one field asks for; `values` are its numbers, and the rest is used in the two day fields only. */
export type CronField = DayField & { readonly usesSeed: boolean };

export type CronSite = {
  /** The field or flag that holds the expression, as the user knows it. */
  readonly field: string;
  /** What `H` is drawn from. */
  readonly seed: string;
};

type Draft = { [Key in 'values' | 'lastWeekdays' | 'nthWeekdays']: Set<number> } & { lastDay: boolean };

/**
 * Reads one field. cron-parser gets its items one by one and the answers are merged, because it refuses a list that
 * names a value twice (`1,1` or two overlapping steps), which is legal cron.
 */
export function readCronField(word: CronWord, spec: CronFieldSpec, site: CronSite): CronField {
  const draft: Draft = { values: new Set(), lastWeekdays: new Set(), nthWeekdays: new Set(), lastDay: false };
  const anyDay = word.text === '?' && (spec.key === 'dayOfMonth' || spec.key === 'dayOfWeek');
  const items = anyDay ? ['*'] : canonicalItems(word, spec, site);
  for (const item of items) addItem(draft, item, { spec, word, site });
  return {
    ...draft,
    starred: anyDay || /^(?:\*|H\/)/i.test(word.text),
    usesSeed: items.some((item) => item.includes('H')),
  };
}

/** The field's items without repeats; plain numbers are joined, so that a long list is one call of cron-parser. */
function canonicalItems(word: CronWord, spec: CronFieldSpec, site: CronSite): string[] {
  const numbers = new Set<string>();
  const others = new Set<string>();
  let column = word.column;
  for (const text of word.text.split(',')) {
    const complain = complainAt(column, { spec, site });
    const item = canonicalItem(text, spec, complain);
    if (/^\d+$/.test(item)) numbers.add(spec.key === 'dayOfWeek' ? String(Number(item) % 7) : item);
    else others.add(item);
    column += text.length + 1;
  }
  return numbers.size === 0 ? [...others] : [[...numbers].join(','), ...others];
}

type ItemContext = { spec: CronFieldSpec; word: CronWord; site: CronSite };

function addItem(draft: Draft, item: string, context: ItemContext): void {
  const weekdays = context.spec.key === 'dayOfWeek';
  const { values, nth } = readValues(item, context);
  for (const value of values) {
    if (value === 'L') draft.lastDay = true;
    else if (typeof value === 'string') draft.lastWeekdays.add(Number(value.slice(0, -1)) % 7);
    else if (nth > 0) draft.nthWeekdays.add((value % 7) * 8 + nth);
    else draft.values.add(weekdays ? value % 7 : value);
  }
}

function readValues(item: string, { spec, word, site }: ItemContext): ItemValues {
  try {
    return valuesOfItem(item, spec, site.seed);
  } catch (cause) {
    const error = complainAt(word.column, { spec, site })(`cannot be read: ${quote(word.text)}`, describeRange(spec));
    throw new BelfryError('BAD_CRON', error.message, { field: site.field, column: word.column, cause });
  }
}

function complainAt(column: number, { spec, site }: { spec: CronFieldSpec; site: CronSite }) {
  return (problem: string, hint: string): BelfryError =>
    new BelfryError('BAD_CRON', `${site.field}: ${spec.name} ${problem}, at column ${column}`, {
      field: site.field,
      column,
      hint,
    });
}
