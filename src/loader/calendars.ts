import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { BelfryError, messageOf } from '../core/errors.ts';
import type { CalendarRule } from '../core/schedule.ts';
import { compileCalendar, readCalendarName, type CalendarSpec } from '../core/time/calendar.ts';
import { shownPath, type BrokenJob } from './broken_job.ts';

/** Calendars of a jobs folder by name, and the files that gave none. */
export type CalendarSet = { calendars: ReadonlyMap<string, CalendarRule>; broken: BrokenJob[] };

/** Below the jobs folder; the underscore keeps it from being looked at for jobs. */
const CALENDAR_FOLDER = '_calendars';

const CALENDAR_FILE = /\.(?:ics|json)$/i;

/**
 * Reads `_calendars/NAME.ics` and `_calendars/NAME.json` of a jobs folder. A file that cannot be read is reported in
 * `broken` and never stops the others; a folder that is not there holds none.
 */
export async function loadCalendars(directory: string): Promise<CalendarSet> {
  const folder = path.join(directory, CALENDAR_FOLDER);
  const names = (await readdir(folder).catch(() => [])).filter((name) => CALENDAR_FILE.test(name)).toSorted();
  const calendars = new Map<string, CalendarRule>();
  const broken: BrokenJob[] = [];
  for (const file of names) {
    const name = file.replace(CALENDAR_FILE, '');
    try {
      if (calendars.has(name)) throw duplicate(name);
      calendars.set(readCalendarName(name, 'the file name'), await readCalendar(path.join(folder, file)));
    } catch (error) {
      broken.push(describe(error, { name: `${CALENDAR_FOLDER}/${name}`, file: path.join(folder, file), directory }));
    }
  }
  return { calendars, broken };
}

async function readCalendar(file: string): Promise<CalendarRule> {
  const text = await readFile(file, 'utf8');
  if (file.toLowerCase().endsWith('.json')) return compileCalendar(JSON.parse(text) as CalendarSpec);
  const { readIcs } = await import('../core/time/ics.ts'); // its parser is large, and most folders need it not
  return readIcs(text).calendar;
}

function duplicate(name: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `is the calendar "${name}" a second time`, {
    hint: 'rename or remove one of the two files',
  });
}

type Place = { name: string; file: string; directory: string };

function describe(thrown: unknown, { name, file, directory }: Place): BrokenJob {
  const { code, hint } = thrown instanceof BelfryError ? thrown : { code: 'BAD_SCHEDULE' as const, hint: undefined };
  return {
    name,
    file,
    line: undefined,
    column: undefined,
    where: shownPath(file, directory),
    code,
    reason: messageOf(thrown),
    hint:
      hint ?? 'an ICS file, or JSON such as { "dates": ["2026-12-25"], "yearly": ["01-01"], "weekdays": "SAT,SUN" }',
  };
}
