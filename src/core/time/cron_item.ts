import { suggest } from '../suggest.ts';
import type { BelfryError } from '../errors.ts';
import { describeRange, sizeOf } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';

/** Makes the error about an item: what is wrong, and what would be right. */
export type Complain = (problem: string, hint: string) => BelfryError;

const VALUE = '[A-Z]{3,9}|\\d+';
const STEPPED = new RegExp(`^(?:\\*|H(?:\\((\\d+)-(\\d+)\\))?|(${VALUE})(?:-(${VALUE}))?)(?:/(\\d+))?$`);
const LAST_WEEKDAY = new RegExp(`^(${VALUE})L$`);
const NTH_WEEKDAY = new RegExp(`^(${VALUE}|H)#(\\d+)$`);

/**
 * Checks one item of a field's list and rewrites it in the form that cron-parser reads without guessing: upper case,
 * names as numbers, `H` with the range it draws from. What Belfry does not read is refused here, so that nothing
 * reaches cron-parser that it would take for something else.
 */
export function canonicalItem(text: string, spec: CronFieldSpec, complain: Complain): string {
  const item = text.toUpperCase();
  if (item === '') throw complain('has an empty list item', 'one comma between two values');
  if (spec.key === 'dayOfMonth' && item === 'L') return item;
  if (spec.key === 'dayOfWeek') {
    const special = canonicalWeekday(item, spec, complain);
    if (special !== undefined) return special;
  }
  const match = STEPPED.exec(item);
  if (match === null) throw explainUnread(item, spec, complain);
  const step = match[5] === undefined ? undefined : Number(match[5]);
  const range = readRange(item, { match, spec, complain });
  if (step !== undefined) assertStep(step, range.size, { spec, complain });
  return range.text + (step === undefined ? '' : `/${step}`);
}

/** `5L` and `FRI#2`; undefined for anything else. */
function canonicalWeekday(item: string, spec: CronFieldSpec, complain: Complain): string | undefined {
  if (item === 'L') {
    throw complain('has L without a weekday', 'name it: 5L is the last Friday of the month, 6 is Saturday');
  }
  const last = LAST_WEEKDAY.exec(item)?.[1];
  if (last !== undefined) return `${readValue(last, spec, complain)}L`;
  const [, weekday, nth] = NTH_WEEKDAY.exec(item) ?? [];
  if (weekday === undefined) return undefined;
  if (Number(nth) < 1 || Number(nth) > 5) {
    throw complain(
      `asks for weekday number ${nth} of the month`,
      'a number from 1 to 5 after #: FRI#2 is the second Friday',
    );
  }
  return `${weekday === 'H' ? hashedRange(spec) : readValue(weekday, spec, complain)}#${Number(nth)}`;
}

type RangeContext = { match: RegExpExecArray; spec: CronFieldSpec; complain: Complain };

/** The part before the step as cron-parser takes it, and how many values it spans. */
function readRange(item: string, { match, spec, complain }: RangeContext): { text: string; size: number } {
  if (item.startsWith('*')) return { text: '*', size: sizeOf(spec) };
  if (item.startsWith('H') && match[3] === undefined) {
    if (match[1] === undefined) return { text: hashedRange(spec), size: spec.hashed.max - spec.hashed.min + 1 };
    const [low, high] = readBounds(match[1], match[2] ?? '', { match, spec, complain });
    return { text: `H(${low}-${high})`, size: high - low + 1 };
  }
  if (match[4] === undefined) {
    // `5/15` runs from 5 to the end of the field; its step is measured against the whole field, as Quartz does.
    return { text: String(readValue(match[3] ?? '', spec, complain)), size: sizeOf(spec) };
  }
  const [low, high] = readBounds(match[3] ?? '', match[4], { match, spec, complain });
  return { text: `${low}-${high}`, size: high - low + 1 };
}

function hashedRange(spec: CronFieldSpec): string {
  return `H(${spec.hashed.min}-${spec.hashed.max})`;
}

function readBounds(from: string, to: string, { spec, complain }: RangeContext): [number, number] {
  const low = readValue(from, spec, complain);
  const high = readValue(to, spec, complain);
  if (low > high) {
    throw complain(
      `has the range ${from}-${to}, which runs backwards`,
      `write it as two: ${low}-${spec.max},${spec.min}-${high}`,
    );
  }
  return [low, high];
}

function readValue(text: string, spec: CronFieldSpec, complain: Complain): number {
  const named = spec.names.indexOf(text);
  if (named >= 0) return named + spec.firstNamed;
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  if (value === undefined) {
    const meant = spec.names.find((name) => text.startsWith(name)) ?? suggest(text, spec.names);
    const problem = spec.names.length === 0 ? `takes no names, but has ${text}` : `has the unknown name ${text}`;
    throw complain(problem, meant === undefined ? describeRange(spec) : `did you mean ${meant}?`);
  }
  if (value < spec.min || value > spec.max) throw complain(`has ${text}, which is out of range`, describeRange(spec));
  return value;
}

function assertStep(step: number, size: number, { spec, complain }: { spec: CronFieldSpec; complain: Complain }): void {
  if (step >= 1 && step <= size) return;
  // cron takes */61 for "hourly": a step that never lands inside its range is a mistake, not a schedule.
  throw complain(`has the step /${step}`, `a step from 1 to ${size} here; ${describeRange(spec)}`);
}

function explainUnread(item: string, spec: CronFieldSpec, complain: Complain): BelfryError {
  const dayFields = spec.key === 'dayOfMonth' || spec.key === 'dayOfWeek';
  if (item.includes('?')) {
    return complain(
      `has ${item}`,
      dayFields ? '? stands alone in a day field' : '? is for the two day fields; write *',
    );
  }
  if (spec.key === 'dayOfMonth' && /^(\d+W|L?W)$/.test(item)) {
    return complain(`has ${item}`, 'W (nearest weekday) is not supported; L is the last day of the month');
  }
  if (spec.key === 'dayOfMonth' && /^L-\d+$/.test(item)) {
    return complain(`has ${item}`, 'an offset from the last day is not supported; L is the last day of the month');
  }
  if (/^[\dA-Z]*L$/.test(item) && !dayFields) return complain(`has ${item}`, 'L is for the two day fields');
  if (item.includes('#'))
    return complain(`has ${item}`, '# stands between a weekday and 1–5: FRI#2 is the second Friday');
  if (item.includes('~'))
    return complain(`has ${item}`, `for a spread value write H or H(${item.replaceAll('~', '-')})`);
  return complain(`has ${item}, which cron does not know`, describeRange(spec));
}
