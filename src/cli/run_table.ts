import type { RunView } from '../client/runs.ts';
import { plainText } from '../core/plain_text.ts';
import type { Run, RunState } from '../core/run.ts';
import { encryptedWith } from '../core/seal.ts';
import { instantsOf } from '../core/start_bounds.ts';
import { keyOfRun } from '../core/unique.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { attemptsOf } from './attempts.ts';
import { formatInstant, formatLength, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatFields, formatTable } from './table.ts';

const COLOURS: Readonly<Record<RunState, Parameters<Paint>[0]>> = {
  waiting: 'gray',
  ready: 'cyan',
  running: 'blue',
  retrying: 'yellow',
  succeeded: 'green',
  dead: 'red',
  cancelled: 'gray',
};

const ERROR_WIDTH = 60;

/** Runs, one a line. */
export function formatRunTable(
  views: readonly RunView[],
  { paint, zone, now }: { paint: Paint; zone: ShownZone; now: EpochMs },
): string {
  const rows = views.map((view) => [
    view.run.id,
    paint('bold', view.run.job),
    paint(COLOURS[view.state], view.state),
    formatInstant(view.run.fireTime, zone),
    lengthOf(view, now),
    String(attemptsOf(view)),
    shorten(view.error?.message ?? ''),
  ]);
  return formatTable(['RUN', 'JOB', 'STATE', 'FIRE TIME', 'TOOK', 'ATTEMPT', 'ERROR'], rows, paint);
}

/** One run with everything that is known of it. */
export function describeRun(view: RunView, zone: ShownZone, paint: Paint): string {
  const { run, state, error } = view;
  const isLive = view.kind === 'live';
  const { startBy, endBy } = instantsOf(run);
  const unique = keyOfRun(run);
  const started = isLive ? view.holder?.startedAt : view.startedAt;
  const worker = isLive ? view.holder?.worker : view.worker;
  return formatFields(
    [
      ['run', run.id],
      ['job', run.job],
      ['state', paint(COLOURS[state], state)],
      ['queue', `${run.queue}, priority ${run.priority}`],
      ['fire time', formatInstant(run.fireTime, zone)],
      ['ready', isLive && view.readyAt !== undefined ? formatInstant(view.readyAt, zone) : undefined],
      ['put off', isLive && view.snoozed !== undefined ? `by its handler, ${view.snoozed.count}× so far` : undefined],
      ['must start by', startBy === undefined ? undefined : formatInstant(startBy, zone)],
      ['must end by', endBy === undefined ? undefined : formatInstant(endBy, zone)],
      ['unique key', unique],
      ['started', formatInstant(started, zone)],
      ['finished', isLive ? undefined : formatInstant(view.finishedAt, zone)],
      ['took', !isLive && view.startedAt > 0 ? formatLength(view.finishedAt - view.startedAt) : undefined],
      ['attempts', String(attemptsOf(view))],
      ['worker', worker === '' ? undefined : worker],
      ['progress', isLive && view.progress !== undefined ? `${Math.round(view.progress * 100)} %` : undefined],
      ['payload', payloadOf(run)],
      ['result', !isLive && view.result !== undefined ? plainText(JSON.stringify(view.result)) : undefined],
      ['error', error && plainText(error.stack ?? `${error.name}: ${error.message}`)],
    ],
    paint,
  );
}

/** Of what this process has no key for only the key's id is shown. */
function payloadOf(run: Run): string {
  const keyId = encryptedWith(run);
  return keyId === undefined ? plainText(run.payloadJson) : `(encrypted with key ${plainText(keyId)})`;
}

function lengthOf(view: RunView, now: EpochMs): string {
  const started = view.kind === 'live' ? view.holder?.startedAt : view.startedAt;
  if (started === undefined || started === 0) return '-';
  const took: DurationMs = (view.kind === 'live' ? now : view.finishedAt) - started;
  return formatLength(Math.max(0, took));
}

function shorten(message: string): string {
  const [line = ''] = plainText(message).split('\n', 1);
  return line.length > ERROR_WIDTH ? `${line.slice(0, ERROR_WIDTH - 1)}…` : line;
}
