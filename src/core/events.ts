import type { BulkAction } from './bulk.ts';
import type { FinalState, RunOrigin } from './run.ts';
import type { Refusal } from './seal.ts';
import type { DurationMs, EpochMs } from './time/units.ts';
import type { VerdictWord } from './verdict.ts';

/** Everything that happens, said once, after it is committed. Logs and metrics listen; nothing else counts. */
export type Events = {
  'redis.lost': { reason: string };
  'redis.back': { downMs: DurationMs };
  'redis.warning': { warning: string; hint: string };
  /** Another process brings the state of a shard to a newer format; this one waits for it. */
  'state.migrating': { shard: number };
  'state.migrated': { shard: number; from: number; to: number; changed: number };
  /** Many processes start at once: this one waits for its turn. */
  'start.paced': { waitMs: DurationMs };
  'redis.called': { script: string; tookMs: DurationMs };
  'clock.measured': { offsetMs: DurationMs };
  'leader.elected': { shard: number; epoch: string; id: string };
  'leader.lost': { shard: number; epoch: string; reason: string };
  'leader.write_refused': { shard: number; epoch: string; script: string };
  /** It could lead but must not: a live replica has newer tzdata. Said again when the newest version changes. */
  'leader.abstained': { shard: number; own: string; newest: string };
  'leader.contended': { shard: number; error: string };
  'tick.done': { shard: number; tookMs: DurationMs; due: number; fired: number; nextDueMs: EpochMs | undefined };
  'tick.failed': { shard: number; error: string };
  'schedule.verdict': {
    job: string;
    schedule: string;
    word: VerdictWord;
    fireTime: EpochMs;
    count: number;
    lagMs: DurationMs;
    /** See Verdict. */
    detail: string | undefined;
  };
  /** By a person, through this process. */
  'schedules.controlled': { action: 'paused' | 'resumed'; count: number; by: string; note: string | undefined };
  /** By a person, through this process: a freeze that was said or lifted. */
  'freeze.controlled': { action: 'said' | 'lifted'; freeze: string; by: string; why: string };
  /** A calendar has no file any more, and stays because schedules name it: ids of some. */
  'calendar.kept': { calendar: string; namedBy: string };
  /** By the leader, after dead letters in a row. */
  'schedule.paused': { job: string; schedule: string; by: string; note: string };
  /** Its pause has come to the end that somebody had set. */
  'schedule.resumed': { job: string; schedule: string };
  'backfill.done': { schedule: string; backfill: string; kind: 'catch-up' | 'backfill'; released: number };
  /** By a person through this process, or by the leader (`belfry`) when its time is over. */
  'queue.paused': { queue: string; by: string; note: string };
  'queue.resumed': { queue: string; by: string };
  /** One shard's part of a bulk operation is through. */
  'bulk.done': { shard: number; bulk: string; action: BulkAction; done: number; failed: number };
  'schedule.quarantined': { schedule: string; error: string; hint: string | undefined };
  'schedule.repaired': { shard: number; count: number };
  'jobs.registered': { added: string[]; changed: string[]; removed: string[]; total: number };
  'jobs.broken': { file: string; error: string; hint: string | undefined };
  'jobs.loaded': { total: number; broken: number };
  'worker.started': { worker: string; pool: string; slots: number; jobs: number };
  /** It was told to drain and exit, and its process with it. */
  'worker.ordered': { worker: string; by: string; note?: string; restart?: string };
  'worker.draining': { worker: string; live: number; deadlineMs: DurationMs };
  'worker.stopped': { worker: string; released: number };
  'worker.claim_failed': { worker: string; shard: number; error: string };
  'worker.slots': { pool: string; slots: number; busy: number };
  'run.started': {
    job: string;
    queue: string;
    run: string;
    attempt: number;
    origin: RunOrigin;
    lagMs: DurationMs;
    waitMs: DurationMs;
    /** W3C trace context of the attempt's span, or what the run was enqueued with. */
    traceparent?: string | undefined;
  };
  'run.finished': {
    job: string;
    run: string;
    attempt: number;
    /** `expired`: it was stopped, and cancelled, at the end of its expiry. */
    outcome: FinalState | 'expired';
    tookMs: DurationMs;
    error: string | undefined;
    /** As in run.started; none where the run ended without an attempt in this process. */
    traceparent?: string | undefined;
  };
  'run.retrying': { job: string; run: string; attempt: number; delayMs: DurationMs; error: string };
  /** By a worker that cannot or must not use its payload: it becomes a dead letter. */
  'run.refused': { job: string; run: string; reason: Refusal };
  'run.snoozed': { job: string; run: string; delayMs: DurationMs };
  /** It was not started by its deadline, or not over by its expiry, and is cancelled; nobody worked on it. */
  'run.expired': { job: string; run: string };
  'run.released': { job: string; run: string };
  'run.crashed': { job: string; run: string; worker: string; crashes: number; fate: 'retrying' | 'dead' };
  'run.log': {
    job: string;
    run: string;
    attempt: number;
    at: EpochMs;
    level: 'debug' | 'info' | 'warn' | 'error';
    message: string;
    fields: Record<string, unknown> | undefined;
  };
  'attempt.fenced': { job: string; run: string; kind: 'settle' | 'heartbeat' | 'log' | 'progress' | 'note' };
  'attempt.stopping': { job: string; run: string; reason: 'timeout' | 'cancel' | 'drain' | 'lease-lost' | 'expired' };
};

export type EventName = keyof Events;
type Listener<Name extends EventName> = (event: Events[Name]) => void;

export type EventBus = {
  emit<Name extends EventName>(name: Name, event: Events[Name]): void;
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void;
  /** Whether anybody listens: lets a hot path skip building an event. */
  heard(name: EventName): boolean;
};

/** A synchronous bus. A listener that throws is a defect of the listener; it does not reach the one who emits. */
export function createEventBus(onListenerError: (error: unknown) => void = () => undefined): EventBus {
  const listeners = new Map<EventName, Set<Listener<never>>>();
  return {
    emit(name, event) {
      for (const listener of listeners.get(name) ?? []) {
        try {
          listener(event as never);
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    heard(name) {
      return (listeners.get(name)?.size ?? 0) > 0;
    },
  };
}
