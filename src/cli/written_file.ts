import { BelfryError, messageOf } from '../core/errors.ts';
import type { Desk } from './desk.ts';

/** Writes what a flag asks to be written. Throws BAD_USAGE with the flag as field when the file cannot be written. */
export async function writeNamed(path: string, text: string, { desk, flag }: { desk: Desk; flag: string }) {
  try {
    await desk.writeFile(path, text);
  } catch (error) {
    throw new BelfryError('BAD_USAGE', `${path} cannot be written: ${messageOf(error)}`, {
      field: flag,
      hint: `name a file in a folder that is there: ${flag} FILE`,
      cause: error,
    });
  }
}
