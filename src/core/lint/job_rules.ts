import type { CompiledSchedule } from '../compiled_schedule.ts';
import type { JobDefinition } from '../definition.ts';
import type { ScheduleRule, WhenRule } from '../schedule.ts';
import { hasBothDayFields } from '../time/cron_split.ts';
import { parseDstPolicy } from '../time/dst.ts';
import { formatDuration } from '../time/duration.ts';
import { describeTransitions } from '../time/transitions.ts';
import type { EpochMs } from '../time/units.ts';
import type { LintFinding } from './finding.ts';

/** A job with a schedule that can be planned. */
export type ScheduledJob = { job: JobDefinition; rule: ScheduleRule; compiled: CompiledSchedule };

/** One rule's judgement of one scheduled job. */
export type JobRule = (scheduled: ScheduledJob, now: EpochMs) => LintFinding[];

/** More fire times to catch up on than somebody wants to see run one after the other. */
const MANY_CAUGHT_UP = 1_000;

/** Blackouts that are looked at, one after the other, for a fire time outside of them. */
const BLACKOUTS_SEEN = 10_000;

const HOUR_MS = 3_600_000;

/** The rules about single schedules, in the order in which their findings are told. */
export const JOB_RULES: readonly JobRule[] = [
  neverFires,
  alwaysBlackedOut,
  bothDayFields,
  clockChange,
  missingTimeout,
  denseCatchUp,
  deadlineBelowDelay,
];

function warning(
  rule: LintFinding['rule'],
  job: string,
  told: Pick<LintFinding, 'field' | 'says' | 'hint'>,
): LintFinding {
  return { rule, level: 'warning', job, ...told };
}

function neverFires({ job, compiled }: ScheduledJob, now: EpochMs): LintFinding[] {
  if (compiled.timing.kind === 'reboot' || compiled.timing.next(now) !== undefined) return [];
  return [
    warning('never-fires', job.name, {
      field: 'schedule',
      says: 'the schedule has no fire time to come',
      hint: 'take the schedule out, or change its end, its dates or its exclusions',
    }),
  ];
}

function alwaysBlackedOut({ job, compiled }: ScheduledJob, now: EpochMs): LintFinding[] {
  const { timing, blackouts } = compiled;
  // A fixed delay has no fire times before its runs end.
  if (blackouts === undefined || timing.kind === 'reboot' || timing.kind === 'after-completion') return [];
  let at = timing.next(now);
  let last: EpochMs | undefined;
  for (let seen = 0; at !== undefined && seen < BLACKOUTS_SEEN; seen += 1) {
    const until = blackouts.coveredUntil(at);
    if (until === undefined) return [];
    last = at;
    at = timing.next(until - 1);
  }
  if (last === undefined) return [];
  return [
    warning('never-fires', job.name, {
      field: 'schedule.blackout',
      says: `each fire time until ${new Date(last).toISOString().slice(0, 10)} lies in a blackout of the schedule itself, and is skipped`,
      hint: 'move the fire times or the blackout: they are at the same hours',
    }),
  ];
}

function bothDayFields({ job, rule }: ScheduledJob): LintFinding[] {
  const found = partsOf(rule).find(({ c, t }) => c !== undefined && hasBothDayFields(c, parseDstPolicy(t)));
  if (found === undefined) return [];
  return [
    warning('both-day-fields', job.name, {
      field: 'schedule.cron',
      says: `"${found.c}" fires on days that match either of its two day fields, as in cron`,
      hint: "for days that match both, set dst: { preset: 'vixie', dayMatch: 'and' }; for either, two schedules in anyOf say so plainly",
    }),
  ];
}

function clockChange({ job, rule, compiled }: ScheduledJob, now: EpochMs): LintFinding[] {
  const changes = describeTransitions(rule, job.name, now);
  const touched = changes.filter(({ what }) => what !== 'none');
  if (!touched.some(({ at }) => !firesOn(compiled, at))) return [];
  return [
    warning('clock-change', job.name, {
      field: 'schedule',
      says: `the clock changes: ${changes.map(({ text }) => text).join('; ')}`,
      hint: 'fire at an hour that no change touches, in UTC, or choose what happens with dst',
    }),
  ];
}

function missingTimeout({ job, compiled }: ScheduledJob): LintFinding[] {
  const waits = ['skip', 'buffer-one', 'buffer-all'].includes(compiled.overlap);
  if (!waits || job.policy.timeoutMs > 0) return [];
  return [
    warning('missing-timeout', job.name, {
      field: 'schedule',
      says: `overlap is ${compiled.overlap} and there is no timeout: a run that hangs keeps the schedule from running for as long as it hangs`,
      hint: "set a timeout above what a run ever takes, such as timeout: '10m'",
    }),
  ];
}

function denseCatchUp({ job, compiled }: ScheduledJob, now: EpochMs): LintFinding[] {
  const { catchUp, catchUpWindowMs, catchUpRate, timing } = compiled;
  if (catchUp !== 'all' && !(typeof catchUp === 'number' && catchUp > MANY_CAUGHT_UP)) return [];
  const most = catchUp === 'all' ? Infinity : catchUp;
  let count = 0;
  for (
    let at = timing.next(now);
    at !== undefined && at <= now + catchUpWindowMs && count < most;
    at = timing.next(at)
  ) {
    count += 1;
    if (count > 1_000_000) break;
  }
  if (count <= MANY_CAUGHT_UP) return [];
  const releaseMs = Math.ceil(count / catchUpRate[0]) * catchUpRate[1];
  return [
    warning('dense-catch-up', job.name, {
      field: 'schedule.catchUp',
      says: `after an outage of ${formatDuration(catchUpWindowMs)} it would catch up on ${count} fire times, one after the other for ${formatDuration(releaseMs)}`,
      hint: "catchUp: { max: 100 }, or a smaller catchUpWindow, or 'latest' where the newest run makes up for the others",
    }),
  ];
}

function deadlineBelowDelay({ job, compiled }: ScheduledJob): LintFinding[] {
  const { startDeadlineMs, jitterMs, windowMs } = compiled;
  const delayMs = jitterMs + windowMs;
  if (startDeadlineMs === undefined || startDeadlineMs >= delayMs) return [];
  return [
    warning('deadline-below-delay', job.name, {
      field: 'schedule.startDeadline',
      says: `the start deadline of ${formatDuration(startDeadlineMs)} is shorter than jitter and window (${formatDuration(delayMs)}): fire times that are delayed further are recorded as missed`,
      hint: `a startDeadline above ${formatDuration(delayMs)}`,
    }),
  ];
}

/** Whether a schedule fires so often around a change that an hour more or less of it is nothing to think about. */
function firesOn({ timing }: CompiledSchedule, change: EpochMs): boolean {
  const last = timing.previous(change + 1);
  const before = last === undefined ? undefined : timing.previous(last);
  return last !== undefined && before !== undefined && change - before <= 2 * HOUR_MS && last - before <= HOUR_MS;
}

/** A rule and, where it is a union, its parts. */
function partsOf(rule: WhenRule): WhenRule[] {
  return [rule, ...(rule.u ?? []).flatMap(partsOf)];
}
