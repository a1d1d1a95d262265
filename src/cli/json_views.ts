import { pauseJson } from '../client/json_views.ts';
import type { JobView } from '../client/jobs.ts';
import type { RunView } from '../client/runs.ts';
import { writtenOut } from '../client/schedule_view.ts';
import { encryptedWith } from '../core/seal.ts';
import { snoozesOf } from '../core/snooze.ts';
import { instantsOf } from '../core/start_bounds.ts';
import { keyOfRun } from '../core/unique.ts';
import { describeRule } from '../core/time/words.ts';
import { attemptsOf } from './attempts.ts';
import { isoOf } from './instants.ts';

/** A job as `--json` answers it; times are ISO 8601, lengths ms, null where there is none. */
export function jobJson({ record, rule, stats, nextFireTime, nextDue, quarantined, pause, blocked }: JobView) {
  const { name, description, owner, queue, priority, isolation, policy, limits, sloLagMs } = record;
  return {
    name,
    description,
    owner,
    queue,
    priority,
    isolation,
    isolationCaps: record.isolationCaps ?? null,
    schedule: scheduleJson(rule, name),
    after: record.after ?? null,
    retry: {
      attempts: policy.attempts,
      backoff: policy.backoff,
      only: policy.retryOnly ?? null,
      never: policy.retryNever ?? null,
    },
    timeoutMs: policy.timeoutMs === 0 ? null : policy.timeoutMs,
    limits,
    sloLagMs,
    ...(record.unique === undefined ? {} : { unique: record.unique }),
    ...record.bounds,
    nextFireTime: isoOf(nextFireTime),
    nextDue: isoOf(nextDue),
    registeredAt: isoOf(stats.registeredAt),
    lastStart: isoOf(stats.lastStart),
    lastSuccess: isoOf(stats.lastSuccess),
    lastFailure: isoOf(stats.lastFailure),
    consecutiveFailures: stats.consecutiveFailures,
    quarantined: quarantined ?? null,
    pause: pauseJson(pause),
    blocked: blocked === undefined ? null : { runs: blocked.runs, since: isoOf(blocked.since) },
  };
}

function scheduleJson(rule: JobView['rule'], id: string) {
  if (rule === undefined) return null;
  return {
    words: describeRule(rule, id),
    cron: rule.c ?? null,
    everyMs: rule.e ?? null,
    timezone: rule.z ?? 'UTC',
    jitterMs: rule.r ?? 0,
    overlap: rule.o ?? 'skip',
    catchUp: rule.m ?? 'latest',
    catchUpWindowMs: rule.w ?? null,
    startDeadlineMs: rule.d ?? null,
    payload: rule.p ?? null,
    spec: writtenOut(rule) ?? null,
  };
}

/** A run as `--json` answers it. */
export function runJson(view: RunView) {
  const { id, job, queue, priority, fireTime } = view.run;
  return {
    id,
    job,
    state: view.state,
    queue,
    priority,
    fireTime: isoOf(fireTime),
    attempts: attemptsOf(view),
    ...payloadIn(view),
    ...startJson(view),
    error: view.error ?? null,
    ...(view.kind === 'live' ? liveJson(view) : finishedJson(view)),
  };
}

/** Of what this process has no key for only the key's id is told. */
function payloadIn({ run }: RunView): { payload: unknown; encryptedWith?: string } {
  const keyId = encryptedWith(run);
  return keyId === undefined ? { payload: JSON.parse(run.payloadJson) } : { payload: null, encryptedWith: keyId };
}

/** What few runs have: a key of their own, and until when they may start or last. */
function startJson(view: RunView) {
  const { startBy, endBy } = instantsOf(view.run);
  const uniqueKey = keyOfRun(view.run);
  const snoozes = snoozesOf(view.run).count;
  return {
    ...(uniqueKey === undefined ? {} : { uniqueKey }),
    ...(startBy === undefined ? {} : { startBy: isoOf(startBy) }),
    ...(endBy === undefined ? {} : { endBy: isoOf(endBy) }),
    ...(snoozes === 0 ? {} : { snoozes }),
  };
}

function liveJson({ holder, readyAt, progress }: Extract<RunView, { kind: 'live' }>) {
  return {
    readyAt: isoOf(readyAt),
    startedAt: isoOf(holder?.startedAt),
    finishedAt: null,
    worker: holder?.worker ?? null,
    progress: progress ?? null,
    result: null,
  };
}

function finishedJson({ startedAt, finishedAt, worker, result }: Extract<RunView, { kind: 'finished' }>) {
  return {
    readyAt: null,
    startedAt: isoOf(startedAt),
    finishedAt: isoOf(finishedAt),
    worker: worker === '' ? null : worker,
    progress: null,
    result: result ?? null,
  };
}
