import type { DayMatch } from './dst.ts';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const NTH = ['', 'first', 'second', 'third', 'fourth', 'fifth'];

/** The items of the two day fields, in canonical form. */
export type DayItems = { readonly dayOfMonth: readonly string[]; readonly dayOfWeek: readonly string[] };

/** Whether one day field at most restricts, by something that cronstrue has right words for. */
export function areSimpleDays({ dayOfMonth, dayOfWeek }: DayItems): boolean {
  if (!isOpen(dayOfMonth) && !isOpen(dayOfWeek)) return false;
  const isSimple = (items: readonly string[], special: RegExp): boolean =>
    items.length === 1 ? !/^L-\d+W$/.test(items[0] ?? '') : !items.some((item) => special.test(item));
  return isSimple(dayOfMonth, /[LW*]/) && isSimple(dayOfWeek, /[L#*]/);
}

/** `on day 1 or the last weekday of the month or on Monday`: what the two day fields ask for; empty for each day. */
export function describeDays({ dayOfMonth, dayOfWeek }: DayItems, match: DayMatch): string {
  const month = `on ${joinWords(dayOfMonth.map(describeMonthDay), 'and')} of the month`;
  if (isOpen(dayOfWeek)) return isOpen(dayOfMonth) ? '' : month;
  const weekdays = dayOfWeek.map(describeWeekday);
  if (isOpen(dayOfMonth)) return `on ${joinWords(weekdays, 'and')}`;
  return match === 'or'
    ? `${month} or on ${joinWords(weekdays, 'and')}`
    : `${month} if that is ${joinWords(weekdays, 'or')}`;
}

/** `a, b and c`. */
export function joinWords(words: readonly string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

/** `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(count: number): string {
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}

/** The text, cut short where it is longer. */
export function clip(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, Math.max(longest - 1, 0))}…`;
}

function plural(days: string): string {
  return days === '1' ? 'day' : 'days';
}

function isOpen(items: readonly string[]): boolean {
  return items.includes('*');
}

function describeMonthDay(item: string): string {
  const nearest = item.endsWith('W');
  const day = nearest ? item.slice(0, -1) : item;
  if (day === 'L') return nearest ? 'the last weekday' : 'the last day';
  const beforeEnd = /^L-(\d+)$/.exec(day)?.[1];
  const named = beforeEnd === undefined ? `day ${day}` : `${beforeEnd} ${plural(beforeEnd)} before the last day`;
  if (nearest) return `the weekday nearest ${named}`;
  return beforeEnd === undefined ? describeSpan(day, 'day', (value) => value) : named;
}

function describeWeekday(item: string): string {
  const nth = /^(\d)#(\d)$/.exec(item);
  if (nth !== null) return `the ${NTH[Number(nth[2])]} ${nameOf(nth[1] ?? '')} of the month`;
  const last = /^(\d)L$/.exec(item)?.[1];
  if (last !== undefined) return `the last ${nameOf(last)} of the month`;
  return describeSpan(item, '', nameOf);
}

/** One value, a range, or either with a step. */
function describeSpan(item: string, unit: string, name: (value: string) => string): string {
  const [span = '', step] = item.split('/');
  const [from = '', to] = span.split('-');
  const noun = unit === '' ? '' : `${unit} `;
  const range = to === undefined ? `${noun}${name(from)}` : `${noun}${name(from)} to ${name(to)}`;
  if (step === undefined) return range;
  const every = `every ${ordinal(Number(step))} day`;
  if (span === '*') return every;
  return to === undefined ? `${every} from ${range} on` : `${every} from ${range}`;
}

/** Cron takes names as well as numbers, and leaves a range that wraps around as it was written. */
function nameOf(weekday: string): string {
  const byName = WEEKDAYS.find((name) => name.slice(0, 3).toUpperCase() === weekday);
  return byName ?? WEEKDAYS[Number(weekday)] ?? weekday;
}
