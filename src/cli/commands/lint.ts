import type { Command } from 'commander';
import { BelfryError } from '../../core/errors.ts';
import type { LintFinding } from '../../core/lint/finding.ts';
import { lintJobs } from '../../core/lint/lint.ts';
import { compileTiming } from '../../core/time/timing.ts';
import { plural } from '../counted.ts';
import type { Counter } from '../counter.ts';
import type { JobFolder } from '../job_folder.ts';
import { wholeNumber } from '../options.ts';
import type { Paint } from '../paint.ts';

type LintWords = { jobs?: string; budget?: string; requireOwner?: true; strict?: true; json?: true };

/** A finding with the place in the jobs folder that it is about. */
type PlacedFinding = LintFinding & { where: string };

const MOST = 10_000_000;

/** `belfry lint`: what is wrong or doubtful about the jobs folder. Asks no Redis. */
export function addLint(program: Command, counter: Counter): void {
  program
    .command('lint')
    .description('look for what is wrong or doubtful in the jobs folder; exit 1 when something is wrong')
    .option('--jobs <folder>', 'this folder instead of the configured one')
    .option('--budget <n>', 'warn of minutes in which more than so many schedules fire (BELFRY_LINT_BUDGET)')
    .option('--require-owner', 'warn of jobs without an owner (BELFRY_LINT_REQUIRE_OWNER)')
    .option('--strict', 'exit 1 for warnings too')
    .option('--json', 'answer JSON')
    .action((words: LintWords) => lint(words, counter));
}

async function lint(words: LintWords, { desk, file, exit }: Counter): Promise<void> {
  const budget = words.budget === undefined ? undefined : wholeNumber(words.budget, '--budget', { from: 1, to: MOST });
  const folder = await desk.readJobs(file(), words.jobs);
  if (folder.state === 'missing') throw missing(folder);
  const { jobs, calendars } = folder;
  const found = lintJobs(
    {
      jobs,
      budget: budget ?? folder.lint.budget,
      shards: folder.lint.shards,
      owner: words.requireOwner === true ? 'required' : folder.lint.owner,
      timingOf: (rule, seed) => compileTiming(rule, seed, (name) => calendars.get(name)),
    },
    desk.now(),
  );
  const findings = [...brokenFiles(folder), ...found.map((finding) => place(finding, folder))].sort(inOrder);
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.length - errors;
  if (errors > 0 || (words.strict === true && warnings > 0)) exit(1);
  if (words.json === true) {
    const ok = errors === 0 && (words.strict !== true || warnings === 0);
    desk.out(`${JSON.stringify({ ok, jobs: jobs.length, errors, warnings, findings: findings.map(json(folder)) })}\n`);
    return;
  }
  for (const finding of findings) desk.out(describe(finding, desk.paint));
  if (findings.length > 0) desk.out('\n');
  desk.out(`${plural(errors, 'error')}, ${plural(warnings, 'warning')} in ${plural(jobs.length, 'job')}\n`);
}

function missing({ folder }: JobFolder): BelfryError {
  return new BelfryError('NOT_FOUND', `there is no jobs folder ${folder}`, {
    field: '--jobs',
    hint: 'name the folder that holds the job files: belfry lint --jobs FOLDER',
  });
}

function brokenFiles({ broken }: JobFolder): PlacedFinding[] {
  return broken.map(({ where, reason, hint }) => ({
    rule: 'broken-file',
    level: 'error',
    job: undefined,
    field: undefined,
    says: reason,
    hint,
    where,
  }));
}

function place(finding: LintFinding, { placeOf, folder }: JobFolder): PlacedFinding {
  const { job, field, proposals } = finding;
  const crowded = proposals?.[0]?.job;
  const where = job === undefined ? crowded !== undefined && placeOf(crowded, 'schedule') : placeOf(job, field);
  return { ...finding, where: where === false || where === undefined ? folder : where };
}

/** Errors first, then file by file. */
function inOrder(one: PlacedFinding, other: PlacedFinding): number {
  if (one.level !== other.level) return one.level === 'error' ? -1 : 1;
  return one.where.localeCompare(other.where, 'en', { numeric: true });
}

const json =
  ({ placeOf }: JobFolder) =>
  ({ rule, level, job, where, says, hint, proposals }: PlacedFinding) => ({
    rule,
    level,
    job: job ?? null,
    where,
    says,
    hint,
    ...(proposals !== undefined && {
      proposals: proposals.map((proposal) => ({
        job: proposal.job,
        where: placeOf(proposal.job, 'schedule') ?? null,
        cron: proposal.cron ?? null,
        window: proposal.window ?? null,
      })),
    }),
  });

function describe({ where, level, rule, says, hint }: PlacedFinding, paint: Paint): string {
  const mark = paint(level === 'error' ? 'red' : 'yellow', level);
  return `${paint('bold', where)}  ${mark}  ${says}  ${paint('dim', rule)}\n    ${paint('dim', 'hint:')} ${hint}\n`;
}
