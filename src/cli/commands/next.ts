import type { Command } from 'commander';
import type { ScheduleRule } from '../../core/schedule.ts';
import { compileRule } from '../../core/time/compile_rule.ts';
import { hasBothDayFields } from '../../core/time/cron_split.ts';
import { parseDstPolicy } from '../../core/time/dst.ts';
import { nextFireTimes } from '../../core/time/fire_times.ts';
import { localTime } from '../../core/time/local_time.ts';
import { nextTransitions } from '../../core/time/transitions.ts';
import type { EpochMs } from '../../core/time/units.ts';
import { describeRule } from '../../core/time/words.ts';
import { openZone } from '../../core/time/zone.ts';
import type { Counter } from '../counter.ts';
import type { Desk } from '../desk.ts';
import { formatDistance } from '../instants.ts';
import { readSpec, withFlagNames, withSpec, type SpecWords } from '../next_spec.ts';
import { wholeNumber } from '../options.ts';
import { readInstant } from '../read_instant.ts';
import { formatTable } from '../table.ts';

type NextWords = SpecWords & { from?: string; count: string; json?: true };

const MOST = 10_000;
const DAY_MS = 86_400_000;

/** `belfry next`: when a schedule fires. Asks no Redis. */
export function addNext(program: Command, counter: Counter): void {
  withSpec(
    program.command('next [expression]').description('the next fire times of a cron expression or another schedule'),
  )
    .option('--from <instant>', 'look from here on, such as 2026-03-29T00:00:00Z; default now')
    .option('-n, --count <n>', 'so many', '5')
    .option('--json', 'answer JSON')
    .action((expression: string | undefined, words: NextWords) => showNext(expression, words, counter));
}

function showNext(expression: string | undefined, words: NextWords, { desk }: Counter): void {
  const from = words.from === undefined ? desk.now() : readInstant(words.from, '--from');
  const count = wholeNumber(words.count, '--count', { from: 1, to: MOST });
  const spec = readSpec(expression, words);
  const { tz } = words;
  const rule = withFlagNames(() => compileRule(spec, { id: '', ...(tz !== undefined && { zone: tz }) }));
  const times = nextFireTimes(spec, { from, count, ...(tz !== undefined && { timezone: tz }) });
  const zone = rule.z ?? tz ?? 'UTC';
  if (words.json === true) {
    const next = times.map((at) => ({ at: new Date(at).toISOString(), local: localTime(at, zone).iso }));
    return desk.out(`${JSON.stringify({ next })}\n`);
  }
  desk.err(`${desk.paintErr('bold', describeRule(rule))}\n`);
  const note = noteOn(rule);
  if (note !== undefined) desk.err(`${desk.paintErr('yellow', 'note:')} ${note}\n`);
  desk.out(times.length === 0 ? `${wordsForNone(rule)}\n` : formatTimes(times, zone, desk));
}

/** What surprises many. */
function noteOn({ c, f, t }: ScheduleRule): string | undefined {
  if (f !== undefined) return 'these are estimates, as if each run took no time: it counts from the end of a run';
  if (c === undefined || !hasBothDayFields(c, parseDstPolicy(t))) return undefined;
  return 'both day fields are set: it fires on days that match either of them, as in cron';
}

function wordsForNone({ c }: ScheduleRule): string {
  return c === '@reboot' ? 'once, when a deployment is registered' : 'never again';
}

function formatTimes(times: readonly EpochMs[], zone: string, { now, paint }: Desk): string {
  const changes = changesByDay(times, zone);
  const rows = times.map((at) => {
    const { weekday, date, time, offset } = localTime(at, zone);
    return [weekday, date, time, offset, formatDistance(at, now()), paint('yellow', changes.get(date) ?? '')];
  });
  return formatTable(['DAY', 'DATE', 'TIME', 'OFFSET', '', ''], rows, paint);
}

/** Each local day with a change of the clock, and what the clock does on it: a day without some hours, or with some twice. */
function changesByDay(times: readonly EpochMs[], zone: string): ReadonlyMap<string, string> {
  const [first = 0] = times;
  const last = times.at(-1) ?? first;
  const changes = new Map<string, string>();
  let from = first - DAY_MS;
  for (;;) {
    const [change] = nextTransitions(openZone(zone), from, 1);
    if (change === undefined || change.at > last + DAY_MS) return changes;
    const [before, after] = [change.localFrom, change.localTo].map((shown) => new Date(shown).toISOString());
    const way = change.kind === 'gap' ? 'forward' : 'back';
    const text = `clock goes ${way}, ${clockOf(before)} to ${clockOf(after)}`;
    for (const shown of [before, after]) changes.set(dayOf(shown), text);
    from = change.at;
  }
}

const dayOf = (iso = ''): string => iso.slice(0, 10);
const clockOf = (iso = ''): string => iso.slice(11, 16);
