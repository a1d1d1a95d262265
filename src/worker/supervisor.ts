import type { EventBus } from '../core/events.ts';
import type { LogLevel } from '../core/job.ts';
import type { RunLogs } from '../core/log_line.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import type { RunStore } from '../store/runs.ts';
import type { Executor } from './executor.ts';
import type { LiveAttempt, StopReason } from './live_attempt.ts';
import { createLogBuffer } from './log_buffer.ts';

/** How often deadlines are looked at and collected log lines and progress are sent, while attempts live. */
const PATROL_MS: DurationMs = 100;
/** A handler in this process that ignores its signal is left behind after this long. */
const GRACE_MS: DurationMs = 1_000;

export type SupervisorDeps = {
  runsOf: (job: string) => Pick<RunStore, 'appendLog' | 'setProgress'>;
  events: EventBus;
  clock: Clock;
  maxLogBytes: number;
  runLogs: RunLogs;
  logKeepMs: DurationMs;
  killAfterMs: DurationMs;
};

/** Watches the live attempts of a process: timeouts, cancels, lost leases; carries their log lines and progress out. */
export type Supervisor = {
  add(live: LiveAttempt): void;
  /** Sends what was logged. Settle after the promise, if there is one: a settled attempt's log is closed. */
  remove(live: LiveAttempt): Promise<void> | undefined;
  live(): Iterable<LiveAttempt>;
  size(): number;
  stop(live: LiveAttempt, reason: StopReason): void;
  find(id: string, token: string): LiveAttempt | undefined;
  writeLog(live: LiveAttempt, level: LogLevel, message: string, fields?: Record<string, unknown>): void;
};

export function createSupervisor(deps: SupervisorDeps, executor: () => Executor): Supervisor {
  const { clock, events } = deps;
  const attempts = new Map<string, LiveAttempt>();
  let patrol: NodeJS.Timeout | undefined;

  const stop = (live: LiveAttempt, reason: StopReason): void => {
    if (!live.stop(reason, clock.monotonic())) return;
    events.emit('attempt.stopping', { job: live.attempt.run.job, run: live.attempt.run.id, reason });
  };

  const graceOf = (live: LiveAttempt): DurationMs =>
    live.definition.isolation === 'inline' ? GRACE_MS : deps.killAfterMs + GRACE_MS;

  const check = (live: LiveAttempt, at: number): void => {
    if (at >= live.expiresAt) stop(live, 'expired');
    else if (at >= live.deadline) stop(live, 'timeout');
    if (live.stopping && at >= live.stopping.at + graceOf(live)) executor().abandon(live);
    else {
      void flushLog(live);
      flushProgress(live);
    }
  };

  const flushLog = (live: LiveAttempt): Promise<void> | undefined => {
    const text = live.log?.take();
    if (text === undefined || text === '') return undefined;
    const { run, token } = live.attempt;
    const keep = { bytes: deps.maxLogBytes, ms: deps.logKeepMs };
    return deps
      .runsOf(run.job)
      .appendLog({ id: run.id, token }, text, keep)
      .then((answer) => {
        if (answer === 'fenced') events.emit('attempt.fenced', { job: run.job, run: run.id, kind: 'log' });
      })
      .catch(() => undefined); // lines are lost with the connection; the run goes on
  };

  const flushProgress = (live: LiveAttempt): void => {
    if (live.progress === undefined || live.progress === live.reported) return;
    live.reported = live.progress;
    const { run, token } = live.attempt;
    deps
      .runsOf(run.job)
      .setProgress({ id: run.id, token }, live.progress)
      .catch(() => undefined);
  };

  const start = (): void => {
    patrol ??= setInterval(() => {
      const at = clock.monotonic();
      for (const live of attempts.values()) check(live, at);
      if (attempts.size === 0) {
        clearInterval(patrol);
        patrol = undefined;
      }
    }, PATROL_MS);
  };

  return {
    add(live) {
      attempts.set(keyOf(live.attempt.run.id, live.attempt.token), live);
      start();
    },
    remove(live) {
      attempts.delete(keyOf(live.attempt.run.id, live.attempt.token));
      return flushLog(live);
    },
    live: () => attempts.values(),
    size: () => attempts.size,
    stop,
    find: (id, token) => attempts.get(keyOf(id, token)),
    writeLog(live, level, message, fields) {
      const { job, id } = live.attempt.run;
      if (live.ended) return;
      live.log ??= createLogBuffer(deps.maxLogBytes, deps.runLogs === 'stdout' ? 'counted' : 'collected');
      const line = live.log.add({ at: clock.now(), level, message, fields });
      if (line === undefined) return;
      live.logged ||= deps.runLogs !== 'stdout';
      if (live.log.isFull()) void flushLog(live);
      if (!events.heard('run.log')) return;
      const attempt = live.attempt.run.attempts + 1;
      events.emit('run.log', { job, run: id, attempt, ...line, fields: line.fields });
    },
  };
}

/** A token is unique on its shard only. */
function keyOf(id: string, token: string): string {
  return `${id} ${token}`;
}
