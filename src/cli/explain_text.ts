import type { FireTimeAnswer, ScheduleAnswer } from '../core/explain/answers.ts';
import type { Standing, VerdictNote } from '../core/explain/fire_time.ts';
import type { Obstacle } from '../core/explain/obstacle.ts';
import type { SchedulePolicies } from '../core/explain/policies.ts';
import type { Upcoming, UpcomingMark } from '../core/explain/upcoming.ts';
import type { VerdictReason } from '../core/explain/verdict_reason.ts';
import { plainText } from '../core/plain_text.ts';
import { formatDuration } from '../core/time/duration.ts';
import { localTime } from '../core/time/local_time.ts';
import { plural } from './counted.ts';
import { runLine } from './explain_run_text.ts';
import { formatDistance, formatInstant, formatLength, type NamedZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatFields, formatTable } from './table.ts';

/** Every instant of an answer about a schedule is shown in one zone. */
type Shown = { zone: NamedZone; paint: Paint };

/** What a schedule does and waits for. */
export function formatScheduleAnswer(answer: ScheduleAnswer, shown: Shown): string {
  const { zone, paint } = shown;
  const fields = formatFields(
    [
      ['schedule', answer.schedule],
      ['when', answer.words ?? withoutScheduleText(answer)],
      ['policies', answer.policies && policyText(answer.policies)],
      ['waits for', waitsFor(answer, zone)],
      ['clock', answer.clockChanges.map(({ text }) => text).join('\n') || undefined],
    ],
    paint,
  );
  if (answer.upcoming.length === 0) return fields;
  const rows = answer.upcoming.map((upcoming) => upcomingRow(upcoming, answer.now, zone));
  return `${fields}\n${formatTable(['FIRE TIME', 'OFFSET', 'DUE', '', ''], rows, paint)}`;
}

function withoutScheduleText({ after }: ScheduleAnswer): string {
  if (after === undefined) return 'it has no schedule: it runs when somebody enqueues or triggers it';
  const { jobs, need, on } = after;
  const names = jobs.length === 1 ? jobs.join('') : `${need} of ${jobs.join(', ')}`;
  const [has, have] = on === 'success' ? ['has succeeded', 'have succeeded'] : ['has ended', 'have ended'];
  return `after other jobs: when ${names} ${jobs.length > 1 && need === 'all' ? have : has}${on === 'end' ? ', whatever the outcome' : ''}`;
}

/** Jobs that have not come since it last fired; of several that have to, those that have are told too. */
function waitsForJobs({ jobs, need, arrived }: NonNullable<ScheduleAnswer['after']>): string {
  const missing = jobs.filter((job) => !arrived.includes(job));
  const come = arrived.length === 0 ? '' : `; ${arrived.join(', ')} ${arrived.length === 1 ? 'has' : 'have'} come`;
  return `${need === 'any' && jobs.length > 1 ? 'any of ' : ''}${missing.join(', ')}${come}`;
}

function waitsFor({ obstacles, upcoming, now, words, after }: ScheduleAnswer, zone: NamedZone): string | undefined {
  if (after !== undefined) return waitsForJobs(after);
  if (obstacles.length > 0) return obstacles.map((obstacle) => obstacleText(obstacle, zone)).join('\n');
  const [first] = upcoming;
  if (first === undefined) return words === undefined ? undefined : 'nothing: no fire time is left';
  return `its next due time, ${formatDistance(first.due, now)}`;
}

function upcomingRow({ fireTime, due, marks }: Upcoming, now: number, { named }: NamedZone): string[] {
  const { date, time, offset } = localTime(fireTime, named);
  const late = due === fireTime ? '' : `+${formatLength(due - fireTime)}`;
  return [`${date} ${time}`, offset, late, formatDistance(due, now), marks.map(markText).join(', ')];
}

function markText(mark: UpcomingMark): string {
  switch (mark.kind) {
    case 'clock-change': {
      const byMs = mark.offsetAfterMs - mark.offsetBeforeMs;
      return `the clock has gone ${byMs > 0 ? 'forward' : 'back'} by ${formatDuration(Math.abs(byMs))}`;
    }
    case 'blackout':
      return 'blackout: will be skipped';
    case 'freeze':
      return 'freeze: will be skipped';
  }
}

function policyText(policies: SchedulePolicies): string {
  const { overlap, catchUp, catchUpWindowMs, catchUpRate, startDeadlineMs, jitterMs, windowMs } = policies;
  const [count, periodMs] = catchUpRate;
  const isPaced = catchUp === 'all' || typeof catchUp === 'number';
  const parts = [
    `overlap ${overlap}`,
    `catch-up ${typeof catchUp === 'number' ? `newest ${catchUp}` : catchUp} within ${formatDuration(catchUpWindowMs)}`,
    isPaced && `at ${count} in ${formatDuration(periodMs)}`,
    startDeadlineMs !== undefined && `start deadline ${formatDuration(startDeadlineMs)}`,
    jitterMs > 0 && `jitter up to ${formatDuration(jitterMs)}`,
    windowMs > 0 && `window ${formatDuration(windowMs)}`,
    policies.blackouts.length > 0 && plural(policies.blackouts.length, 'blackout'),
    policies.pauseOnFailure !== undefined && `pauses after ${plural(policies.pauseOnFailure, 'dead letter')} in a row`,
    policies.maxRuns !== undefined && `ends after ${plural(policies.maxRuns, 'run')}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function obstacleText(obstacle: Obstacle, zone: NamedZone): string {
  const at = (instant: number | undefined): string =>
    instant === undefined ? 'somebody ends it' : formatInstant(instant, zone);
  switch (obstacle.kind) {
    case 'paused':
      return `paused by ${plainText(obstacle.by)} since ${at(obstacle.since)} until ${at(obstacle.until)}: ${plainText(obstacle.note)}`;
    case 'frozen':
      return `frozen by ${plainText(obstacle.by)} from ${at(obstacle.from)} until ${at(obstacle.until)}: ${plainText(obstacle.why)}`;
    case 'taken-out':
      return `it cannot be planned: ${obstacle.message}${obstacle.hint === undefined ? '' : ` (${obstacle.hint})`}`;
    case 'no-leader':
      return `no scheduler leads shard ${obstacle.shard}`;
    case 'blocked': {
      const runs = obstacle.by.map(({ id, state }) => `${id} (${state})`).join(', ');
      return `blocked by run ${runs} since ${at(obstacle.since)}; overlap is ${obstacle.overlap}`;
    }
    case 'follows':
      return `the end of run ${obstacle.run?.id ?? 'before'}, then ${formatDuration(obstacle.delayMs)}`;
    case 'ended':
      return obstacle.made === undefined
        ? 'nothing: it has ended'
        : `nothing: it has ended after ${plural(obstacle.made, 'run')}`;
    case 'catching-up':
      return `catching up ${at(obstacle.from)} to ${at(obstacle.to)}, ${obstacle.released} released so far`;
  }
}

/** What became, becomes or will become of one fire time. */
export function formatFireTimeAnswer(answer: FireTimeAnswer, { zone, paint }: Shown): string {
  const { schedule, fireTime, standing, obstacles, runs, now } = answer;
  const isOpen = standing.kind === 'pending' || standing.kind === 'to-come' || standing.kind === 'to-release';
  return formatFields(
    [
      ['schedule', schedule],
      ['fire time', `${formatInstant(fireTime, zone)} (${formatDistance(fireTime, now)})`],
      ['verdict', standingText(standing, { zone, now })],
      ['held by', isOpen ? obstacles.map((one) => obstacleText(one, zone)).join('\n') || undefined : undefined],
      ['runs', runs.map((run) => runLine(run, zone)).join('\n') || undefined],
    ],
    paint,
  );
}

function standingText(standing: Standing, { zone, now }: { zone: NamedZone; now: number }): string {
  const at = (instant: number): string => formatInstant(instant, zone);
  switch (standing.kind) {
    case 'judged':
      return standing.verdicts.map((verdict) => verdictText(verdict, zone)).join('\n');
    case 'pending':
      return `none yet: it was due ${formatDistance(standing.due, now)}`;
    case 'to-come':
      return standing.skipped === undefined
        ? `still to come, due at ${at(standing.due)} (${formatDistance(standing.due, now)})`
        : `still to come, and will be skipped (${standing.skipped})`;
    case 'to-release':
      return `still to be released by the ${standing.what} ${standing.backfill}, which is at ${at(standing.cursor)}`;
    case 'no-fire-time': {
      const left = standing.excludedBy.length === 0 ? '' : `: left out by ${standing.excludedBy.join(', ')}`;
      const near = [standing.before, standing.after].filter((instant) => instant !== undefined).map(at);
      return `this is no fire time${left}${near.length === 0 ? '' : `; the nearest are ${near.join(' and ')}`}`;
    }
    case 'before-registration':
      return `none: the job was registered at ${at(standing.registeredAt)}, after it`;
    case 'forgotten':
      return `not known any more: verdicts are kept back to ${at(standing.oldest)}`;
    case 'unrecorded':
      return `none is kept: the schedule did not exist then or had another rule (it is at revision ${standing.revision})`;
  }
}

function verdictText({ word, from, to, count, lateMs, reason }: VerdictNote, zone: NamedZone): string {
  const late = lateMs === undefined ? '' : `, ${formatLength(lateMs)} after it was due`;
  const range =
    count === 1
      ? ''
      : `, together with others: ${count} from ${formatInstant(from, zone)} to ${formatInstant(to, zone)}`;
  return `${word}${late}${range}${reason === undefined ? '' : `: ${reasonText(reason, zone)}`}`;
}

function reasonText(reason: VerdictReason, zone: NamedZone): string {
  switch (reason.kind) {
    case 'run-lived':
      return `run ${reason.run} lived`;
    case 'merged-into':
      return `the run of ${formatInstant(reason.fireTime, zone)} stands for it`;
    case 'freeze':
      return `frozen by ${plainText(reason.by)}: ${plainText(reason.why)}`;
    case 'blackout':
      return 'it lies in a blackout of the schedule';
    case 'deadline':
      return `it could not be fired within its start deadline of ${formatDuration(reason.deadlineMs)}`;
    case 'catch-up':
      return `catch-up is ${reason.policy}, within ${formatDuration(reason.windowMs)}`;
  }
}
