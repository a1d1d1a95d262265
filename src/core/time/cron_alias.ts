import { BelfryError } from '../errors.ts';
import { suggest } from '../suggest.ts';
import { parseDuration } from './duration.ts';
import type { DurationMs } from './units.ts';

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
  ['@minutely', '* * * * *'],
  ['@secondly', '* * * * * *'],
  ['@weekdays', '0 0 * * 1-5'],
  ['@weekends', '0 0 * * 0,6'],
]);

const REBOOT = /^\s*@reboot\s*$/i;
const EVERY = /^\s*@every\s+(\S.*?)\s*$/is;
/** A shorter interval would fire faster than the ticker looks. */
const SHORTEST_INTERVAL_MS = 1_000;

/** Whether the text is `@reboot`: no times of the clock, but once for each deployment. */
export function isReboot(text: string): boolean {
  return REBOOT.test(text);
}

/** The interval of `@every 90s`, in ms; undefined for any other text. Throws BAD_CRON or BAD_DURATION naming `field`. */
export function readEvery(text: string, field: string): DurationMs | undefined {
  const interval = EVERY.exec(text)?.[1];
  return interval === undefined ? undefined : assertInterval(parseDuration(interval, field), field);
}

/** Returns the interval, or throws BAD_SCHEDULE when it is under a second. */
export function assertInterval(intervalMs: DurationMs, field: string): DurationMs {
  if (Number.isSafeInteger(intervalMs) && intervalMs >= SHORTEST_INTERVAL_MS) return intervalMs;
  throw new BelfryError('BAD_SCHEDULE', `${field} is an interval of ${intervalMs} ms`, { field, hint: 'at least 1s' });
}

/** The fields that an alias such as `@Daily` stands for; any other text as it is. Throws BAD_CRON for an unknown alias. */
export function expandAlias(text: string, field: string): string {
  const word = text.trim().toLowerCase();
  if (!word.startsWith('@')) return text;
  const fields = ALIASES.get(word);
  if (fields !== undefined) return fields;
  const column = text.indexOf('@') + 1;
  throw new BelfryError(
    'BAD_CRON',
    `${field}: ${word.split(/\s/)[0]} at column ${column} is not an alias Belfry reads`,
    {
      field,
      column,
      hint: hintFor(word),
    },
  );
}

function hintFor(word: string): string {
  if (word === '@reboot')
    return '@reboot is the whole schedule, as its cron; here an expression with times of the clock is needed';
  if (word.startsWith('@every')) return 'write "@every 90s", as the whole schedule';
  const meant = suggest(word, ALIASES.keys());
  return meant === undefined ? `one of ${[...ALIASES.keys()].join(' ')} or "@every 90s"` : `did you mean ${meant}?`;
}
