import type { Command } from 'commander';
import { BelfryError } from '../core/errors.ts';
import type { ExceptSpec, ScheduleSpec } from '../core/job.ts';
import { dstOfWords } from '../core/time/dst.ts';
import { wholeNumber } from './options.ts';

/** What `belfry next` is told about a schedule besides cron text. */
export type SpecWords = {
  tz?: string;
  dst?: string;
  every?: string;
  anchor?: string;
  between?: string;
  at?: string[];
  repeat?: string;
  rrule?: string;
  nth?: string;
  start?: string;
  end?: string;
  exceptDate?: string[];
  exceptWeekdays?: string;
  exceptCron?: string;
};

const MOST_NTH = 400;

/** Adds the flags that say when. */
export function withSpec(command: Command): Command {
  const collect = (word: string, words: string[] = []): string[] => [...words, word];
  return command
    .option('--tz <zone>', 'IANA time zone; default UTC')
    .option('--dst <policy>', 'vixie, cronos, quartz or kubernetes; vixie,and; or GAP,OVERLAP such as skip,both')
    .option('--every <duration>', 'instead of cron text: a fixed interval, such as 90s')
    .option('--anchor <instant>', 'with --every: what it counts from')
    .option('--between <times>', 'with --every: only in this part of each day, such as 09:00-17:00')
    .option('--at <instant>', 'instead of cron text: once, at this instant; may be given several times', collect)
    .option('--repeat <interval>', 'instead of cron text: ISO 8601, such as R10/2026-01-01T00:00:00Z/PT1H')
    .option('--rrule <text>', 'instead of cron text: RFC 5545, such as "DTSTART:20260105T090000Z RRULE:FREQ=WEEKLY"')
    .option('--nth <n>', 'only every nth, counted from --start')
    .option('--start <instant>', 'not before')
    .option('--end <instant>', 'before this instant only')
    .option('--except-date <day>', 'not on this day, such as 2026-12-25; may be given several times', collect)
    .option('--except-weekdays <days>', 'not on these days, such as SAT,SUN')
    .option('--except-cron <text>', 'not when this cron text matches');
}

/** The schedule that the words describe. Throws BAD_USAGE where they do not say when. */
export function readSpec(expression: string | undefined, words: SpecWords): ScheduleSpec {
  const { every, at, repeat, rrule, anchor, between, start, end } = words;
  if ([expression, every, at, repeat, rrule].every((word) => word === undefined)) {
    throw new BelfryError('BAD_USAGE', 'nothing says when', {
      hint: 'a cron expression such as "0 9 * * *", or one of --every, --at, --repeat and --rrule',
    });
  }
  const given = { cron: expression, every, at, repeat, rrule, anchor, between, start, end };
  const except = readExcept(words);
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, word]) => word !== undefined)) as ScheduleSpec),
    ...(words.dst !== undefined && { dst: dstOfWords(words.dst.split(',').map((word) => word.trim())) }),
    ...(words.nth !== undefined && { nth: wholeNumber(words.nth, '--nth', { from: 1, to: MOST_NTH }) }),
    ...(except !== undefined && { except }),
  };
}

function readExcept({ exceptDate, exceptWeekdays, exceptCron }: SpecWords): ExceptSpec | undefined {
  if (exceptDate === undefined && exceptWeekdays === undefined && exceptCron === undefined) return undefined;
  return {
    ...(exceptDate !== undefined && { dates: exceptDate }),
    ...(exceptWeekdays !== undefined && { weekdays: exceptWeekdays }),
    ...(exceptCron !== undefined && { cron: exceptCron }),
  };
}

const FLAGS: Readonly<Record<string, string>> = {
  cron: 'the expression',
  timezone: '--tz',
  'except.dates': '--except-date',
  'except.weekdays': '--except-weekdays',
  'except.cron': '--except-cron',
};

/** Runs the compiler, and lets its errors name flags in the place of keys. */
export function withFlagNames<Answer>(compile: () => Answer): Answer {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof BelfryError) || error.field === undefined) throw error;
    const { code, message, hint, field, column } = error;
    const key = /^schedule\.([a-z.]+)/i.exec(field)?.[1];
    if (key === undefined) throw error;
    const flag = FLAGS[key] ?? `--${key}`;
    throw new BelfryError(code, message.replace(field, flag), {
      field: flag,
      ...(hint !== undefined && { hint }),
      ...(column !== undefined && { column }),
    });
  }
}
