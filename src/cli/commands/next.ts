import type { Command } from 'commander';
import { BelfryError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { hasBothDayFields } from '../../core/time/cron_split.ts';
import { nextFireTimes } from '../../core/time/fire_times.ts';
import { localTime } from '../../core/time/local_time.ts';
import type { EpochMs } from '../../core/time/units.ts';
import { formatDistance } from '../instants.ts';
import { wholeNumber } from '../options.ts';
import type { Paint } from '../paint.ts';
import type { Counter } from '../counter.ts';
import { formatTable } from '../table.ts';

type NextWords = { tz?: string; from?: string; count: string; json?: true };

const MOST = 10_000;

/** `belfry next`: when an expression fires. Asks no Redis. */
export function addNext(program: Command, counter: Counter): void {
  program
    .command('next <expression>')
    .description('the next fire times of a cron expression')
    .option('--tz <zone>', 'IANA time zone; default UTC')
    .option('--from <instant>', 'look from here on, such as 2026-03-29T00:00:00Z; default now')
    .option('-n, --count <n>', 'so many', '5')
    .option('--json', 'answer JSON')
    .action((expression: string, words: NextWords) => showNext(expression, words, counter));
}

function showNext(expression: string, words: NextWords, { desk }: Counter): void {
  const { tz, json } = words;
  const from = words.from === undefined ? desk.now() : readInstant(words.from);
  const count = wholeNumber(words.count, '--count', { from: 1, to: MOST });
  const times = nextFireTimes(expression, { from, count, ...(tz === undefined ? {} : { timezone: tz }) });
  const zone = tz ?? 'UTC';
  if (json === true) {
    const next = times.map((at) => ({ at: new Date(at).toISOString(), local: localTime(at, zone).iso }));
    return desk.out(`${JSON.stringify({ next })}\n`);
  }
  if (hasBothDayFields(expression)) {
    desk.err(
      `${desk.paintErr('yellow', 'note:')} both day fields are set: it fires on days that match either of them, as in cron\n`,
    );
  }
  desk.out(times.length === 0 ? 'never again\n' : formatTimes(times, { zone, now: desk.now(), paint: desk.paint }));
}

function formatTimes(times: EpochMs[], { zone, now, paint }: { zone: string; now: EpochMs; paint: Paint }): string {
  const rows = times.map((at) => {
    const { weekday, date, time, offset } = localTime(at, zone);
    return [weekday, date, time, offset, formatDistance(at, now)];
  });
  return formatTable(['DAY', 'DATE', 'TIME', 'OFFSET', ''], rows, paint);
}

/** An instant as a flag writes it: a date alone is its midnight in UTC, a time needs its offset. */
function readInstant(text: string): EpochMs {
  const isWhole = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/i.test(text);
  const at = isWhole ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new BelfryError('BAD_USAGE', `--from is ${quote(text)}`, {
    field: '--from',
    hint: 'an instant with its offset, such as 2026-03-29T00:00:00Z or 2026-03-29T02:00:00+02:00',
  });
}
