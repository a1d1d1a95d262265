import cronstrue from 'cronstrue';
import type { DstRuleText } from '../schedule.ts';
import { expandAlias, isReboot, readEvery } from './cron_alias.ts';
import { canonicalCron } from './cron_canonical.ts';
import type { CanonicalCron } from './cron_canonical.ts';
import { dayMatchOfWords, factsOf, splitCronZone, splitFields } from './cron_split.ts';
import { areSimpleDays, clip, describeDays } from './day_words.ts';
import { parseDstPolicy } from './dst.ts';
import type { DayMatch } from './dst.ts';
import { formatDuration } from './duration.ts';

export type CronWordsOptions = {
  /** Id of the schedule, for `H`; without it the words only say that the times are drawn. */
  seed?: string | undefined;
  /** DST policy of the rule, which says how the two day fields meet. Default vixie. */
  dst?: DstRuleText | undefined;
};

const LONGEST = 200;
const LONGEST_QUOTE = 120;
const STYLE = { use24HourTimeFormat: true };

/**
 * A cron expression in English words, on one line of at most 200 characters: `At 09:00, Monday through Friday`. Never
 * throws: what cannot be put into words is quoted. The words are cronstrue's, but for what it has no right ones: both day
 * fields together, lists with `L`, `W` or `#`, and `H`.
 */
export function describeCron(text: string, options: CronWordsOptions = {}): string {
  const { zone, text: bare } = splitCronZone(text);
  const zoneWords = zone === undefined ? '' : clip(`, ${zone} time`, LONGEST_QUOTE / 2);
  return clip(wordsOrQuote(bare.trim(), options), LONGEST - zoneWords.length) + zoneWords;
}

function wordsOrQuote(text: string, options: CronWordsOptions): string {
  try {
    return describeBare(text, options);
  } catch {
    return `At the times of cron ${quoteCron(text)}`;
  }
}

function describeBare(text: string, { seed, dst }: CronWordsOptions): string {
  if (isReboot(text)) return 'Once for each deployment';
  const everyMs = readEvery(text, 'cron');
  if (everyMs !== undefined) return `Every ${formatDuration(everyMs)}`;
  const words = splitFields(expandAlias(text, 'cron'), { original: text, field: 'cron' });
  const canonical = canonicalCron(words, { field: 'cron', seed: seed ?? '' });
  if (canonical.usesSeed && seed === undefined) return `At times of its own, drawn for cron ${quoteCron(text)}`;
  return describeCanonical(canonical, dayMatchOfWords(words, factsOf(words), parseDstPolicy(dst)));
}

function describeCanonical({ items }: CanonicalCron, match: DayMatch): string {
  const clock = [items.second, items.minute, items.hour].map((field) => field.join(',')).join(' ');
  const months = items.month.join(',');
  const isEachYear = items.year.includes('*') || items.year.includes('1970-2199');
  const years = isEachYear ? '*' : items.year.join(',');
  if (areSimpleDays(items)) {
    const days = `${items.dayOfMonth.join(',')} ${months} ${items.dayOfWeek.join(',')}`;
    return cronstrue.toString(`${clock} ${days} ${years}`, STYLE);
  }
  // The days come between the time and the months, where cronstrue would have put them.
  const time = cronstrue.toString(`${clock} * * *`, STYLE);
  const timeAndMonths = cronstrue.toString(`${clock} * ${months} * ${years}`, STYLE);
  return `${time}, ${describeDays(items, match)}${timeAndMonths.slice(time.length)}`;
}

function quoteCron(text: string): string {
  return JSON.stringify(clip(text.replaceAll(/\s+/g, ' '), LONGEST_QUOTE));
}
