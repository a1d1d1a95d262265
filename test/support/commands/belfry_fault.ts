import type { Command, Option } from 'commander';
import type { Desk } from '../../../src/cli/desk.ts';
import { createProgram } from '../../../src/cli/program.ts';
import type { ToldCommand } from './documents.ts';

/** What comes behind a command and its flags. */
type Read = { command: Command; operands: string[]; fault?: string };

/**
 * What is wrong with the words behind `belfry`, judged by the program itself: an unknown command or flag, a flag without its
 * value, too few or too many operands. Where a command is only mentioned, operands may be missing.
 */
export function belfryFault(words: readonly string[], { kind, instead }: Pick<ToldCommand, 'kind' | 'instead'>) {
  const read = readWords(program, words);
  if (instead === undefined) return faultOf(read, kind);
  const above = read.command.parent ?? read.command;
  const asCommand = readWords(above, instead);
  return faultOf(asCommand.command === above ? readWords(read.command, instead) : asCommand, kind);
}

/** With all commands. None is run, so the desk is not asked for anything. */
const program = await createProgram({ version: '' } as Desk, () => undefined, []);

function readWords(from: Command, words: readonly string[]): Read {
  const read: Read = { command: from, operands: [] };
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word.startsWith('-') && word !== '-') {
      const fault = readFlag(word, left, read.command);
      if (fault !== undefined) return { ...read, fault };
      continue;
    }
    const next = read.command.commands.find((candidate) => candidate.name() === word);
    if (next !== undefined && read.operands.length === 0) read.command = next;
    else if (isGroup(read.command)) return { ...read, fault: `${pathOf(read.command)} has no command ${word}` };
    else read.operands.push(word);
  }
  return read;
}

/** Only commands may come behind it. */
const isGroup = ({ commands, registeredArguments }: Command): boolean =>
  commands.length > 0 && registeredArguments.length === 0;

/** Takes the value of a flag off the words behind it. */
function readFlag(word: string, left: string[], command: Command): string | undefined {
  const [name = '', value] = word.split(/=(.*)/s);
  if (['--help', '-h', '--version', '-V'].includes(name)) return undefined;
  const option = optionsOf(command).find(({ long, short }) => name === long || name === short);
  if (option === undefined) return `${pathOf(command)} has no ${name}`;
  if (value !== undefined) return option.required || option.optional ? undefined : `${name} takes no value`;
  if (option.required && left.shift() === undefined) return `${name} needs a value`;
  if (option.optional && left[0]?.startsWith('-') === false) left.shift();
  return undefined;
}

function optionsOf(command: Command): readonly Option[] {
  return command.parent === null ? command.options : [...command.options, ...optionsOf(command.parent)];
}

function faultOf({ command, operands, fault }: Read, kind: ToldCommand['kind']): string | undefined {
  if (fault !== undefined) return fault;
  const taken = command.registeredArguments;
  const [extra] = operands.slice(taken.length);
  if (extra !== undefined && taken.at(-1)?.variadic !== true) return `${pathOf(command)} takes no ${extra}`;
  const missing = taken[operands.length];
  return kind === 'typed' && missing?.required === true ? `${pathOf(command)} needs ${missing.name()}` : undefined;
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
