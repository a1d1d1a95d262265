import type { ScheduleEntry } from '../client/schedule_entry.ts';
import { BelfryError } from '../core/errors.ts';

/** Entries as they were written, with the line that each begins on where the text has one entry a line. */
export type WrittenEntries = { entries: ScheduleEntry[]; lineOf: (index: number) => number | undefined };

const HINT = 'one JSON object a line, or a JSON list: {"job":"poll","key":"user-42","schedule":{"every":"5m"}}';

/** Reads schedules out of NDJSON, a JSON list, or what the API takes. Throws BAD_USAGE naming the line. */
export function readEntries(text: string, place: string): WrittenEntries {
  const whole = wholeJson(text);
  if (whole !== undefined) return { entries: whole, lineOf: () => undefined };
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]));
  const entries = lines.map(({ line, number }) => readLine(line, `${place}:${number}`));
  return { entries, lineOf: (index) => lines[index]?.number };
}

/** Undefined for a text that is not JSON as a whole, such as several lines of it. */
function wholeJson(text: string): ScheduleEntry[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trimStart().startsWith('[')) throw notJson('the list', error);
    return undefined;
  }
  const inside = (value as { schedules?: unknown } | null)?.schedules;
  if (Array.isArray(inside)) return inside as ScheduleEntry[];
  if (Array.isArray(value)) return value as ScheduleEntry[];
  return text.trim().includes('\n') ? [value as ScheduleEntry] : undefined; // else it is a line, and has its number
}

function readLine(line: string, place: string): ScheduleEntry {
  try {
    return JSON.parse(line) as ScheduleEntry;
  } catch (error) {
    throw notJson(place, error);
  }
}

function notJson(place: string, error: unknown): BelfryError {
  return new BelfryError('BAD_USAGE', `${place} is not JSON: ${(error as Error).message}`, {
    field: place,
    hint: HINT,
  });
}
