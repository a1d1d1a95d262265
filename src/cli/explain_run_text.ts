import type { RunAnswer } from '../core/explain/answers.ts';
import { lagOf, type RunNote } from '../core/explain/run_note.ts';
import type { RunReason } from '../core/explain/run_reasons.ts';
import { plainText } from '../core/plain_text.ts';
import { formatDistance, formatInstant, formatLength, type NamedZone, type ShownZone } from './instants.ts';
import { describePause } from './pause_words.ts';
import { formatFields } from './table.ts';
import type { Paint } from './paint.ts';

type AnyZone = ShownZone | NamedZone;
export type Shown = { zone: AnyZone; paint: Paint };

/** What holds a run in its state, one line a reason. */
export function formatRunAnswer({ run, job, queue, now, reasons }: RunAnswer, { zone, paint }: Shown): string {
  return formatFields(
    [
      ['run', run.id],
      ['state', run.state],
      ['job', job],
      ['queue', queue],
      ['fire time', `${formatInstant(run.fireTime, zone)} (${formatDistance(run.fireTime, now)})`],
      ['why', reasons.map((reason) => reasonText(reason, zone)).join('\n') || undefined],
    ],
    paint,
  );
}

/** A run in one line: where it stands, how long after its fire time it started, and its error. */
export function runLine(run: RunNote, zone: AnyZone): string {
  const { id, state, startedAt, finishedAt, error } = run;
  const lagMs = lagOf(run);
  const parts = [
    `${id} ${state}`,
    startedAt !== undefined && `started ${formatInstant(startedAt, zone)}`,
    lagMs !== undefined && `${formatLength(Math.max(0, lagMs))} after its fire time`,
    finishedAt !== undefined && `ended ${formatInstant(finishedAt, zone)}`,
  ];
  return (
    parts.filter((part) => part !== false).join(', ') + (error === undefined ? '' : `: ${plainText(error.message)}`)
  );
}

function reasonText(reason: RunReason, zone: AnyZone): string {
  const at = (instant: number): string => formatInstant(instant, zone);
  switch (reason.kind) {
    case 'finished': {
      const took = reason.tookMs === undefined ? '' : ` after ${formatLength(reason.tookMs)}`;
      const said = reason.error === undefined ? '' : `: ${plainText(reason.error.message)}`;
      return `it has ended, ${reason.outcome}, at ${at(reason.at)}${took}${said}`;
    }
    case 'running': {
      const lease = reason.leaseUntil === undefined ? '' : `, lease until ${at(reason.leaseUntil)}`;
      const stop = reason.stop === 'asked' ? '; it was asked to stop' : '';
      return `it runs on worker ${reason.worker} since ${at(reason.since)}${lease}${stop}`;
    }
    case 'retry': {
      const said = reason.error === undefined ? '' : `: ${plainText(reason.error.message)}`;
      return `it is tried again at ${at(reason.at)}, after ${count(reason.failures, 'failure')}${said}`;
    }
    case 'delayed':
      return `it is delayed until ${at(reason.until)}`;
    case 'children': {
      const failed = reason.failed === 0 ? '' : `, ${reason.failed} did not succeed`;
      const next = reason.next === 'gather' ? 'its gather comes next' : 'then it is over';
      return `it waits since ${at(reason.since)} for ${reason.pending} of ${count(reason.total, 'child run')}${failed}; ${next}`;
    }
    case 'snoozed':
      return `its handler has put it off until ${at(reason.until)}, ${count(reason.count, 'time')} so far`;
    case 'deadline': {
      const what = reason.of === 'start' ? 'started' : 'ended';
      return `it is cancelled if it has not ${what} by ${at(reason.before)}`;
    }
    case 'held':
      return heldText(reason, zone);
    case 'rate-limited': {
      if (reason.why === 'held') return `${reason.key} is held: nothing of it starts until ${at(reason.until)}`;
      const rate = reason.rate && ` of ${reason.rate.count} in ${formatLength(reason.rate.periodMs)}`;
      return `the rate${rate ?? ''} of ${reason.key} lets the next run start at ${at(reason.until)}`;
    }
    case 'slots':
      return `${reason.running} of ${count(reason.allowed, 'slot')} of ${reason.key} are taken, by ${namesOf(reason)}`;
    case 'order':
      return `the runs of ${reason.key} start one after the other, and it is the turn of ${reason.turn}`;
    case 'queue-paused':
      return `its queue ${reason.queue} is paused${reason.pause === undefined ? '' : ` ${describePause(reason.pause, zone)}`}`;
    case 'no-worker':
      return `no live worker listens to the queue ${reason.queue}`;
    case 'no-code': {
      const workers = reason.workers.map(({ id, pool, version }) => `${id} (pool ${pool}, version ${version})`);
      return `no live worker of the queue ${reason.queue} has code for the job; there are ${workers.join(', ')}`;
    }
    case 'busy':
      return reason.free === 0
        ? `all ${count(reason.slots, 'slot')} are busy; ${reason.ahead} of its job and ${reason.moreUrgent} more urgent come first`
        : `it can be claimed at any moment: ${reason.free} of ${count(reason.slots, 'slot')} are free; ${reason.ahead} of its job and ${reason.moreUrgent} more urgent come first`;
  }
}

function heldText({ since, behind, gone }: Extract<RunReason, { kind: 'held' }>, zone: AnyZone): string {
  const runs = behind.map((run) => `${run.id} (${run.state})`).join(', ') || 'none that still lives';
  const missing = gone.length === 0 ? '' : `; gone: ${gone.join(', ')}`;
  return `blocked since ${formatInstant(since, zone)} by run ${runs}${missing}`;
}

function namesOf({ by, running }: { by: readonly string[]; running: number }): string {
  const rest = running - by.length;
  return by.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
