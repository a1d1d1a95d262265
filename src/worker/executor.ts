import { afterFailure, describeError } from '../core/attempt_end.ts';
import { messageOf, resultIsNotJson, type BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { ChildResult, Json } from '../core/job.ts';
import type { Settlement } from '../core/run.ts';
import { childrenStage, type Gathered } from '../core/kin.ts';
import { originOf } from '../core/run.ts';
import { RefusedRunError, type Seal } from '../core/seal.ts';
import type { OfferTracing } from '../core/tracing.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { carryTrace, withinSpan } from './carried_trace.ts';
import type { ContextDeps } from './context.ts';
import { createContext } from './context.ts';
import { runIsolated } from './isolation/run_isolated.ts';
import { addToOwnBatch, afterSuccess, gatherChildren, resultOfChild, spawnChildren } from './kin.ts';
import type { LiveAttempt } from './live_attempt.ts';
import { readRefusal } from './refusal.ts';

export type ExecutorDeps = ContextDeps & {
  events: EventBus;
  seal: Pick<Seal, 'open'>;
  tracing: OfferTracing;
  maxResultBytes: number;
  killAfterMs: DurationMs;
  cacheDirectory: string | undefined;
  random: () => number;
  now: () => EpochMs;
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
    let bodyJson: string;
    try {
      bodyJson = encodeResult(live, result);
    } catch (thrown) {
      fail(live, resultIsNotJson(thrown));
      return;
    }
    end(live, afterSuccess(live, bodyJson));
  };

  /** What was thrown may throw again when it is read (a getter, a proxy): the attempt is over all the same. */
  const fail = (live: LiveAttempt, thrown: unknown): void => {
    try {
      settleFailure(live, thrown);
    } catch (defect) {
      if (live.ended) throw defect;
      settleFailure(live, new Error('the handler threw something that cannot be read'));
    }
  };

  const settleFailure = (live: LiveAttempt, thrown: unknown): void => {
    if (live.ended) return;
    const { job, id } = live.attempt.run;
    if (thrown instanceof RefusedRunError) {
      delete thrown.stack;
      events.emit('run.refused', { job, run: id, reason: thrown.refusal });
    }
    const refusal = readRefusal(live, thrown, deps);
    end(live, refusal.settlement ?? settlementOf(live, refusal.thrown, deps), refusal.thrown);
  };

  const end = (live: LiveAttempt, settlement: Settlement, thrown?: unknown): void => {
    live.ended = true;
    live.span?.end(settlement.outcome, thrown === undefined ? undefined : messageOf(thrown));
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

  const call = (live: LiveAttempt, payload: Json): unknown =>
    childrenStage(live.attempt.run.extras) === 'gather'
      ? gatherChildren(live, deps.kin).then((gathered) => handle(live, payload, gathered))
      : handle(live, payload);

  const handle = (live: LiveAttempt, payload: Json, gathered?: Gathered): unknown => {
    const { definition } = live;
    const context = createContext(live, payload, deps);
    if (definition.isolation === 'inline') {
      if (gathered === undefined) return definition.run(context);
      const resultOf = (child: ChildResult): Promise<Json | undefined> => resultOfChild(child, deps.kin);
      return definition.gather?.(Object.assign(context, gathered, { resultOf }));
    }
    return runIsolated({
      definition,
      kind: definition.isolation,
      caps: definition.isolationCaps,
      context: {
        payload,
        run: context.run,
        attempt: context.attempt,
        memory: live.memory,
        traceparent: live.traceparent,
        batch: context.batch?.id,
        gathered,
      },
      signal: live.signal,
      killAfterMs: deps.killAfterMs,
      cacheDirectory: deps.cacheDirectory,
      onLog: (level, message, fields) => deps.writeLog(live, level, message, fields),
      onProgress: (fraction) => context.progress(fraction),
      onEnqueue: ({ job, payloads, options }) =>
        withinSpan(live, () => deps.enqueueMany(job, payloads, carryTrace(live, options))),
      onNote: (field, value) => deps.writeNote(live, field, value),
      onSpawn: ({ options, ...words }) =>
        spawnChildren(live, { ...words, options: carryTrace(live, options) }, deps.kin),
      onAddToBatch: (runs) => addToOwnBatch(live, runs, deps.kin),
      onResultOf: (child) => resultOfChild(child, deps.kin),
    });
  };

  const begin = (live: LiveAttempt): void => {
    try {
      const checked = live.definition.validate(JSON.parse(deps.seal.open(live.attempt.run)) as Json);
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
  };

  return {
    run(live, claimedAt) {
      const { run } = live.attempt;
      const { id, job, queue, attempts } = run;
      const tracing = deps.tracing();
      if (tracing !== undefined) {
        live.span = tracing.consume({ job, queue, run: id, attempt: attempts + 1, traceparent: live.traceparent });
      }
      if (events.heard('run.started')) {
        const lagMs = claimedAt - run.fireTime;
        events.emit('run.started', {
          job,
          queue,
          run: id,
          attempt: attempts + 1,
          origin: originOf(run, live.definition.priority),
          lagMs,
          waitMs: lagMs,
          traceparent: live.traceparent,
        });
      }
      if (live.span === undefined) begin(live);
      else live.span.within(() => begin(live));
    },
    abandon: (live) => fail(live, live.stopError()),
  };
}

/** What a failed attempt becomes. A reason from outside decides before what the handler threw in reaction to it. */
function settlementOf(live: LiveAttempt, thrown: unknown, deps: Pick<ExecutorDeps, 'random' | 'writeLog'>): Settlement {
  const { attempt, policy, logged, definition } = live;
  const complain = (text: string): void => deps.writeLog(live, 'warn', text);
  const terms = { policy, code: definition.retryCode, logged, random: deps.random, complain };
  switch (live.stopping?.reason) {
    case 'drain':
    case 'lease-lost':
      return { outcome: 'released' };
    case 'cancel':
      return { outcome: 'cancelled', bodyJson: '', logged };
    case 'expired':
      return {
        outcome: 'cancelled',
        bodyJson: JSON.stringify({ error: describeError(withoutStack(live.stopError())) }),
        logged,
      };
    case 'timeout':
      return afterFailure(attempt.run, { ...terms, thrown: withoutStack(live.stopError()) });
    default:
      return afterFailure(attempt.run, { ...terms, thrown });
  }
}

function withoutStack(error: BelfryError | undefined): BelfryError | undefined {
  if (error) delete error.stack;
  return error;
}

function isPromise(value: unknown): value is Promise<Json> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
