import type { CalendarChange, Plan } from '../client/plan.ts';
import type { Difference } from '../core/rollout/differences.ts';
import type { JobChange } from '../core/rollout/job_plan.ts';
import type { Orphan } from '../core/rollout/orphans.ts';
import { plainText } from '../core/plain_text.ts';
import type { EpochMs } from '../core/time/units.ts';
import { formatInstant, type ShownZone } from './instants.ts';
import type { JobFolder } from './job_folder.ts';
import type { Paint } from './paint.ts';

export type PlanPaper = { paint: Paint; zone: ShownZone };

type Kind = JobChange['kind'];

const MARKS = { added: ['green', '+'], changed: ['yellow', '~'], removed: ['red', '-'] } as const satisfies Record<
  Kind,
  readonly [string, string]
>;

/** What a registration would do: a line for each job and calendar with what differs below it, then the sum. */
export function formatPlan({ jobs, calendars, orphans, seen, unchanged }: Plan, paper: PlanPaper): string {
  const { paint } = paper;
  const parts = [
    ...jobs.map((change) => formatJob(change, paper)),
    ...calendars.map((change) => formatCalendar(change, paint)),
    ...orphans.map((orphan) => formatOrphan(orphan, paint)),
  ];
  const unseen = seen === 'part' ? paint('dim', 'there are more runs or schedules than were looked at\n') : '';
  return `${parts.join('')}${parts.length > 0 ? '\n' : ''}${unseen}${sumUp(jobs, calendars)}; ${unchanged} unchanged\n`;
}

function sumUp(jobs: readonly JobChange[], calendars: readonly CalendarChange[]): string {
  if (jobs.length + calendars.length === 0) return 'nothing to change';
  const count = (kind: Kind): number => jobs.filter((change) => change.kind === kind).length;
  const moved = jobs.filter(({ kind, retimed }) => kind === 'changed' && retimed !== undefined).length;
  return [
    `${count('added')} to add`,
    `${count('changed')} to change (${moved} re-timed)`,
    `${count('removed')} to remove`,
    ...(calendars.length === 0 ? [] : [`${calendars.length} ${calendars.length === 1 ? 'calendar' : 'calendars'}`]),
  ].join(', ');
}

function formatJob({ job, kind, differences, retimed, problem }: JobChange, paper: PlanPaper): string {
  const { paint } = paper;
  const lines = [
    marked(kind, job, paint),
    ...differences.map((difference) => `    ${describeDifference(difference)}`),
    ...(retimed === undefined ? [] : describeTimes(kind, retimed, paper).map((line) => `    ${line}`)),
    ...(problem === undefined ? [] : [`    ${paint('red', 'cannot be planned:')} ${plainText(problem)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function marked(kind: Kind, name: string, paint: Paint): string {
  const [colour, mark] = MARKS[kind];
  return `${paint(colour, mark)} ${paint('bold', name)}`;
}

function describeDifference({ field, before, after }: Difference): string {
  if (before === undefined) return `${field}: ${plainText(after ?? '')} (new)`;
  if (after === undefined) return `${field}: none any more (was ${plainText(before)})`;
  return `${field}: ${plainText(before)} → ${plainText(after)}`;
}

function describeTimes(kind: Kind, { before, after }: NonNullable<JobChange['retimed']>, paper: PlanPaper): string[] {
  const times = (list: readonly EpochMs[]): string =>
    list.length === 0 ? 'none' : list.map((at) => formatInstant(at, paper.zone)).join(', ');
  if (kind === 'added') return after.length === 0 ? [] : [`fires at ${times(after)}`];
  if (kind === 'removed') return [`would have fired at ${times(before)}`];
  return [`fired at ${times(before)}`, `fires at ${times(after)}`];
}

function formatCalendar({ calendar, kind }: CalendarChange, paint: Paint): string {
  const tail = kind === 'removed' ? ', once no schedule names it' : '';
  return `${marked(kind, `calendar ${calendar}`, paint)}${tail}\n`;
}

function formatOrphan({ job, schedules, runs }: Orphan, paint: Paint): string {
  const what = [
    ...(schedules === 0 ? [] : [`${schedules} ${schedules === 1 ? 'schedule' : 'schedules'}`]),
    ...(runs === 0 ? [] : [`${runs} ${runs === 1 ? 'run' : 'runs'}`]),
  ];
  return `${paint('magenta', '!')} ${paint('bold', job)}: ${what.join(' and ')} without a job\n`;
}

/** Files that gave no job, each with the place of what is wrong. */
export function formatBroken(broken: JobFolder['broken'], paint: Paint): string {
  return broken
    .map(
      ({ where, reason, hint }) =>
        `${paint('red', 'broken')} ${paint('bold', where)}: ${reason}\n    ${paint('dim', 'hint:')} ${hint}\n`,
    )
    .join('');
}
