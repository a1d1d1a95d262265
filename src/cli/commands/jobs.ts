import type { Command } from 'commander';
import { isOpen } from '../../client/freezes.ts';
import { freezeJson } from '../../client/json_views.ts';
import type { JobView } from '../../client/jobs.ts';
import { describeAfter } from '../../core/after.ts';
import { describeIsolation } from '../../core/compile_isolation.ts';
import { describeLimit } from '../../core/limit_words.ts';
import { describeRetry } from '../../core/retry_words.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { describeRule } from '../../core/time/words.ts';
import type { EpochMs } from '../../core/time/units.ts';
import type { LedgerEntry } from '../../core/verdict.ts';
import { formatDistance, formatInstant, isoOf, type ShownZone } from '../instants.ts';
import { formatJobTable } from '../job_table.ts';
import { jobJson } from '../json_views.ts';
import { describeFreeze, describePause } from '../pause_words.ts';
import { ruleCell } from '../rule_cell.ts';
import { withOutput, zoneOf, type OutputWords } from '../options.ts';
import type { Paint } from '../paint.ts';
import type { Counter } from '../counter.ts';
import { formatFields, formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';
import { addJobsGraph } from './jobs_graph.ts';
import { addJobsRun } from './jobs_run.ts';
import { addJobsPause } from './pause.ts';

const UPCOMING_SHOWN = 5;
const LEDGER_SHOWN = 10;
const NO_JOBS = 'no jobs are registered; a scheduler registers the files of its jobs folder when it starts\n';

export function addJobs(program: Command, counter: Counter): void {
  const jobs = program.command('jobs').description('the registered jobs');
  withOutput(jobs.command('list').description('every job, with its next fire time and how it is doing')).action(
    (words: OutputWords) => listJobs(words, counter),
  );
  withOutput(
    jobs
      .command('show <job>')
      .description('one job: its policies, its next fire times and what became of the last ones'),
  ).action((name: string, words: OutputWords) => showJob(name, words, counter));
  addJobsGraph(jobs, counter);
  addJobsRun(jobs, counter);
  addJobsPause(jobs, counter);
}

async function listJobs(words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const [views, freezes] = await withSession(counter, ({ client }) =>
    Promise.all([client.jobs.list(), client.freezes.list()]),
  );
  const now = desk.now();
  const holding = freezes.filter((freeze) => isOpen(freeze, now));
  if (words.json === true) {
    desk.out(`${JSON.stringify({ jobs: views.map(jobJson), freezes: holding.map(freezeJson) })}\n`);
    return;
  }
  const zone = zoneOf(words);
  for (const freeze of holding) desk.out(`${desk.paint('yellow', 'frozen')} ${describeFreeze(freeze, zone)}\n`);
  desk.out(views.length === 0 ? NO_JOBS : formatJobTable(views, { paint: desk.paint, zone, now }));
}

async function showJob(name: string, words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const [view, upcoming, ledger] = await withSession(counter, ({ client }) =>
    Promise.all([
      client.jobs.get(name),
      client.jobs.upcoming(name, UPCOMING_SHOWN),
      client.jobs.ledger(name, LEDGER_SHOWN),
    ]),
  );
  if (words.json === true) {
    const verdicts = ledger.map(({ schedule, word, from, to, count, detail }) => ({
      schedule,
      verdict: word,
      detail: detail ?? null,
      from: isoOf(from),
      to: isoOf(to),
      count,
    }));
    desk.out(`${JSON.stringify({ job: { ...jobJson(view), upcoming: upcoming.map(isoOf), ledger: verdicts } })}\n`);
    return;
  }
  const zone = zoneOf(words);
  desk.out(formatFields(fieldsOf(view, zone), desk.paint));
  desk.out(formatUpcoming(upcoming, { zone, now: desk.now(), paint: desk.paint }));
  desk.out(formatLedger(ledger, zone, desk.paint));
}

function fieldsOf(view: JobView, zone: ShownZone): [string, string | undefined][] {
  const { record, rule, stats, quarantined, pause, blocked } = view;
  const { policy } = record;
  const optional = (text: string): string | undefined => (text === '' ? undefined : text);
  return [
    ['job', record.name],
    ['description', optional(record.description)],
    ['owner', optional(record.owner)],
    ['schedule', ruleCell(rule, record.name)],
    ['after', record.after && describeAfter(record.after)],
    ['in words', rule && describeRule(rule, record.name)],
    ['paused', pause && describePause(pause, zone)],
    ['blocked', blocked && `by run ${blocked.runs.join(', ')} since ${formatInstant(blocked.since, zone)}`],
    ['jitter', rule?.r === undefined ? undefined : `up to ${formatDuration(rule.r)}`],
    ['overlap', rule && (rule.o ?? 'skip')],
    ['catch-up', rule && (typeof rule.m === 'number' ? `the newest ${rule.m}` : (rule.m ?? 'latest'))],
    [
      'taken out',
      quarantined && [quarantined.message, quarantined.hint].filter((part) => part !== undefined).join('\n'),
    ],
    ['queue', `${record.queue}, priority ${record.priority}`],
    ['isolation', describeIsolation(record.isolation, record.isolationCaps)],
    ['timeout', policy.timeoutMs === 0 ? 'none' : formatDuration(policy.timeoutMs)],
    ['attempts', describeRetry(policy)],
    ['limits', optional(record.limits.map(describeLimit).join('; '))],
    ['lag allowed', formatDuration(record.sloLagMs)],
    ['last start', formatInstant(stats.lastStart, zone)],
    ['last success', formatInstant(stats.lastSuccess, zone)],
    ['last failure', formatInstant(stats.lastFailure, zone)],
    ['failures', stats.consecutiveFailures === 0 ? undefined : `${stats.consecutiveFailures} in a row`],
  ];
}

function formatUpcoming(
  times: EpochMs[],
  { zone, now, paint }: { zone: ShownZone; now: EpochMs; paint: Paint },
): string {
  const rows = times.map((at) => [formatInstant(at, zone), formatDistance(at, now)]);
  return rows.length === 0 ? '' : `\n${formatTable(['NEXT FIRE TIMES', ''], rows, paint)}`;
}

function formatLedger(entries: LedgerEntry[], zone: ShownZone, paint: Paint): string {
  const rows = entries.map(({ word, from, to, count }) => [
    count === 1 ? formatInstant(to, zone) : `${formatInstant(from, zone)} to ${formatInstant(to, zone)} (${count})`,
    word,
  ]);
  return rows.length === 0 ? '' : `\n${formatTable(['PAST FIRE TIMES', 'VERDICT'], rows, paint)}`;
}
