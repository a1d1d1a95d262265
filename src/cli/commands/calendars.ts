import type { Command } from 'commander';
import { calendarJson } from '../../client/json_views.ts';
import { BelfryError, messageOf } from '../../core/errors.ts';
import type { CalendarRule } from '../../core/schedule.ts';
import { compileCalendar } from '../../core/time/calendar.ts';
import type { Counter } from '../counter.ts';
import { withOutput, type OutputWords } from '../options.ts';
import type { Paint } from '../paint.ts';
import { formatFields, formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';

type SetWords = OutputWords & { date: string[]; yearly: string[]; weekdays?: string; cron?: string };

/** `belfry calendars`: days that schedules leave out by naming them. */
export function addCalendars(program: Command, counter: Counter): void {
  const calendars = program.command('calendars').description('days that schedules leave out: `except: "NAME"`');
  withOutput(calendars.command('list').description('every calendar')).action((words: OutputWords) =>
    listCalendars(words, counter),
  );
  withOutput(calendars.command('show <name>').description('what one calendar leaves out')).action(
    (name: string, words: OutputWords) => showCalendar(name, words, counter),
  );
  withOutput(calendars.command('set <name>').description('write a calendar, in the place of one of this name'))
    .option('--date <day>', 'a whole day, such as 2026-12-25; may be given several times', collect, [])
    .option('--yearly <day>', 'a day of every year, such as 12-25; may be given several times', collect, [])
    .option('--weekdays <days>', 'whole weekdays, such as SAT,SUN')
    .option('--cron <text>', 'each instant that a cron text matches')
    .action((name: string, words: SetWords) => setCalendar(name, words, counter));
  withOutput(
    calendars.command('import <file>').description('read a calendar out of an ICS file, or - for standard input'),
  )
    .requiredOption('--name <name>', 'what schedules call it')
    .action((file: string, words: OutputWords & { name: string }) => importCalendar(file, words, counter));
  withOutput(calendars.command('delete <name>').description('forget a calendar that no schedule names')).action(
    (name: string, words: OutputWords) => deleteCalendar(name, words, counter),
  );
}

const collect = (day: string, days: string[]): string[] => [...days, day];

async function listCalendars({ json }: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const calendars = [...(await withSession(counter, ({ client }) => client.calendars.list()))];
  if (json === true) {
    const told = calendars.map(([name, rule]) => calendarJson(name, rule));
    desk.out(`${JSON.stringify({ calendars: told })}\n`);
    return;
  }
  const rows = calendars.map(([name, { d = [], y = [], w = '-', c = '-' }]) => [
    desk.paint('bold', name),
    String(d.length),
    String(y.length),
    w,
    c,
  ]);
  desk.out(
    rows.length === 0
      ? 'no calendars\n'
      : formatTable(['CALENDAR', 'DATES', 'YEARLY', 'WEEKDAYS', 'CRON'], rows, desk.paint),
  );
}

async function showCalendar(name: string, { json }: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const rule = await withSession(counter, ({ client }) => client.calendars.get(name));
  desk.out(
    json === true
      ? `${JSON.stringify({ calendar: calendarJson(name, rule) })}\n`
      : describeCalendar(name, rule, desk.paint),
  );
}

function setCalendar(name: string, words: SetWords, counter: Counter): Promise<void> {
  const { date, yearly, weekdays, cron } = words;
  const rule = compileCalendar({
    dates: date,
    yearly,
    ...(weekdays === undefined ? {} : { weekdays }),
    ...(cron === undefined ? {} : { cron }),
  });
  return saveCalendar({ name, rule, ignored: [] }, words, counter);
}

async function importCalendar(file: string, words: OutputWords & { name: string }, counter: Counter): Promise<void> {
  const { desk } = counter;
  const text = file === '-' ? await desk.readInput() : await readNamed(file, counter);
  const { readIcs } = await import('../../core/time/ics.ts'); // its parser is large, and few commands need it
  const { calendar, ignored } = readIcs(text);
  return saveCalendar({ name: words.name, rule: calendar, ignored }, words, counter);
}

type Named = { name: string; rule: CalendarRule; ignored: string[] };

async function saveCalendar({ name, rule, ignored }: Named, { json }: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const { answer, replanned } = await withSession(counter, ({ client }) => client.calendars.save(name, rule));
  if (json === true) {
    desk.out(`${JSON.stringify({ calendar: { ...calendarJson(name, rule), answer, replanned, ignored } })}\n`);
    return;
  }
  for (const what of ignored) desk.err(`${desk.paintErr('yellow', 'ignored:')} ${what}\n`);
  desk.out(`${name} is ${answer}; ${replanned} schedules were planned anew\n`);
}

async function deleteCalendar(name: string, { json }: OutputWords, counter: Counter): Promise<void> {
  await withSession(counter, ({ client }) => client.calendars.delete(name));
  const told = json === true ? JSON.stringify({ calendar: { name, answer: 'deleted' } }) : `${name} is deleted`;
  counter.desk.out(`${told}\n`);
}

async function readNamed(file: string, { desk }: Counter): Promise<string> {
  try {
    return await desk.readFile(file);
  } catch (error) {
    throw new BelfryError('BAD_USAGE', `${file} cannot be read: ${messageOf(error)}`, {
      field: 'file',
      hint: 'an ICS file, or - for standard input',
    });
  }
}

function describeCalendar(name: string, { d, y, w, c }: CalendarRule, paint: Paint): string {
  return formatFields(
    [
      ['calendar', name],
      ['dates', d?.join('\n')],
      ['yearly', y?.join('\n')],
      ['weekdays', w],
      ['cron', c],
    ],
    paint,
  );
}
