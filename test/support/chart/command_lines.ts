import type { Command } from 'commander';
import type { Desk } from '../../../src/cli/desk.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { runHelm } from '../chart.ts';

/** What is wrong with the words behind `belfry`: a command or a flag that there is not; undefined where nothing is. */
export function belfryFault(words: readonly string[]): string | undefined {
  // No command is run, so the desk is not asked for anything.
  let command: Command = createProgram({ version: '' } as Desk, () => undefined);
  const known = [...command.options];
  for (const word of words) {
    const next: Command | undefined = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    command = next;
    known.push(...command.options);
  }
  if (command.parent === null) return `there is no command: belfry ${words.join(' ')}`;
  const flags = words.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/, ''));
  const unknown = flags.find((flag) => !known.some(({ long, short }) => flag === long || flag === short));
  return unknown === undefined ? undefined : `belfry ${command.name()} has no ${unknown}`;
}

const helps = new Map<string, Promise<string>>();

/** What is wrong with the words behind `helm`: a command or a long flag that this helm does not know. */
export async function helmFault([command = '', ...words]: readonly string[]): Promise<string | undefined> {
  const asked = helps.get(command) ?? runHelm([command, '--help']).then(({ stdout }) => stdout);
  helps.set(command, asked);
  const help = await asked;
  if (!help.includes(`helm ${command} `)) return `there is no command: helm ${command}`;
  const unknown = words.find((word) => word.startsWith('--') && !help.includes(` ${word.replace(/=.*/, '')} `));
  return unknown === undefined ? undefined : `helm ${command} has no ${unknown}`;
}
