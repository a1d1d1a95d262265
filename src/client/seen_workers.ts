import type { SeenWorker } from '../core/restart/restart.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { ListedWorker, WorkerInfo } from '../store/workers.ts';

/** A worker says that it lives six times in the time that its word counts; one that has missed two is not counted on. */
const SILENT_SHARE = 2.5 / 6;
/** Of workers that do not say how long they drain: the default of the setting. */
const DRAIN_MS: DurationMs = 20_000;

/** Which process a worker lives in; older ones are told apart by host and pid. */
export function processOf({ process, host, pid }: WorkerInfo): string {
  return process ?? `${host}:${pid}`;
}

export function seenWorkerOf({ info, silentMs }: ListedWorker): SeenWorker {
  const { id, host, pid, pool, version, deployment, slots, state, drainMs = DRAIN_MS, keepMs, roles } = info;
  const isSilent = keepMs !== undefined && silentMs > keepMs * SILENT_SHARE;
  return {
    id,
    process: processOf(info),
    host,
    pid,
    pool,
    version,
    deployment,
    slots,
    state: isSilent ? 'silent' : state,
    drainMs,
    roles,
  };
}
