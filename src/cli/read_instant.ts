import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { parseDuration } from '../core/time/duration.ts';
import { readInstant as readIsoInstant } from '../core/time/instant.ts';
import type { EpochMs } from '../core/time/units.ts';
import { openZone } from '../core/time/zone.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/i;
const EPOCH_MS = /^\d{12,14}$/;

/** An instant as a flag writes it: a date alone is its midnight in UTC, a time needs its offset. Throws BAD_USAGE. */
export function readInstant(text: string, flag: string): EpochMs {
  const at = instantOf(text);
  if (at !== undefined) return at;
  throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, {
    field: flag,
    hint: 'an instant with its offset, such as 2026-03-29T00:00:00Z or 2026-03-29T02:00:00+02:00',
  });
}

/** An instant as `readInstant` takes it, or without an offset: what the clock of a zone shows. Throws BAD_SCHEDULE. */
export function readLocalInstant(text: string, flag: string, timezone: string): EpochMs {
  return EPOCH_MS.test(text) ? Number(text) : readIsoInstant(text.replace(' ', 'T'), openZone(timezone), flag);
}

/** An instant, or how long from now: `2h`. Throws BAD_USAGE. */
export function readDeadline(text: string, flag: string, now: EpochMs): EpochMs {
  const at = instantOf(text);
  if (at !== undefined) return at;
  try {
    return now + parseDuration(text, flag);
  } catch {
    throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, {
      field: flag,
      hint: 'a length of time such as 2h, or an instant with its offset such as 2026-03-29T00:00:00Z',
    });
  }
}

function instantOf(text: string): EpochMs | undefined {
  if (EPOCH_MS.test(text)) return Number(text);
  const at = INSTANT.test(text) ? Date.parse(text.replace(' ', 'T')) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
