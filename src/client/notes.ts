import { BelfryError } from '../core/errors.ts';
import type { PauseNote } from '../core/freeze.ts';
import { quote } from '../core/quote.ts';
import type { EpochMs } from '../core/time/units.ts';

/** Who pauses and why. */
export type PauseWords = {
  by: string;
  note: string;
  /** It resumes by itself at this instant, epoch ms. Default: when somebody resumes it. */
  until?: EpochMs;
};

const LONGEST_NAME = 100;
const LONGEST_TEXT = 500;

/** The name of who did it. Throws BAD_USAGE. */
export function assertBy(by: unknown): string {
  return readText(by, 'by', LONGEST_NAME);
}

/** A reason in words, one line. Throws BAD_USAGE naming the field. */
export function assertText(text: unknown, field: string): string {
  return readText(text, field, LONGEST_TEXT);
}

/** The note of a pause that begins now. Throws BAD_USAGE. */
export function pauseNoteOf({ by, note, until }: PauseWords, now: EpochMs): PauseNote {
  if (until !== undefined && (!Number.isSafeInteger(until) || until <= now)) {
    throw new BelfryError('BAD_USAGE', `until is ${showInstant(until)}, which is not to come`, {
      field: 'until',
      hint: 'an instant to come (in code: epoch ms), or leave it out for a pause that somebody ends',
    });
  }
  return { at: now, by: assertBy(by), note: assertText(note, 'note'), ...(until === undefined ? {} : { until }) };
}

/** As people read it, where it is an instant at all. */
function showInstant(instant: unknown): string {
  const date = new Date(typeof instant === 'number' ? instant : NaN);
  return Number.isNaN(date.getTime()) ? quote(instant) : date.toISOString();
}

function readText(text: unknown, field: string, longest: number): string {
  const trimmed = typeof text === 'string' ? text.trim().replaceAll(/\s+/g, ' ') : '';
  if (trimmed !== '' && trimmed.length <= longest) return trimmed;
  throw new BelfryError('BAD_USAGE', `${field} is ${quote(text)}`, { field, hint: `1 to ${longest} characters` });
}
