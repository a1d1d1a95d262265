import { pauseJson } from '../client/json_views.ts';
import type { JobView } from '../client/jobs.ts';
import type { RunView } from '../client/runs.ts';
import { describeRule } from '../core/time/words.ts';
import { attemptsOf } from './attempts.ts';
import { isoOf } from './instants.ts';

/** A job as `--json` answers it; times are ISO 8601, lengths ms, null where there is none. */
export function jobJson({ record, rule, stats, nextFireTime, nextDue, quarantined, pause, blocked }: JobView) {
  const { name, description, owner, queue, priority, isolation, policy, rate, sloLagMs } = record;
  return {
    name,
    description,
    owner,
    queue,
    priority,
    isolation,
    schedule: scheduleJson(rule, name),
    retry: { attempts: policy.attempts, backoff: policy.backoff },
    timeoutMs: policy.timeoutMs === 0 ? null : policy.timeoutMs,
    rate: rate ?? null,
    sloLagMs,
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
    rule,
  };
}

/** A run as `--json` answers it. */
export function runJson(view: RunView) {
  const { id, job, queue, priority, fireTime, payloadJson } = view.run;
  return {
    id,
    job,
    state: view.state,
    queue,
    priority,
    fireTime: isoOf(fireTime),
    attempts: attemptsOf(view),
    payload: JSON.parse(payloadJson) as unknown,
    error: view.error ?? null,
    ...(view.kind === 'live' ? liveJson(view) : finishedJson(view)),
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
