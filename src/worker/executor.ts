import { afterFailure } from '../core/attempt_end.ts';
import type { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Json } from '../core/job.ts';
import type { Settlement } from '../core/run.ts';
import { originOf } from '../core/run.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { ContextDeps } from './context.ts';
import { createContext } from './context.ts';
import { runIsolated } from './isolation/run_isolated.ts';
import type { LiveAttempt } from './live_attempt.ts';

export type ExecutorDeps = ContextDeps & {
  events: EventBus;
  maxResultBytes: number;
  killAfterMs: DurationMs;
  cacheDirectory: string | undefined;
  random: () => number;
  /** The attempt is over: settle it. */
  onEnd: (live: LiveAttempt, settlement: Settlement) => void;
};

/** Runs one attempt: payload read and checked, handler called, result or error turned into a settlement. */
export type Executor = {
  run(live: LiveAttempt, claimedAt: EpochMs): void;
  /** Ends an attempt whose handler did not react to its signal in time. */
  abandon(live: LiveAttempt): void;
};

export function createExecutor(deps: ExecutorDeps): Executor {
  const { events } = deps;

  const succeed = (live: LiveAttempt, result: unknown): void => {
    if (live.ended) return;
    const bodyJson = encodeResult(live, result);
    end(live, { outcome: 'succeeded', bodyJson, logged: live.logged });
  };

  const fail = (live: LiveAttempt, thrown: unknown): void => {
    if (live.ended) return;
    end(live, settlementOf(live, thrown, deps.random));
  };

  const end = (live: LiveAttempt, settlement: Settlement): void => {
    live.ended = true;
    deps.onEnd(live, settlement);
  };

  const encodeResult = (live: LiveAttempt, result: unknown): string => {
    if (result === undefined) return '';
    const json = JSON.stringify({ result }) as string | undefined;
    if (json === undefined) return '';
    if (json.length <= deps.maxResultBytes && Buffer.byteLength(json) <= deps.maxResultBytes) return json;
    deps.writeLog(live, 'warn', `the result is larger than ${deps.maxResultBytes} bytes and was not kept`);
    return '';
  };

  const call = (live: LiveAttempt, payload: Json): unknown => {
    const { definition } = live;
    const context = createContext(live, payload, deps);
    if (definition.isolation === 'inline') return definition.run(context);
    return runIsolated({
      definition,
      kind: definition.isolation,
      context: { payload, run: context.run, attempt: context.attempt },
      signal: live.signal,
      killAfterMs: deps.killAfterMs,
      cacheDirectory: deps.cacheDirectory,
      onLog: (level, message, fields) => deps.writeLog(live, level, message, fields),
      onProgress: (fraction) => context.progress(fraction),
      onEnqueue: ({ job, payloads, options }) => deps.enqueueMany(job, payloads, options),
    });
  };

  return {
    run(live, claimedAt) {
      const { run } = live.attempt;
      if (events.heard('run.started')) {
        const lagMs = claimedAt - run.fireTime;
        events.emit('run.started', {
          job: run.job,
          queue: run.queue,
          run: run.id,
          attempt: run.attempts + 1,
          origin: originOf(run, live.definition.priority),
          lagMs,
          waitMs: lagMs,
        });
      }
      try {
        const checked = live.definition.validate(JSON.parse(run.payloadJson) as Json);
        const outcome = isPromise(checked) ? checked.then((payload) => call(live, payload)) : call(live, checked);
        if (isPromise(outcome)) {
          outcome.then(
            (result) => succeed(live, result),
            (thrown: unknown) => fail(live, thrown),
          );
        } else succeed(live, outcome);
      } catch (thrown) {
        fail(live, thrown);
      }
    },
    abandon: (live) => fail(live, live.stopError()),
  };
}

/** What a failed attempt becomes. A reason from outside decides before what the handler threw in reaction to it. */
function settlementOf(live: LiveAttempt, thrown: unknown, random: () => number): Settlement {
  const { attempt, policy, logged } = live;
  switch (live.stopping?.reason) {
    case 'drain':
    case 'lease-lost':
      return { outcome: 'released' };
    case 'cancel':
      return { outcome: 'cancelled', bodyJson: '', logged };
    case 'timeout':
      return afterFailure(attempt.run, { thrown: withoutStack(live.stopError()), policy, logged, random });
    default:
      return afterFailure(attempt.run, { thrown, policy, logged, random });
  }
}

function withoutStack(error: BelfryError | undefined): BelfryError | undefined {
  if (error) delete error.stack;
  return error;
}

function isPromise(value: unknown): value is Promise<Json> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
