import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { RunView } from '../../client/runs.ts';
import { BelfryError } from '../../core/errors.ts';
import type { EnqueueOptions, Json } from '../../core/job.ts';
import type { EnqueueOutcome } from '../../core/unique.ts';
import { enqueueOptionsOf, withEnqueueFlags, type EnqueueWords } from '../enqueue_flags.ts';
import { followLog } from '../follow_log.ts';
import { runJson } from '../json_views.ts';
import { formatLogLine } from '../log_lines.ts';
import { readJson, withOutput, zoneOf, type OutputWords } from '../options.ts';
import type { Counter } from '../counter.ts';
import { withSession } from '../with_session.ts';

type RunWords = OutputWords & EnqueueWords & { payload?: string; force?: true; wait?: true };

export function addJobsRun(jobs: Command, counter: Counter): void {
  withEnqueueFlags(withOutput(jobs.command('run <job>').description('start a run of a job, or of any schedule, now')))
    .option('--payload <json>', 'its payload: JSON, @file, or - for standard input; default: the one of its schedule')
    .option('--force', 'whatever its overlap policy says while a run of the schedule lives')
    .option('--wait', 'show its log until it has ended; exit 1 unless it succeeded')
    .action((job: string, words: RunWords) =>
      withSession(counter, ({ client }) => runJob(job, { words, counter, client })),
    );
}

type Asked = { words: RunWords; counter: Counter; client: Client };

async function runJob(job: string, asked: Asked): Promise<void> {
  const { words, counter, client } = asked;
  const { desk } = counter;
  const payload =
    words.payload === undefined ? undefined : ((await readJson(words.payload, '--payload', desk)) as Json);
  const options = enqueueOptionsOf(words);
  if (options !== undefined) return enqueueRun(job, { payload, options }, asked);
  const answer = await client.jobs.trigger(job, {
    ...(payload === undefined ? {} : { payload }),
    overlap: words.force === true ? 'override' : 'honour',
  });
  if (answer.answer === 'overlap') {
    throw new BelfryError(
      'ALREADY_RUNNING',
      `${job} was not started: its run ${answer.liveRun} still lives, and its overlap policy allows no other`,
      {
        field: 'job',
        hint: `start it beside that one with --force, or see \`belfry runs show ${answer.liveRun}\``,
      },
    );
  }
  if (answer.answer === 'held') desk.err(`it waits for ${answer.behind.join(', ')}, as its overlap policy says\n`);
  if (words.wait === true) return waitFor(answer.runId, asked);
  desk.out(words.json === true ? `${JSON.stringify({ run: { id: answer.runId, job } })}\n` : `${answer.runId}\n`);
}

/** A run that is its own: it is enqueued beside the schedule, whose overlap policy does not count it. */
async function enqueueRun(
  job: string,
  { payload, options }: { payload: Json | undefined; options: EnqueueOptions },
  asked: Asked,
): Promise<void> {
  const { words, counter, client } = asked;
  if (words.force === true) {
    throw new BelfryError('BAD_USAGE', '--force is given beside flags of a run of its own', {
      field: '--force',
      hint: 'leave it out: no overlap policy holds such a run back',
    });
  }
  const { rule } = await client.jobs.get(job);
  const { id, outcome } = await client.enqueueTold(job, payload ?? ((rule?.p ?? null) as Json), options);
  if (outcome !== 'enqueued') counter.desk.err(`${OUTCOMES[outcome]}\n`);
  if (words.wait === true) return waitFor(id, asked);
  counter.desk.out(words.json === true ? `${JSON.stringify({ run: { id, job, outcome } })}\n` : `${id}\n`);
}

const OUTCOMES: Readonly<Record<Exclude<EnqueueOutcome, 'enqueued'>, string>> = {
  duplicate: 'no run was made: this one stands for it',
  replaced: 'no run was made: this one waits, and has the payload now',
  moved: 'no run was made: this one waits on, and has the payload now',
};

async function waitFor(id: string, { words, counter, client }: Asked): Promise<void> {
  const { desk, exit } = counter;
  // The log goes to standard error, so that standard output holds the answer alone.
  const onLines = (lines: string[]): void => {
    for (const line of lines) desk.err(formatLogLine(line, zoneOf(words), desk.paintErr));
  };
  const stop = desk.untilStopped();
  await followLog({ runs: client.runs, id, mode: 'follow', onLines, stop });
  if (stop.aborted) {
    tellInterrupted(id, counter);
    return;
  }
  const view = await client.runs.get(id);
  if (view.state !== 'succeeded') exit(1);
  desk.out(words.json === true ? `${JSON.stringify({ run: runJson(view) })}\n` : describeEnd(view));
}

function tellInterrupted(id: string, { desk, exit }: Counter): void {
  desk.err(`the run goes on: belfry runs logs ${id} -f\n`);
  exit(1);
}

function describeEnd(view: RunView): string {
  const said = view.error === undefined ? '' : `: ${view.error.message}`;
  const result = view.kind === 'finished' && view.result !== undefined ? `\n${JSON.stringify(view.result)}` : '';
  return `${view.run.id} ${view.state}${said}${result}\n`;
}
