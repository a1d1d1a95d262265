import type { EpochMs } from '../time/units.ts';
import { beginningOf, newestVersion, type Fleet, type RolloutShard, type RolloutWorker } from './fleet.ts';

/** Workers of a pool that run the same code under the same version. */
export type WorkerGroup = {
  pool: string;
  version: string;
  code: string;
  /** Of the definitions; undefined for workers that are too old to say. */
  revision: string | undefined;
  workers: number;
  draining: number;
  slots: number;
  busy: number;
  /** When the first and the last of them started. */
  startedFrom: EpochMs;
  startedTo: EpochMs;
};

export type SchedulerGroup = { version: string; replicas: number; able: number };

/** A job that some live workers have code for and others of them have not, by version. */
export type DifferingJob = { job: string; with: string[]; without: string[] };

export type Done = { done: number; all: number };

export type RolloutStatus = {
  now: EpochMs;
  /** The version that is rolled out; undefined where nothing lives. */
  version: string | undefined;
  /** When its first worker started. */
  since: EpochMs | undefined;
  /** `settled`: everything that lives has the version, and nothing drains. */
  state: 'settled' | 'rolling' | 'nothing-lives';
  workers: WorkerGroup[];
  schedulers: SchedulerGroup[];
  shards: readonly RolloutShard[];
  differing: DifferingJob[];
  progress: { workers: Done; schedulers: Done; shards: Done };
};

/** How far a version is: of everything that lives, what has it. `version` undefined: that of whatever started last. */
export function describeRollout(fleet: Fleet, version: string | undefined = newestVersion(fleet)): RolloutStatus {
  const { now, workers, schedulers, shards } = fleet;
  const count = (list: readonly { version: string | undefined }[]): Done => ({
    done: list.filter((one) => version !== undefined && one.version === version).length,
    all: list.length,
  });
  const progress = {
    workers: count(workers),
    schedulers: count(schedulers),
    shards: count(shards.map(({ leader }) => ({ version: leader?.version }))),
  };
  const isSettled =
    Object.values(progress).every(({ done, all }) => done === all) &&
    workers.every(({ drainingSince }) => drainingSince === undefined);
  return {
    now,
    version,
    since: beginningOf(version, fleet),
    state: workers.length + schedulers.length === 0 ? 'nothing-lives' : isSettled ? 'settled' : 'rolling',
    workers: groupWorkers(workers),
    schedulers: groupSchedulers(fleet),
    shards,
    differing: findDiffering(fleet),
    progress,
  };
}

function groupWorkers(workers: readonly RolloutWorker[]): WorkerGroup[] {
  const groups = new Map<string, WorkerGroup>();
  for (const { pool, version, code, revision, slots, busy, startedAt, drainingSince } of workers) {
    const key = [pool, version, code, revision].join(' ');
    const group = groups.get(key) ?? {
      pool,
      version,
      code,
      revision,
      workers: 0,
      draining: 0,
      slots: 0,
      busy: 0,
      startedFrom: Infinity,
      startedTo: -Infinity,
    };
    group.workers += 1;
    group.draining += drainingSince === undefined ? 0 : 1;
    group.slots += slots;
    group.busy += busy;
    group.startedFrom = Math.min(group.startedFrom, startedAt);
    group.startedTo = Math.max(group.startedTo, startedAt);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) =>
    a.pool === b.pool ? a.startedFrom - b.startedFrom : a.pool < b.pool ? -1 : 1,
  );
}

function groupSchedulers({ schedulers }: Fleet): SchedulerGroup[] {
  const groups = new Map<string, SchedulerGroup>();
  for (const { version, state } of schedulers) {
    const group = groups.get(version) ?? { version, replicas: 0, able: 0 };
    group.replicas += 1;
    group.able += state === 'able' ? 1 : 0;
    groups.set(version, group);
  }
  return [...groups.values()].sort((a, b) => (a.version < b.version ? -1 : 1));
}

function findDiffering({ workers, codes }: Fleet): DifferingJob[] {
  const versions = new Map<string, Set<string>>();
  for (const { version, code } of workers) {
    const jobs = versions.get(version) ?? new Set<string>();
    for (const job of codes.get(code) ?? []) jobs.add(job);
    versions.set(version, jobs);
  }
  const all = [...new Set([...versions.values()].flatMap((jobs) => [...jobs]))].sort();
  const names = [...versions.keys()].sort();
  return all.flatMap((job) => {
    const having = names.filter((version) => versions.get(version)?.has(job) === true);
    if (having.length === names.length) return [];
    return [{ job, with: having, without: names.filter((version) => !having.includes(version)) }];
  });
}
