import type { EventBus } from '../core/events.ts';
import { hasNotes } from '../core/extras.ts';
import type { RunLogs } from '../core/log_line.ts';
import type { RunPolicy } from '../core/policy.ts';
import type { Attempt, Settlement } from '../core/run.ts';
import type { Seal } from '../core/seal.ts';
import { lastsAtMost } from '../core/start_bounds.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import type { OfferTracing } from '../core/tracing.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { policyOf, type Code } from './code.ts';
import type { EnqueueMany } from './context.ts';
import { createExecutor } from './executor.ts';
import { NO_ROW, type Ended } from './feed.ts';
import type { KinDeps } from './kin.ts';
import type { LeaseBoard } from './lease_board.ts';
import { LiveAttempt, type StopReason } from './live_attempt.ts';
import { createNoteWriter } from './note_writer.ts';
import type { RunMemory } from './run_notes.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

export type AttemptsDeps = {
  store: Store;
  board: LeaseBoard;
  code: () => Code;
  enqueueMany: EnqueueMany;
  clock: Clock;
  events: EventBus;
  seal: Seal;
  kin: Pick<KinDeps, 'spawn' | 'addToBatch'>;
  tracing: OfferTracing;
  /** An attempt is over: hand it to its shard's feed. */
  onEnd: (shard: number, ended: Ended) => void;
};

export type AttemptsOptions = {
  killAfterMs: DurationMs;
  limits: { resultBytes: number; logBytes: number; logKeepMs: DurationMs };
  runLogs: RunLogs;
  cacheDirectory: string | undefined;
  random: () => number;
};

/** The attempts of this process, from the claim to the settlement. */
export type Attempts = {
  begin(store: ShardStore, attempt: Attempt, now: EpochMs): void;
  /** The settlement was confirmed or refused: nothing is held any more. */
  settled(ended: Ended): void;
  /** Returns the job of the attempt if it is live. */
  stop(id: string, token: string, reason: StopReason): string | undefined;
  stopAll(reason: StopReason): void;
  /** Stops the attempts on a shard that are this old: younger ones have a lease of their own since their claim. */
  stopOlder(shard: number, ageMs: DurationMs): void;
  live(): number;
  /** By job, when the oldest of its live attempts began. */
  oldestStarts(): ReadonlyMap<string, EpochMs>;
  /** Whether the attempt is live, or over and not yet settled. */
  knows(id: string, token: string): boolean;
};

type Start = { row: number; policy: RunPolicy; now: EpochMs; notes: RunMemory['notes'] | undefined };

export function createAttempts(deps: AttemptsDeps, options: AttemptsOptions): Attempts {
  const { store, board, clock, events } = deps;
  const unsettled = new Set<string>();

  const finish = (live: LiveAttempt, settlement: Settlement): void => {
    const { attempt, row, startedAt } = live;
    const shard = store.of(attempt.run.job).shard.index;
    const ended = { attempt, row, settlement, tookMs: clock.monotonic() - startedAt, traceparent: live.traceparent };
    const logged = supervisor.remove(live);
    if (logged || live.notes) void Promise.all([logged, live.notes?.idle()]).then(() => deps.onEnd(shard, ended));
    else deps.onEnd(shard, ended);
  };

  const supervisor: Supervisor = createSupervisor(
    {
      runsOf: (job) => store.of(job).runs,
      events,
      clock,
      maxLogBytes: options.limits.logBytes,
      runLogs: options.runLogs,
      logKeepMs: options.limits.logKeepMs,
      killAfterMs: options.killAfterMs,
    },
    () => executor,
  );
  const executor = createExecutor({
    events,
    seal: deps.seal,
    tracing: deps.tracing,
    enqueueMany: deps.enqueueMany,
    writeLog: supervisor.writeLog,
    kin: {
      ...deps.kin,
      childrenOf: (job) => store.of(job).children,
      storedResult: ({ job, id }) => store.of(job).history.finished(id),
    },
    writeNote: createNoteWriter({ runsOf: (job) => store.of(job).runs, events }),
    maxResultBytes: options.limits.resultBytes,
    killAfterMs: options.killAfterMs,
    cacheDirectory: options.cacheDirectory,
    random: options.random,
    now: () => clock.now(),
    onEnd: finish,
  });

  const start = (attempt: Attempt, { row, policy, now, notes }: Start): void => {
    const definition = deps.code().jobs.get(attempt.run.job);
    if (!definition) {
      release(attempt, row);
      return;
    }
    const lastsMs = lastsAtMost(attempt.run, now);
    const live = new LiveAttempt({ attempt, definition, policy, row, startedAt: clock.monotonic(), lastsMs, notes });
    supervisor.add(live);
    executor.run(live, now);
  };

  /** The code went away between the claim and here (a reload): another worker may have it. */
  const release = (attempt: Attempt, row: number): void => {
    deps.onEnd(store.of(attempt.run.job).shard.index, { attempt, row, settlement: { outcome: 'released' }, tookMs: 0 });
  };

  return {
    begin(shardStore, attempt, now) {
      const { run, token } = attempt;
      unsettled.add(`${run.id} ${token}`);
      const row = board.hold({ shard: shardStore.shard.index, id: run.id, token });
      const policy = deps.code().policies.get(run.policy);
      const isNoted = hasNotes(run.extras);
      if (policy && !isNoted) {
        start(attempt, { row, policy, now, notes: undefined });
        return;
      }
      Promise.all([
        policy ?? policyOf(deps.code(), shardStore, run),
        isNoted ? shardStore.runs.notes(run.id) : undefined,
      ]).then(
        ([found, notes]) => start(attempt, { row, policy: found, now, notes }),
        () => release(attempt, row),
      );
    },
    settled({ attempt, row }) {
      if (row !== NO_ROW) board.withdraw(row);
      unsettled.delete(`${attempt.run.id} ${attempt.token}`);
    },
    stop(id, token, reason) {
      const live = supervisor.find(id, token);
      if (live) supervisor.stop(live, reason);
      return live?.attempt.run.job;
    },
    stopAll(reason) {
      for (const live of supervisor.live()) supervisor.stop(live, reason);
    },
    stopOlder(shard, ageMs) {
      const before = clock.monotonic() - ageMs;
      for (const live of supervisor.live()) {
        const isThere = store.of(live.attempt.run.job).shard.index === shard;
        if (isThere && live.startedAt < before) supervisor.stop(live, 'lease-lost');
      }
    },
    live: () => supervisor.size(),
    oldestStarts() {
      const oldest = new Map<string, EpochMs>();
      const epochMs = clock.now() - clock.monotonic();
      for (const { attempt, startedAt } of supervisor.live()) {
        const at = epochMs + startedAt;
        oldest.set(attempt.run.job, Math.min(at, oldest.get(attempt.run.job) ?? Infinity));
      }
      return oldest;
    },
    knows: (id, token) => unsettled.has(`${id} ${token}`),
  };
}
