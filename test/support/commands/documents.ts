import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandsOf } from './shell.ts';

/**
 * A command that a document tells its readers to type. `typed`: a line of a block for a shell. `mentioned`: in the text, or in
 * a table of commands, where operands may be left out and alternatives stand side by side.
 */
export type ToldCommand = {
  kind: 'typed' | 'mentioned';
  /** `docs/runbooks/job-late.md:24`. */
  place: string;
  words: string[];
  /** Words that stand for the last ones of `words`. */
  instead?: string[];
  /** What the block is for: the last line of text before it. */
  before: string;
};

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const SHELLS = ['sh', 'bash', 'shell', 'console'];
/** Programs whose lines in the text are commands. */
const PROGRAMS = /^(?:belfry|npx|npm|helm|kubectl|docker|redis-cli|promtool|systemctl|journalctl) /;
const FENCE = /^( *)```(\w*)\n([^]*?)^ *```$/gm;
const INLINE = /(?<!`)`([^`\n]+)`(?!`)/g;

/** Paths of all documents for users, below the root. */
export function documentPaths(): string[] {
  const below = (folder: string, depth: 'flat' | 'deep'): string[] =>
    readdirSync(join(ROOT, folder), { recursive: depth === 'deep' })
      .map((name) => join(folder, String(name)))
      .filter((path) => path.endsWith('.md'));
  const found = [...below('', 'flat'), ...['docs', 'charts', 'deploy'].flatMap((folder) => below(folder, 'deep'))];
  return found.filter((path) => path !== 'CHANGELOG.md').toSorted();
}

/** Commands of a document, in order of the blocks and then of the text. */
export function commandsIn(path: string): ToldCommand[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const placeOf = (index: number): string => `${path}:${String(text.slice(0, index).split('\n').length)}`;
  const blocks = [...text.matchAll(FENCE)].map(({ 1: indent = '', 2: language = '', 3: body = '', index }) => ({
    language,
    body: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    place: placeOf(index),
    before: text.slice(0, index).trimEnd().split('\n').at(-1) ?? '',
  }));
  const told: ToldCommand[] = blocks.flatMap(({ language, body, ...where }) => {
    if (SHELLS.includes(language))
      return commandsOf(body).map((words) => ({ kind: 'typed' as const, words, ...where }));
    return language === '' ? body.split('\n').flatMap((line) => mentionedIn(line, where)) : [];
  });
  const prose = text.replaceAll(FENCE, (block) => block.replaceAll(/[^\n]/g, ' '));
  for (const { 1: span = '', index } of prose.matchAll(INLINE)) {
    told.push(...mentionedIn(span, { place: placeOf(index), before: '' }));
  }
  return told;
}

/**
 * A line of a table of commands: `belfry runs show RUN | logs RUN [-f]    what it does`. The words behind a bar stand for the
 * last ones of the command before it, be they its name or its operands; without blanks around it, for a word.
 */
function mentionedIn(line: string, where: Pick<ToldCommand, 'place' | 'before'>): ToldCommand[] {
  if (!PROGRAMS.test(line)) return [];
  // What it does comes behind two blanks, or behind the last bracket where the column is full.
  const [command = ''] = line.split(/ {2,}|(?<=\]) (?=[a-z])/);
  const [first = [], ...others] = command.split(' | ').map((part) => wordsOf(part));
  const instead = others.map((words) => ({ words: first, instead: words }));
  return [{ words: first }, ...instead].flatMap((told) =>
    spread(told.words).map((words) => ({ ...told, kind: 'mentioned' as const, words, ...where })),
  );
}

/** `JOB[@TIME]` and `[--pool NAME]...` without what says that they may be left out or repeated. */
function wordsOf(text: string): string[] {
  const plain = text.replaceAll(/(?<! )(?:\.{3}|…)/g, '').replaceAll(/[[\]]/g, '');
  return [...plain.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)].map(([all, single, double]) => single ?? double ?? all);
}

/** A command for each way to choose among words such as `list|show`. */
function spread([word, ...rest]: readonly string[]): string[][] {
  if (word === undefined) return [[]];
  const choices = word.startsWith('-') ? [word] : word.split('|');
  return choices.flatMap((choice) => spread(rest).map((words) => [choice, ...words]));
}
