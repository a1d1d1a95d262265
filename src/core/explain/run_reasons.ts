import type { PauseNote } from '../freeze.ts';
import { servesQueue } from '../queue_weights.ts';
import type { FinalState, RunError } from '../run.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';
import type { LimitReason } from './limit_reasons.ts';
import type { RunNote } from './run_note.ts';

/** A live worker, as it was last heard of. */
export type WorkerNote = { id: string; pool: string; host: string; version: string };

/** What holds a run in its state. Several can hold it at once. */
export type RunReason =
  | { kind: 'finished'; outcome: FinalState; at: EpochMs; tookMs: DurationMs | undefined; error: RunError | undefined }
  | {
      kind: 'running';
      worker: string;
      since: EpochMs;
      leaseUntil: EpochMs | undefined;
      /** It was asked to stop, and its worker learns of it with its next renewal. */
      stop: 'asked' | 'not-asked';
    }
  | { kind: 'retry'; at: EpochMs; failures: number; error: RunError | undefined }
  | { kind: 'delayed'; until: EpochMs }
  /** Put off by its own handler. */
  | { kind: 'snoozed'; until: EpochMs; count: number }
  /** It is cancelled if it has not started, or ended, before that. */
  | { kind: 'deadline'; of: 'start' | 'end'; before: EpochMs }
  | { kind: 'children'; since: EpochMs; pending: number; failed: number; total: number; next: 'gather' | 'finish' }
  | { kind: 'held'; since: EpochMs; behind: RunNote[]; gone: string[] }
  | { kind: 'queue-paused'; queue: string; pause: PauseNote | undefined }
  | LimitReason
  | { kind: 'no-worker'; queue: string }
  | { kind: 'no-code'; queue: string; workers: WorkerNote[] }
  | { kind: 'busy'; slots: number; free: number; ahead: number; moreUrgent: number };

/** Where a ready run waits. */
export type ReadyPlace = {
  /** Ready runs of the same job and priority before it; undefined where it is in no lane at this moment. */
  ahead: number | undefined;
  /** Ready runs of more urgent lanes of its queue. */
  moreUrgent: number;
};

export type ListeningWorker = WorkerNote & {
  queues: readonly string[];
  slots: number;
  busy: number;
  state: 'running' | 'draining';
  code: 'has-job' | 'lacks-job';
};

export type ReadyFacts = {
  queue: string;
  /** Why its queue is paused; `unknown` where it was not paused through Belfry. */
  pause?: PauseNote | 'unknown' | undefined;
  place: ReadyPlace;
  /** Keys of the run that hold it back. */
  limits: readonly LimitReason[];
  workers: readonly ListeningWorker[];
};

/** Why a ready run has not been claimed: who could claim it, and what comes before it. */
export function reasonsOfReady({ queue, pause, place, limits, workers }: ReadyFacts): RunReason[] {
  const reasons: RunReason[] = [];
  if (pause !== undefined)
    reasons.push({ kind: 'queue-paused', queue, pause: pause === 'unknown' ? undefined : pause });
  reasons.push(...limits);
  const listening = workers.filter(({ queues, state }) => state === 'running' && servesQueue(queues, queue));
  if (listening.length === 0) return [...reasons, { kind: 'no-worker', queue }];
  const able = listening.filter(({ code }) => code === 'has-job');
  if (able.length === 0) return [...reasons, { kind: 'no-code', queue, workers: listening.map(toNote) }];
  const slots = able.reduce((sum, worker) => sum + worker.slots, 0);
  const busy = able.reduce((sum, worker) => sum + worker.busy, 0);
  const free = Math.max(0, slots - busy);
  // A free slot does not help what a pause or a limit holds back.
  if (reasons.length > 0 && free > 0) return reasons;
  const { ahead = 0, moreUrgent } = place;
  return [...reasons, { kind: 'busy', slots, free, ahead, moreUrgent }];
}

function toNote({ id, pool, host, version }: ListeningWorker): WorkerNote {
  return { id, pool, host, version };
}
