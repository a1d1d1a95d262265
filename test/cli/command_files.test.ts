import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMAND_FILES, filesFor } from '../../src/cli/command_files.ts';
import type { Counter } from '../../src/cli/counter.ts';
import { ask } from '../support/desk.ts';

const namesFor = (...words: string[]): string[] => filesFor(words).flatMap(({ names }) => names);
const ALL = COMMAND_FILES.flatMap(({ names }) => names);
/** No command is run. */
const NO_COUNTER = { desk: {} } as Counter;

describe('the table of commands', () => {
  test.each(COMMAND_FILES)('says of the file of $names which commands it adds', async ({ names, load }) => {
    const program = new Command();
    (await load())(program, NO_COUNTER);
    expect(program.commands.map((command) => command.name())).toEqual(names);
  });

  test('names each command once', () => {
    expect(new Set(ALL).size).toBe(ALL.length);
  });

  test.each([
    [['jobs', 'list', '--json'], ['jobs']],
    [['--config', 'belfry.json', 'jobs', 'list'], ['jobs']],
    [['--config=belfry.json', 'jobs'], ['jobs']],
    [['unfreeze'], ['freeze', 'unfreeze', 'freezes']],
    [['--version'], []],
    [['--config', 'x', '-V'], []],
  ])('%j needs %j', (words, names) => {
    expect(namesFor(...words)).toEqual(names);
  });

  test.each([
    [[]],
    [['--help']],
    [['help', 'jobs']],
    [['jbos']],
    [['--help', 'jobs']],
    [['--config', 'jobs']],
    [['--jsno', 'jobs']],
  ])('%j needs all of them', (words) => {
    expect(namesFor(...words)).toEqual(ALL);
  });
});

describe('the help', () => {
  test('lists every command in the order of the table, however it is asked for', async () => {
    for (const words of [['--help'], ['help'], ['--help', 'jobs'], ['--config', 'x.json', '--help']]) {
      const { out } = await ask(words);
      const listed = [...out.matchAll(/^ {2}(\w+)(?: \[options\]| \[\w+\]| <\w+>)* {2,}\S/gm)].map(([, name]) => name);
      expect(listed.filter((name) => name !== 'help')).toEqual(ALL);
    }
  });

  test('of one command is the same after `help` and before `--help`', async () => {
    expect((await ask(['help', 'jobs'])).out).toBe((await ask(['jobs', '--help'])).out);
  });
});
