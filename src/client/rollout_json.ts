import type { Uncovered } from '../core/rollout/coverage.ts';
import type { RolloutStatus } from '../core/rollout/progress.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { GateAnswer } from './rollout.ts';

const isoOf = (at: EpochMs | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** Which versions run, as the API and `--json` answer it; times are ISO 8601, null where there is none. */
export function rolloutJson({
  now,
  version,
  since,
  state,
  progress,
  workers,
  schedulers,
  shards,
  differing,
}: RolloutStatus) {
  return {
    at: isoOf(now),
    version: version ?? null,
    since: isoOf(since),
    state,
    progress,
    workers: workers.map(({ revision, startedFrom, startedTo, ...group }) => ({
      ...group,
      revision: revision ?? null,
      startedFrom: isoOf(startedFrom),
      startedTo: isoOf(startedTo),
    })),
    schedulers,
    shards: shards.map(({ shard, leader }) => ({
      shard,
      leader: leader === undefined ? null : { ...leader, version: leader.version ?? null, since: isoOf(leader.since) },
    })),
    differing,
  };
}

export function gateJson({ reasons, uncovered, version, since, backlog, seen }: GateAnswer) {
  return {
    open: reasons.length === 0,
    at: isoOf(backlog.at),
    version: version ?? null,
    since: isoOf(since),
    reasons,
    uncovered: uncovered.map(uncoveredJson),
    backlog: Object.fromEntries(backlog.queues),
    complete: seen === 'all',
  };
}

function uncoveredJson({ queue, job, runs, why }: Uncovered) {
  return { queue, job, runs, why: why === 'unserved' ? 'no worker asks for the queue' : 'no worker has the code' };
}
