import type { Backfill } from '../core/backfill.ts';
import type { Freeze, PauseNote } from '../core/freeze.ts';
import type { FinishedRun } from '../core/run.ts';
import type { CalendarRule } from '../core/schedule.ts';
import { encryptedWith } from '../core/seal.ts';
import { describeRule } from '../core/time/words.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { WorkerInfo } from '../store/workers.ts';
import type { BulkView } from './bulk_view.ts';
import type { QueueView } from './queues.ts';
import type { Batch } from '../store/batches.ts';
import type { ScheduleView } from './schedule_view.ts';

// Views as the API and `--json` answer them: times are ISO 8601, null where there is none.

const isoOf = (at: EpochMs | undefined): string | null =>
  at === undefined || at === 0 ? null : new Date(at).toISOString();

export function scheduleJson(view: ScheduleView) {
  const { id, job, key, state, rule, schedule, nextFireTime, nextDue, lastFireTime, revision, pause, quarantined } =
    view;
  const { tg: tags = [], p: payload = null } = rule ?? {};
  return {
    id,
    job,
    key: key ?? null,
    state,
    words: rule === undefined ? null : describeRule(rule, id),
    schedule: schedule ?? null,
    tags,
    payload,
    nextFireTime: isoOf(nextFireTime),
    nextDue: isoOf(nextDue),
    lastFireTime: isoOf(lastFireTime),
    revision,
    pause: pauseJson(pause),
    quarantined: quarantined ?? null,
  };
}

export function pauseJson(pause: PauseNote | undefined) {
  return pause === undefined
    ? null
    : { at: isoOf(pause.at), until: isoOf(pause.until), by: pause.by, note: pause.note };
}

export function freezeJson({ id, from, until, by, why, liftedBy }: Freeze) {
  return { id, from: isoOf(from), until: isoOf(until), by, why, liftedBy: liftedBy ?? null };
}

export function backfillJson({ id, cursor, released, spec }: Backfill) {
  const { schedule, kind, from, to, overlap, rate, by, note, at } = spec;
  return {
    id,
    schedule,
    kind,
    from: isoOf(from),
    to: isoOf(to),
    next: isoOf(cursor),
    released,
    overlap,
    rate: { count: rate[0], periodMs: rate[1] },
    by: by ?? null,
    note: note ?? null,
    at: isoOf(at),
  };
}

export function calendarJson(name: string, { d = [], y = [], w, c }: CalendarRule) {
  return { name, dates: d, yearly: y, weekdays: w ?? null, cron: c ?? null };
}

/** Times are ISO 8601; `payload` is null where this process has no key for it, as `encryptedWith` says. */
export function letterJson({ run, finishedAt, startedAt, worker, error }: FinishedRun) {
  const { id, job, queue, priority, fireTime, attempts, failures, crashes, payloadJson } = run;
  const keyId = encryptedWith(run);
  return {
    id,
    job,
    queue,
    priority,
    fireTime: isoOf(fireTime),
    startedAt: isoOf(startedAt),
    diedAt: isoOf(finishedAt),
    worker: worker === '' || worker === '-' ? null : worker,
    attempts: attempts + (startedAt > 0 ? 1 : 0),
    failures,
    crashes,
    error: error ?? null,
    payload: keyId === undefined ? (JSON.parse(payloadJson) as unknown) : null,
    ...(keyId === undefined ? {} : { encryptedWith: keyId }),
  };
}

export function bulkJson({ startedAt, updatedAt, to, note, filter, ...rest }: BulkView) {
  const { states, ids, since, until, ...words } = filter;
  return {
    ...rest,
    filter: {
      states,
      ...words,
      ...(ids === undefined ? {} : { ids }),
      ...(since === undefined ? {} : { since: isoOf(since) }),
      ...(until === undefined ? {} : { until: isoOf(until) }),
    },
    to: to ?? null,
    note: note ?? null,
    startedAt: isoOf(startedAt),
    updatedAt: isoOf(updatedAt),
  };
}

export function queueJson({ oldestReady, pause, ...rest }: QueueView) {
  return { ...rest, oldestReady: isoOf(oldestReady), pause: pause === 'unknown' ? pause : pauseJson(pause) };
}

export function workerJson({ startedAt, ...rest }: WorkerInfo) {
  return { ...rest, startedAt: isoOf(startedAt) };
}

export function batchJson({ createdAt, doneAt, callbacks, ...batch }: Batch) {
  const { success = null, failed = null, complete = null } = callbacks;
  return {
    ...batch,
    createdAt: isoOf(createdAt),
    doneAt: isoOf(doneAt),
    callbacks: { success, failed, complete },
  };
}
