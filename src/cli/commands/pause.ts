import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { BelfryError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { withBy, withOutput, type ByWords, type OutputWords } from '../options.ts';
import type { Counter } from '../counter.ts';
import { readDeadline, readLocalInstant } from '../read_instant.ts';
import { withSession } from '../with_session.ts';

export type PauseFlags = ByWords & { note?: string; until?: string };

/** `--note` (asked for), `--until` and `--by` of a pause. */
export function withPause(command: Command): Command {
  return withBy(withOutput(command))
    .option('--note <text>', 'why; everybody who looks at it sees this')
    .option('--until <when>', 'resume by itself then: an instant, or how long, such as 2h');
}

export function pauseWordsOf({ by, note, until }: PauseFlags, { desk }: Counter) {
  if (note === undefined) {
    throw new BelfryError('BAD_USAGE', '--note is not given', {
      field: '--note',
      hint: "say why, for whoever finds it paused: --note 'the partner is down until Monday'",
    });
  }
  return {
    by: by ?? desk.user,
    note,
    ...(until === undefined ? {} : { until: readDeadline(until, '--until', desk.now()) }),
  };
}

/** `jobs pause`, `jobs resume` and `jobs succeed`. */
export function addJobsPause(jobs: Command, counter: Counter): void {
  withPause(jobs.command('pause <job>').description('keep the schedule of a job file from firing')).action(
    (job: string, flags: PauseFlags) => pauseJob(job, flags, counter),
  );
  withBy(withOutput(jobs.command('resume <job>').description('let it fire again; what it missed is skipped'))).action(
    (job: string, flags: ByWords) => resumeJob(job, flags, counter),
  );
  withOutput(
    jobs
      .command('succeed <job>')
      .description(
        'mark as succeeded without running: a JOB, its next fire time as JOB@TIME (without an offset: in the zone of the schedule), or a RUN',
      ),
  ).action((target: string, words: OutputWords) => succeed(target, words, counter));
}

async function pauseJob(job: string, flags: PauseFlags, counter: Counter): Promise<void> {
  const words = pauseWordsOf(flags, counter);
  await withSession(counter, ({ client }) => client.jobs.pause(job, words));
  counter.desk.out(
    flags.json === true ? `${JSON.stringify({ job: { name: job, answer: 'paused' } })}\n` : `${job} is paused\n`,
  );
}

async function resumeJob(job: string, { by, json }: ByWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const answer = await withSession(counter, ({ client }) => client.jobs.resume(job, { by: by ?? desk.user }));
  const said = answer === 'resumed' ? `${job} is resumed` : `${job} was not paused`;
  desk.out(json === true ? `${JSON.stringify({ job: { name: job, answer } })}\n` : `${said}\n`);
}

async function succeed(target: string, { json }: OutputWords, counter: Counter): Promise<void> {
  const as = await withSession(counter, ({ client }) => markTarget(target, client));
  const said = json === true ? JSON.stringify({ marked: { target, as } }) : `${target} is marked as succeeded`;
  counter.desk.out(`${said}\n`);
}

/** What is meant tells itself: a job's name first; `S@T` is a run where there is one, else a fire time to come. */
async function markTarget(target: string, client: Client): Promise<'job' | 'run' | 'fireTime'> {
  const at = target.lastIndexOf('@');
  if (at < 0 && (await isThere(() => client.jobs.get(target)))) {
    await client.jobs.markSucceeded(target);
    return 'job';
  }
  if (await isThere(() => client.runs.get(target))) {
    await client.runs.markSucceeded(target);
    return 'run';
  }
  if (at < 0) {
    throw new BelfryError('NOT_FOUND', `there is no job and no run ${quote(target)}`, {
      field: 'job',
      hint: 'JOB, JOB@TIME or RUN; see `belfry jobs list` and `belfry runs list`',
    });
  }
  const id = target.slice(0, at);
  const [schedule] = await client.schedules.get([id]);
  const fireTime = readLocalInstant(target.slice(at + 1), 'the fire time', schedule?.rule?.z ?? 'UTC');
  await client.schedules.markSucceeded(id, fireTime);
  return 'fireTime';
}

async function isThere(get: () => Promise<unknown>): Promise<boolean> {
  try {
    await get();
    return true;
  } catch (error) {
    if (error instanceof BelfryError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}
