import type { CalendarRule, ExceptRule, WhenRule } from '../schedule.ts';
import { describeCron } from './cron_words.ts';
import { clip, joinWords, ordinal } from './day_words.ts';
import { formatDuration } from './duration.ts';
import { localTime } from './local_time.ts';
import { describePeriod } from './period_words.ts';
import type { EpochMs } from './units.ts';

export { describeCron } from './cron_words.ts';

const LONGEST = 200;
/** More instants or days than this are counted. */
const MOST_LISTED = 3;
const UTC = ', UTC';
const SAME_EACH_HOUR = /^(?:@(?:hourly|minutely|secondly)|(?:\S+ )?\S+ \* [*?] \* [*?])$/i;

/**
 * When a schedule fires, in English words, on one line of at most 200 characters:
 * `At 09:00, Monday through Friday, Europe/Berlin time`. `seed` is the schedule's id; without it an `H` is not resolved.
 * Never throws.
 */
export function describeRule(rule: WhenRule, seed?: string): string {
  const zone = rule.z ?? 'UTC';
  const limits = [
    ...(rule.n === undefined ? [] : [`only each ${ordinal(rule.n)} time`]),
    ...(rule.s === undefined ? [] : [`from ${describeInstant(rule.s, zone)} on`]),
    ...(rule.q === undefined ? [] : [`until ${describeInstant(rule.q, zone)}`]),
    ...(rule.x === undefined || rule.x.length === 0 ? [] : [`except ${joinWords(rule.x.map(describeExcept), 'and')}`]),
  ];
  const { words, zoneWords } = describeWhen(rule, seed);
  const head = words.length + zoneWords.length;
  const tail = clip(limits.map((limit) => `, ${limit}`).join(''), Math.max(LONGEST / 2, LONGEST - head));
  return clip(clip(words, LONGEST - zoneWords.length - tail.length) + zoneWords + tail, LONGEST);
}

/** The zone stands apart, so that long words are cut short before it. */
type When = { words: string; zoneWords: string };

function describeWhen(rule: WhenRule, seed: string | undefined): When {
  const { c, e, a, i, l, f, u } = rule;
  const zoneWords = rule.z === undefined ? '' : `, ${rule.z} time`;
  if (c !== undefined) return { words: describeCron(c, { seed, dst: rule.t }), zoneWords: zoneWordsOfCron(c, rule.z) };
  if (e !== undefined && rule.y !== undefined) {
    return { words: describeInterval(rule, e), zoneWords: zoneWords === '' ? UTC : zoneWords };
  }
  if (e !== undefined) return { words: describeInterval(rule, e), zoneWords: '' };
  if (a !== undefined) return { words: describeInstants(a, rule.z ?? 'UTC'), zoneWords: '' };
  if (i !== undefined) return { words: describeRepeat(i), zoneWords };
  if (l !== undefined) return { words: `By the recurrence ${JSON.stringify(oneLine(l))}`, zoneWords };
  if (f !== undefined) return { words: `${formatDuration(f)} after the end of the run before`, zoneWords: '' };
  return { words: describeUnion(u ?? [], seed), zoneWords: '' };
}

/** UTC is said only where it makes a difference: not of an expression that is the same in each zone. */
function zoneWordsOfCron(text: string, zone: string | undefined): string {
  const line = oneLine(text);
  if (/^@(?:every|reboot)/i.test(line)) return '';
  if (zone !== undefined) return `, ${zone} time`;
  return SAME_EACH_HOUR.test(line) ? '' : UTC;
}

function describeInterval(rule: WhenRule, everyMs: number): string {
  const anchor = rule.g === undefined ? '' : `, counted from ${describeInstant(rule.g, rule.z ?? 'UTC')}`;
  const between = rule.y === undefined ? '' : `, from ${timeOfDay(rule.y[0])} to ${timeOfDay(rule.y[1])} each day`;
  return `Every ${formatDuration(everyMs)}${between}${anchor}`;
}

function timeOfDay(second: number): string {
  const two = (part: number): string => String(Math.floor(part)).padStart(2, '0');
  const time = `${two(second / 3_600)}:${two((second / 60) % 60)}`;
  return second % 60 === 0 ? time : `${time}:${two(second % 60)}`;
}

function describeInstants(instants: readonly EpochMs[], zone: string): string {
  const listed = instants.slice(0, MOST_LISTED).map((at) => describeInstant(at, zone));
  const more = instants.length - listed.length;
  const times = joinWords(more > 0 ? [...listed, `${more} more`] : listed, 'and');
  return instants.length === 1 ? `Once, at ${times}` : `${instants.length} times, at ${times}`;
}

/** `R10/<start>/<period>`, the first of ten times at the start. */
function describeRepeat(text: string): string {
  const [count = '', start = '', period = ''] = text.trim().toUpperCase().split('/');
  if (count === 'R1') return `Once, at ${start}`;
  const every = `every ${describePeriod(period)}, from ${start} on`;
  return count === 'R' ? capitalize(every) : `${count.slice(1)} times, ${every}`;
}

function describeUnion(members: readonly WhenRule[], seed: string | undefined): string {
  if (members.length === 0) return 'Never';
  const words = members.map((member) => describeRule(member, seed));
  return words.map((one, index) => (index === 0 ? one : one.charAt(0).toLowerCase() + one.slice(1))).join('; and ');
}

function describeExcept(except: ExceptRule): string {
  return typeof except === 'string' ? `in calendar ${except}` : describeCalendar(except);
}

function describeCalendar({ d = [], y = [], w, c }: CalendarRule): string {
  const parts = [
    ...(d.length === 0 ? [] : [`on ${listDays(d)}`]),
    ...(y.length === 0 ? [] : [`on ${listDays(y)} of each year`]),
    ...(w === undefined ? [] : [`on ${describeWeekdays(w)}`]),
    ...(c === undefined ? [] : [`at the times of ${JSON.stringify(c)}`]),
  ];
  return joinWords(parts, 'and');
}

function listDays(days: readonly string[]): string {
  const more = days.length - MOST_LISTED;
  return joinWords(more > 0 ? [...days.slice(0, MOST_LISTED), `${more} more days`] : days, 'and');
}

/** The day-of-week field as cron writes it, in words: those of an expression that has nothing else. */
function describeWeekdays(field: string): string {
  const words = describeCron(`* * * * ${field}`);
  return words.startsWith('Every minute, ') ? words.replace(/^Every minute, (?:only )?(?:on )?/, '') : field;
}

/** `2026-03-29 03:00+02:00` in the zone; a bare number where the zone or the instant is none. */
function describeInstant(at: EpochMs, zone: string): string {
  try {
    const { date, time, offset } = localTime(at, zone);
    return `${date} ${time.replace(/:00$/, '')}${offset === '+00:00' ? 'Z' : offset}`;
  } catch {
    return String(at);
  }
}

function capitalize(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
