import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { bits64 } from './bit_set.ts';
import { complainAt } from './cron_complaint.ts';
import type { CronSite, CronWord } from './cron_complaint.ts';
import type { DayField } from './cron_days.ts';
import { describeRange, isDayField } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';
import { drawHashed } from './cron_hash.ts';
import { readItem } from './cron_item.ts';
import type { CronItem } from './cron_item.ts';
import { valuesOfItem } from './cron_item_values.ts';
import type { ItemValues } from './cron_item_values.ts';

/** What one field asks for; `values` are its numbers, and the rest is used in the two day fields only. */
export type CronField = DayField & { readonly usesSeed: boolean };

type Draft = {
  values: Set<number>;
  fromEnd: number;
  nearest: number;
  nearestFromEnd: number;
  lastWeekdays: number;
  nthWeekdays: Set<number>;
};

/** Expressions are made of few different fields, so most are read once per process. */
const remembered = new Map<string, CronField>();
const MOST_REMEMBERED = 2_000;

/** Reads any field but the year. Throws BAD_CRON. */
export function readCronField(word: CronWord, spec: CronFieldSpec, site: CronSite): CronField {
  const key = `${spec.key} ${word.text}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const field = readNewField(word, spec, site);
  if (field.usesSeed) return field;
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, field);
  return field;
}

/** The items of a field's list, each checked. */
export function readItems(word: CronWord, spec: CronFieldSpec, site: CronSite): CronItem[] {
  if (word.text === '?' && isDayField(spec)) return [{ kind: 'plain', text: '*' }];
  let column = word.column;
  return word.text.split(',').map((text) => {
    const item = readItem(text, spec, complainAt(column, spec, site));
    column += text.length + 1;
    return item;
  });
}

/**
 * Plain items go to cron-parser one by one, and the answers are merged, because it refuses a list that names a value
 * twice (two overlapping steps), which is legal cron.
 */
function readNewField(word: CronWord, spec: CronFieldSpec, site: CronSite): CronField {
  const draft = emptyDraft();
  let usesSeed = false;
  for (const item of readItems(word, spec, site)) {
    if (item.kind === 'monthDay') addMonthDay(draft, item);
    else if (item.kind === 'values') addValues(draft, item.values, { spec, nth: 0 });
    else if (item.kind === 'hashed') {
      addValues(draft, drawHashed(item, spec.key, site.seed), { spec, nth: item.nth });
      usesSeed = true;
    } else {
      const { values, nth } = askCronParser(item.text, { spec, word, site });
      addValues(draft, values, { spec, nth });
    }
  }
  return { ...draft, values: bits64(draft.values), nthWeekdays: bits64(draft.nthWeekdays), usesSeed };
}

function emptyDraft(): Draft {
  return {
    values: new Set(),
    fromEnd: 0,
    nearest: 0,
    nearestFromEnd: 0,
    lastWeekdays: 0,
    nthWeekdays: new Set(),
  };
}

function addMonthDay(draft: Draft, { from, days, takes }: Extract<CronItem, { kind: 'monthDay' }>): void {
  if (from === 'start') draft.nearest |= 1 << days;
  else if (takes === 'that day') draft.fromEnd |= 1 << days;
  else draft.nearestFromEnd |= 1 << days;
}

type Reading = { spec: CronFieldSpec; nth: number };

function addValues(draft: Draft, values: readonly (number | string)[], { spec, nth }: Reading): void {
  for (const value of values) {
    if (typeof value === 'string') draft.lastWeekdays |= 1 << (Number(value.slice(0, -1)) % 7);
    else if (nth > 0) draft.nthWeekdays.add((value % 7) * 8 + nth);
    else draft.values.add(spec.key === 'dayOfWeek' ? value % 7 : value);
  }
}

function askCronParser(text: string, context: { spec: CronFieldSpec; word: CronWord; site: CronSite }): ItemValues {
  const { spec, word, site } = context;
  try {
    return valuesOfItem(text, spec);
  } catch (cause) {
    const error = complainAt(word.column, spec, site)(`cannot be read: ${quote(word.text)}`, describeRange(spec));
    throw new BelfryError('BAD_CRON', error.message, { field: site.field, column: word.column, cause });
  }
}
