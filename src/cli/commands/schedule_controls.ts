import type { Command } from 'commander';
import type { ControlAnswer, ScheduleTarget } from '../../client/control_schedules.ts';
import { BelfryError } from '../../core/errors.ts';
import type { Counter } from '../counter.ts';
import { withBy, withOutput, type ByWords, type OutputWords } from '../options.ts';
import { withSession } from '../with_session.ts';
import { pauseWordsOf, withPause, type PauseFlags } from './pause.ts';
import { filterOf, withFilter, type FilterWords } from './schedule_filter.ts';

type TargetWords = FilterWords & { all?: true };

const FAILURES_SHOWN = 20;

/** `schedules pause`, `schedules resume` and `schedules delete`: by ids, or by a filter. */
export function addScheduleControls(schedules: Command, counter: Counter): void {
  const { desk } = counter;
  withTarget(
    withPause(schedules.command('pause [schedules...]').description('keep schedules from firing, with the reason')),
  ).action((ids: string[], flags: PauseFlags & TargetWords) => {
    const [words, target] = [pauseWordsOf(flags, counter), targetOf(ids, flags)];
    return withSession(counter, async ({ client }) =>
      tell(await client.schedules.pause(target, words), { said: 'paused', words: flags, counter }),
    );
  });
  withTarget(
    withBy(withOutput(schedules.command('resume [schedules...]').description('let them fire again from now on'))),
  ).action((ids: string[], flags: ByWords & TargetWords) =>
    withSession(counter, async ({ client }) => {
      const answers = await client.schedules.resume(targetOf(ids, flags), { by: flags.by ?? desk.user });
      tell(answers, { said: 'resumed', words: flags, counter });
    }),
  );
  withTarget(
    withOutput(schedules.command('delete [schedules...]').description('remove schedules that the API keeps')),
  ).action((ids: string[], flags: OutputWords & TargetWords) =>
    withSession(counter, async ({ client }) =>
      tell(await client.schedules.delete(targetOf(ids, flags)), { said: 'deleted', words: flags, counter }),
    ),
  );
}

function withTarget(command: Command): Command {
  return withFilter(command).option('--all', 'every schedule');
}

/** Nothing is done to every schedule unless somebody says so. Throws BAD_USAGE. */
function targetOf(ids: string[], words: TargetWords): ScheduleTarget {
  const filter = filterOf(words);
  const hasFilter = Object.keys(filter).length > 0;
  if (ids.length > 0 && !hasFilter && words.all === undefined) return ids;
  if (ids.length === 0 && hasFilter !== (words.all === true)) return filter;
  throw new BelfryError('BAD_USAGE', 'which schedules?', {
    field: 'schedules',
    hint: 'ids, or one or more of --job, --tag and --search, or --all',
  });
}

type Telling = { said: string; words: OutputWords; counter: Counter };

function tell(answers: readonly ControlAnswer[], { said, words, counter }: Telling): void {
  const { desk, exit } = counter;
  const of = (word: ControlAnswer['answer']): number => answers.filter(({ answer }) => answer === word).length;
  const failed = answers.filter(({ answer }) => answer === 'missing' || answer === 'invalid');
  if (failed.length > 0) exit(failed.every(({ answer }) => answer === 'missing') ? 3 : 1);
  const counts = { [said]: of('done'), unchanged: of('unchanged'), missing: of('missing'), invalid: of('invalid') };
  if (words.json === true) {
    desk.out(`${JSON.stringify({ counts, answers })}\n`);
    return;
  }
  for (const one of failed.slice(0, FAILURES_SHOWN)) {
    const why =
      one.answer === 'invalid' ? `${one.error.message}${hintOf(one.error.hint)}` : 'there is no such schedule';
    desk.err(`${desk.paintErr('red', one.id)}: ${why}\n`);
  }
  const parts = Object.entries(counts).filter(([word, count]) => count > 0 || word === said);
  desk.out(`${parts.map(([word, count]) => `${count} ${word}`).join(', ')}\n`);
}

function hintOf(hint: string | undefined): string {
  return hint === undefined ? '' : `\n  hint: ${hint}`;
}
