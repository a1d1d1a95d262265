import { CommanderError } from 'commander';
import { BelfryError } from '../core/errors.ts';
import type { Desk } from './desk.ts';
import { asShown, exitCodeOf, tellFailure, type ExitCode } from './failure.ts';
import { createProgram } from './program.ts';

/** Runs one command line, without the names of node and the script, and answers the exit code. Never throws. */
export async function runCli(args: readonly string[], desk: Desk): Promise<ExitCode> {
  const answer: { code: ExitCode } = { code: 0 };
  try {
    const program = await createProgram(desk, (code) => (answer.code = code), args);
    await program.parseAsync(args, { from: 'user' });
    return answer.code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isHelp(thrown)) return thrown.code === 'commander.help' ? 2 : 0;
    const error = thrown instanceof CommanderError ? fromCommander(thrown) : asShown(thrown);
    tellFailure(error, desk, args.includes('--json') ? 'json' : 'text');
    return exitCodeOf(error);
  }
}

/** `commander.help` is help that was shown because a command was missing. */
function isHelp({ code }: CommanderError): boolean {
  return ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(code);
}

/** "error: unknown option '--jsn'\n(Did you mean --json?)" as a message and a hint. */
function fromCommander({ message }: CommanderError): BelfryError {
  const [first = '', ...rest] = message.split('\n');
  const near = /\(Did you mean (.+)\?\)/i.exec(rest.join(' '))?.[1];
  return new BelfryError('BAD_USAGE', first.replace(/^error: /, ''), {
    hint: near === undefined ? 'see `belfry --help`' : `did you mean ${near.replace('one of ', '')}?`,
  });
}
