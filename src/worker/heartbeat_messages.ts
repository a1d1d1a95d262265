import type { RedisTarget } from '../core/redis_target.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { WorkerInfo, WorkerOrder } from '../store/workers.ts';

/** The part of a lease after which it is not trusted any more: attempts end themselves before it can move. */
export const SAFE_LEASE_SHARE = 0.85;

/** How long Redis keeps what a worker has code for without a word of it. */
export const CODE_KEEP_MS: DurationMs = 600_000;

/** What the heartbeat thread is started with. */
export type HeartbeatSetup = {
  target: RedisTarget;
  namespace: string;
  shards: number;
  board: SharedArrayBuffer;
  leaseMs: DurationMs;
  info: WorkerInfo;
  /** `unlisted`: it keeps leases and is not on the list of workers until it is described: it claims nothing yet. */
  presence: 'listed' | 'unlisted';
  code: { name: string; jobs: string[] };
};

export type ToHeartbeat =
  | { kind: 'info'; info: WorkerInfo }
  | { kind: 'code'; code: HeartbeatSetup['code'] }
  | { kind: 'stop' };

export type FromHeartbeat =
  | { kind: 'ready' }
  | { kind: 'beat' }
  /** Another holds the attempt by now, or nobody. */
  | { kind: 'lost'; id: string; token: string }
  | { kind: 'cancel'; id: string; token: string }
  /** To drain and exit; said again with each beat. */
  | { kind: 'order'; order: WorkerOrder }
  /** No lease of the shard could be renewed for so long that they may move at any moment. */
  | { kind: 'expiring'; shard: number }
  | { kind: 'error'; error: string };
