import type { Command } from 'commander';
import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { suggest } from '../core/suggest.ts';
import type { ShownZone } from './instants.ts';

/** The options that every command with an answer takes. */
export type OutputWords = { json?: true; utc?: true };
export type ByWords = OutputWords & { by?: string };

/** Adds `--json` and `--utc`. */
export function withOutput(command: Command): Command {
  return command
    .option('--json', 'answer JSON')
    .option('--utc', 'show times in UTC instead of the zone of this machine');
}

/** Adds `--by`: who does it. */
export function withBy(command: Command): Command {
  return command.option('--by <who>', 'who does this; default: the user of this machine');
}

export function zoneOf({ utc }: OutputWords): ShownZone {
  return utc === true ? 'utc' : 'local';
}

/** A whole number of a flag. Throws BAD_USAGE naming it. */
export function wholeNumber(text: string, flag: string, range: { from: number; to: number }): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= range.from && number <= range.to) return number;
  throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, {
    field: flag,
    hint: `a whole number from ${range.from} to ${range.to}`,
  });
}

/** One of some words. Throws BAD_USAGE with a "did you mean". */
export function wordOf<Word extends string>(text: string, flag: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = suggest(text, words);
  throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, {
    field: flag,
    hint: near === undefined ? `one of ${words.join(', ')}` : `did you mean ${near}?`,
  });
}

/** JSON of a flag: the text itself, `@file`, or `-` for standard input. Throws BAD_USAGE naming the flag. */
export async function readJson(
  text: string,
  flag: string,
  from: { readInput(): Promise<string>; readFile(path: string): Promise<string> },
): Promise<unknown> {
  const json =
    text === '-' ? await from.readInput() : text.startsWith('@') ? await readNamed(text.slice(1), flag, from) : text;
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new BelfryError('BAD_USAGE', `${flag} is not JSON: ${(error as Error).message}`, {
      field: flag,
      hint: `such as ${flag} '{"day":"2026-01-31"}', ${flag} @file.json, or ${flag} - for standard input`,
    });
  }
}

async function readNamed(
  path: string,
  flag: string,
  from: { readFile(path: string): Promise<string> },
): Promise<string> {
  try {
    return await from.readFile(path);
  } catch (error) {
    throw new BelfryError('BAD_USAGE', `${flag}: cannot read ${path}: ${(error as Error).message}`, {
      field: flag,
      hint: 'a file that exists, after the @',
    });
  }
}
