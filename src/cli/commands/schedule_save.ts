import type { Command } from 'commander';
import type { SaveAnswer } from '../../client/save_schedules.ts';
import { BelfryError, messageOf } from '../../core/errors.ts';
import type { Counter } from '../counter.ts';
import type { Desk } from '../desk.ts';
import { readEntries, type WrittenEntries } from '../entry_lines.ts';
import { withOutput, wordOf, type OutputWords } from '../options.ts';
import { withSession } from '../with_session.ts';

const MODES = ['create', 'update', 'upsert'] as const;
const WORDS = ['created', 'updated', 'unchanged', 'exists', 'missing', 'invalid'] as const;
/** Entries that the mode does not allow, and bad ones: the command has failed for them. */
const FAILED: readonly string[] = ['exists', 'missing', 'invalid'];
const FAILURES_SHOWN = 20;

/** `schedules save`. */
export function addScheduleSave(schedules: Command, counter: Counter): void {
  withOutput(
    schedules
      .command('save <file>')
      .description(
        'create or change schedules, thousands at once: NDJSON or a JSON list in a file, or - for standard input',
      ),
  )
    .option('--mode <mode>', `what may happen to each: ${MODES.join(', ')}`, 'upsert')
    .action((file: string, words: OutputWords & { mode: string }) => saveSchedules(file, words, counter));
}

async function saveSchedules(file: string, words: OutputWords & { mode: string }, counter: Counter): Promise<void> {
  const { desk, exit } = counter;
  const mode = wordOf(words.mode, '--mode', MODES);
  const written = readEntries(await readText(file, desk), file === '-' ? 'line' : file);
  const answers = await withSession(counter, ({ client }) => client.schedules.save(written.entries, mode));
  const failed = answers.filter(({ answer }) => FAILED.includes(answer));
  if (failed.length > 0) exit(1);
  const counts = Object.fromEntries(
    WORDS.map((word) => [word, answers.filter(({ answer }) => answer === word).length]),
  );
  if (words.json === true) {
    const told = answers.map((answer) => ({ ...answer, line: written.lineOf(answer.index) ?? null }));
    desk.out(`${JSON.stringify({ counts, answers: told })}\n`);
    return;
  }
  for (const answer of failed.slice(0, FAILURES_SHOWN)) desk.err(describeFailed(answer, written, desk));
  if (failed.length > FAILURES_SHOWN) desk.err(`and ${failed.length - FAILURES_SHOWN} more; --json tells each\n`);
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  desk.out(said.length === 0 ? 'nothing to save\n' : `${said.map(([word, count]) => `${count} ${word}`).join(', ')}\n`);
}

async function readText(file: string, desk: Desk): Promise<string> {
  if (file === '-') return desk.readInput();
  try {
    return await desk.readFile(file);
  } catch (error) {
    throw new BelfryError('BAD_USAGE', `${file} cannot be read: ${messageOf(error)}`, {
      field: 'file',
      hint: 'a file of NDJSON or a JSON list, or - for standard input',
    });
  }
}

function describeFailed(answer: SaveAnswer, { lineOf }: WrittenEntries, { paintErr }: Desk): string {
  const line = lineOf(answer.index);
  const place = `${line === undefined ? `entry ${answer.index + 1}` : `line ${line}`}${answer.id === undefined ? '' : ` (${answer.id})`}`;
  if (answer.answer !== 'invalid') return `${paintErr('red', place)}: ${answer.answer}\n`;
  const { message, hint } = answer.error;
  return `${paintErr('red', place)}: ${message}${hint === undefined ? '' : `\n  ${paintErr('yellow', 'hint:')} ${hint}`}\n`;
}
