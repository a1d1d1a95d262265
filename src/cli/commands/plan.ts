import type { Command } from 'commander';
import { hasChanges, type Plan, type PlanRequest } from '../../client/plan.ts';
import { BelfryError } from '../../core/errors.ts';
import type { Counter } from '../counter.ts';
import type { JobFolder } from '../job_folder.ts';
import { withOutput, zoneOf, type OutputWords } from '../options.ts';
import { planJson } from '../plan_json.ts';
import { formatBroken, formatPlan } from '../plan_text.ts';
import { withSession } from '../with_session.ts';

export type FolderWords = OutputWords & { jobs?: string; prune: boolean };
type PlanWords = FolderWords & { detailedExit?: true };

/** Adds the options of the commands that read a jobs folder to register it. */
export function withFolder(command: Command): Command {
  return withOutput(command)
    .option('--jobs <folder>', 'this folder instead of the configured one')
    .option('--no-prune', 'leave jobs and calendars alone whose file is not there');
}

/** `belfry plan`: what a registration of the jobs folder would change. Writes nothing. */
export function addPlan(program: Command, counter: Counter): void {
  withFolder(program.command('plan').description('show what registering the jobs folder would change in Redis'))
    .option('--detailed-exit', 'exit 4 when something would change, and 1 when a file is broken')
    .action((words: PlanWords) => showPlan(words, counter));
}

async function showPlan(words: PlanWords, counter: Counter): Promise<void> {
  const { exit } = counter;
  const folder = await readFolder(words, counter);
  const plan = await withSession(counter, ({ client }) => client.plan(requestOf(folder, words)));
  tellPlan(plan, folder, { words, counter });
  if (words.detailedExit !== true) return;
  if (folder.broken.length > 0) exit(1);
  else if (hasChanges(plan)) exit(4);
}

/** The jobs folder. Throws NOT_FOUND where there is none: a folder that is not mounted must not remove every job. */
export async function readFolder({ jobs }: FolderWords, { desk, file }: Counter): Promise<JobFolder> {
  const folder = await desk.readJobs(file(), jobs);
  if (folder.state === 'found') return folder;
  throw new BelfryError('NOT_FOUND', `there is no jobs folder ${folder.folder}`, {
    field: '--jobs',
    hint: 'name the folder that holds the job files: --jobs FOLDER',
  });
}

export function requestOf(folder: JobFolder, { prune }: FolderWords): PlanRequest {
  return {
    definitions: folder.jobs,
    keep: folder.broken.map(({ name }) => name),
    calendars: folder.calendars,
    prune: prune ? 'missing' : 'nothing',
  };
}

type Telling = { words: FolderWords; counter: Counter };

export function tellPlan(plan: Plan, folder: JobFolder, { words, counter: { desk } }: Telling): void {
  if (words.json === true) {
    desk.out(`${JSON.stringify(planJson(plan, folder))}\n`);
    return;
  }
  desk.out(formatPlan(plan, { paint: desk.paint, zone: zoneOf(words) }));
  desk.err(formatBroken(folder.broken, desk.paintErr));
}
