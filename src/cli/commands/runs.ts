import type { Command } from 'commander';
import type { RunFilter } from '../../client/runs.ts';
import { RUN_STATES } from '../../core/run.ts';
import { parseDuration } from '../../core/time/duration.ts';
import { followLog } from '../follow_log.ts';
import { runJson } from '../json_views.ts';
import { formatLogLine } from '../log_lines.ts';
import { wholeNumber, withOutput, wordOf, zoneOf, type OutputWords } from '../options.ts';
import type { Counter } from '../counter.ts';
import { describeRun, formatRunTable } from '../run_table.ts';
import { withSession } from '../with_session.ts';

const MAX_LISTED = 10_000;

type ListWords = OutputWords & { job?: string; state?: string; since?: string; limit: string };

export function addRuns(program: Command, counter: Counter): void {
  const runs = program.command('runs').description('runs, finished or not');
  withOutput(runs.command('list').description('the newest runs'))
    .option('--job <job>', 'of this job only')
    .option('--state <state>', `in this state only: ${RUN_STATES.join(', ')}`)
    .option('--since <duration>', 'finished within this long, such as 24h; unfinished runs are always shown')
    .option('--limit <n>', 'at most so many', '50')
    .action((words: ListWords) => listRuns(words, counter));
  withOutput(runs.command('show <run>').description('one run: payload, attempts, result or error')).action(
    (id: string, words: OutputWords) => showRun(id, words, counter),
  );
  withOutput(runs.command('logs <run>').description('what a run has logged'))
    .option('-f, --follow', 'go on until it has ended')
    .action((id: string, words: OutputWords & { follow?: true }) => showLog(id, words, counter));
  withOutput(runs.command('cancel <run>').description('take a waiting run away, or stop a running one')).action(
    (id: string, words: OutputWords) => cancelRun(id, words, counter),
  );
  withOutput(
    runs.command('retry <run>').description('run the job of a finished run again, with the same payload'),
  ).action((id: string, words: OutputWords) => retryRun(id, words, counter));
}

async function listRuns(words: ListWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const filter: RunFilter = {
    limit: wholeNumber(words.limit, '--limit', { from: 1, to: MAX_LISTED }),
    ...(words.job === undefined ? {} : { job: words.job }),
    ...(words.state === undefined ? {} : { state: wordOf(words.state, '--state', RUN_STATES) }),
    ...(words.since === undefined ? {} : { since: desk.now() - parseDuration(words.since, '--since') }),
  };
  const views = await withSession(counter, async ({ client }) => {
    // An unknown job has no runs, but whoever mistyped its name wants to know.
    if (words.job !== undefined) await client.jobs.get(words.job);
    return client.runs.list(filter);
  });
  if (words.json === true) desk.out(`${JSON.stringify({ runs: views.map(runJson) })}\n`);
  else if (views.length === 0) desk.out('no runs\n');
  else desk.out(formatRunTable(views, { paint: desk.paint, zone: zoneOf(words), now: desk.now() }));
}

async function showRun(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const view = await withSession(counter, ({ client }) => client.runs.get(id));
  desk.out(
    words.json === true ? `${JSON.stringify({ run: runJson(view) })}\n` : describeRun(view, zoneOf(words), desk.paint),
  );
}

async function showLog(id: string, words: OutputWords & { follow?: true }, counter: Counter): Promise<void> {
  const { desk } = counter;
  const print = (line: string): void =>
    desk.out(words.json === true ? `${line}\n` : formatLogLine(line, zoneOf(words), desk.paint));
  await withSession(counter, ({ client }) =>
    followLog({
      runs: client.runs,
      id,
      mode: words.follow === true ? 'follow' : 'once',
      onLines: (lines) => lines.forEach(print),
      stop: desk.untilStopped(),
    }),
  );
}

async function cancelRun(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const answer = await withSession(counter, ({ client }) => client.runs.cancel(id));
  const said = answer === 'cancelled' ? `${id} is cancelled` : `${id} runs; its worker was told to stop it`;
  counter.desk.out(words.json === true ? `${JSON.stringify({ run: { id, answer } })}\n` : `${said}\n`);
}

async function retryRun(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const newId = await withSession(counter, ({ client }) => client.runs.retry(id));
  counter.desk.out(words.json === true ? `${JSON.stringify({ run: { id: newId, retryOf: id } })}\n` : `${newId}\n`);
}
