import type { Command } from 'commander';
import type { Applied } from '../../client/apply.ts';
import type { Client } from '../../client/client.ts';
import type { Plan } from '../../client/plan.ts';
import { BelfryError } from '../../core/errors.ts';
import { describeUncovered, type Uncovered } from '../../core/rollout/coverage.ts';
import type { Counter } from '../counter.ts';
import { plural } from '../counted.ts';
import type { JobFolder } from '../job_folder.ts';
import { zoneOf } from '../options.ts';
import { planJson } from '../plan_json.ts';
import { formatBroken, formatPlan } from '../plan_text.ts';
import { withSession } from '../with_session.ts';
import { readFolder, requestOf, tellPlan, withFolder, type FolderWords } from './plan.ts';

type ApplyWords = FolderWords & { dryRun?: true; gate?: true; allowEmpty?: true };

/** `belfry apply`: registers the jobs folder, from any number of places at once. Asks nothing. */
export function addApply(program: Command, counter: Counter): void {
  withFolder(program.command('apply').description('make Redis say what the jobs folder says; exit 1 for a broken file'))
    .option('--dry-run', 'as `belfry plan`: change nothing')
    .option(
      '--gate',
      'change nothing, and exit 1, when unfinished runs or schedules need code that is not in the folder',
    )
    .option('--allow-empty', 'remove every job when the folder holds none')
    .action((words: ApplyWords) => apply(words, counter));
}

async function apply(words: ApplyWords, counter: Counter): Promise<void> {
  const folder = await readFolder(words, counter);
  const telling = { words, counter };
  await withSession(counter, async ({ client }) => {
    const uncovered = words.gate === true ? await client.rollout.uncoveredBy(folder.jobs.map(({ name }) => name)) : [];
    if (uncovered.length > 0) throw closedGate(uncovered);
    const plan = await client.plan(requestOf(folder, words));
    if (words.dryRun === true) {
      tellPlan(plan, folder, telling);
      return;
    }
    assertNotEmpty(folder, plan, words);
    tellApplied(plan, await register(client, folder, words), { ...telling, folder });
  });
  if (folder.broken.length > 0) counter.exit(1);
}

async function register(client: Client, folder: JobFolder, words: ApplyWords): Promise<Applied> {
  const { keep, calendars, prune } = requestOf(folder, words);
  return client.apply(folder.jobs, keep, calendars, prune);
}

/** A folder without a single job is nearly always one that is not mounted. */
function assertNotEmpty({ folder, jobs }: JobFolder, plan: Plan, { allowEmpty }: ApplyWords): void {
  const removed = plan.jobs.filter(({ kind }) => kind === 'removed').length;
  if (jobs.length > 0 || removed === 0 || allowEmpty === true) return;
  throw new BelfryError('BAD_JOB', `${folder} holds no job, and ${plural(removed, 'job')} would be removed`, {
    field: '--jobs',
    hint: 'name the folder that holds the job files; --allow-empty where you mean it',
  });
}

function closedGate(uncovered: readonly Uncovered[]): BelfryError {
  const kinds = uncovered.map((kind) => `\n  ${describeUncovered(kind)}`).join('');
  const says = `${plural(uncovered.length, 'queued kind')} would have no worker in this version${kinds}`;
  return new BelfryError('GATE_CLOSED', says, {
    field: '--gate',
    hint: 'keep the job files until their runs are done, or take the runs and schedules away: belfry bulk, belfry schedules delete',
  });
}

type Telling = { words: ApplyWords; counter: Counter; folder: JobFolder };

function tellApplied(plan: Plan, applied: Applied, { words, counter: { desk }, folder }: Telling): void {
  if (words.json === true) {
    desk.out(`${JSON.stringify({ applied, plan: planJson(plan, folder) })}\n`);
    return;
  }
  const { added, changed, removed, total } = applied;
  desk.out(formatPlan(plan, { paint: desk.paint, zone: zoneOf(words) }));
  desk.err(formatBroken(folder.broken, desk.paintErr));
  desk.out(
    `applied: ${added.length} added, ${changed.length} changed, ${removed.length} removed; ${plural(total, 'job')} registered\n`,
  );
}
