import { BelfryError } from '../core/errors.ts';
import { formatSize, readSize } from '../core/size.ts';
import { parseDuration } from '../core/time/duration.ts';
import type { DurationMs } from '../core/time/units.ts';

/** One value as it was written, and the place to name in an error. */
export type Written = { value: unknown; place: string };

/** Turns what was written into the value that is used, or throws BAD_CONFIG. */
export type Reader<T> = (written: Written) => T;

/** BAD_CONFIG for a value: names the place, shows the value, says what would be right. */
export function badValue({ value, place }: Written, hint: string): BelfryError {
  return new BelfryError('BAD_CONFIG', `${place} is ${JSON.stringify(value)}`, { field: place, hint });
}

export const wholeNumber =
  (least: number, most: number): Reader<number> =>
  (written) => {
    const { value } = written;
    const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most) {
      throw badValue(written, `a whole number from ${String(least)} to ${String(most)}`);
    }
    return number;
  };

/** A duration between two others, each as users write it; the answer is in milliseconds. */
export const duration =
  (least: string, most: string): Reader<DurationMs> =>
  (written) => {
    const hint = `a duration from ${least} to ${most}, such as ${least}`;
    const ms = durationOf(written, hint);
    if (ms < parseDuration(least) || ms > parseDuration(most)) throw badValue(written, hint);
    return ms;
  };

function durationOf(written: Written, hint: string): DurationMs {
  const { value, place } = written;
  if (typeof value !== 'string' && typeof value !== 'number') throw badValue(written, hint);
  try {
    return parseDuration(value, place);
  } catch {
    throw badValue(written, hint);
  }
}

/** A size in bytes: a number, or text such as `64KiB` or `10 MB`. */
export const size =
  (least: number, most: number): Reader<number> =>
  (written) => {
    const bytes = readSize(written.value);
    if (!(bytes >= least && bytes <= most)) {
      throw badValue(written, `a size from ${formatSize(least)} to ${formatSize(most)}, such as 64KiB or 16MiB`);
    }
    return bytes;
  };

export const oneOf =
  <const Words extends readonly string[]>(words: Words): Reader<Words[number]> =>
  (written) => {
    const word = words.find((candidate) => candidate === written.value);
    if (word === undefined) throw badValue(written, `one of ${words.join(', ')}`);
    return word;
  };

/** A switch: true or false in a file, and the same words, yes, no, 1 or 0 in a variable. */
export const yesOrNo: Reader<'yes' | 'no'> = (written) => {
  const word = String(written.value).toLowerCase();
  if (['true', 'yes', '1'].includes(word)) return 'yes';
  if (['false', 'no', '0'].includes(word)) return 'no';
  throw badValue(written, 'true or false');
};

/** Text that matches `pattern`; `hint` says in words what the pattern asks. */
export const text =
  (pattern: RegExp, hint: string): Reader<string> =>
  (written) => {
    if (typeof written.value !== 'string' || !pattern.test(written.value)) throw badValue(written, hint);
    return written.value;
  };
