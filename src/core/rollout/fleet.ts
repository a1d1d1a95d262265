import type { EpochMs } from '../time/units.ts';

/** A live worker, as a rollout looks at it. */
export type RolloutWorker = {
  id: string;
  pool: string;
  /** What its deployment is called, where whoever deploys said it; else the version of Belfry. */
  version: string;
  queues: readonly string[];
  /** Name of the set of jobs that it has code for. */
  code: string;
  /** Of the definitions of these jobs; undefined for a worker that is too old to say. */
  revision: string | undefined;
  slots: number;
  busy: number;
  startedAt: EpochMs;
  /** Since when it takes no runs any more; undefined while it does. */
  drainingSince: EpochMs | undefined;
};

/** A live replica of the scheduler. */
export type RolloutScheduler = { id: string; version: string; state: 'able' | 'unable' };

/** Who leads a shard now; undefined for nobody. `version` is undefined where the leader did not say it. */
export type RolloutShard = {
  shard: number;
  leader: { id: string; host: string; pid: number; version: string | undefined; since: EpochMs } | undefined;
};

/** Everything that runs, with the jobs of each set of code. */
export type Fleet = {
  now: EpochMs;
  workers: readonly RolloutWorker[];
  schedulers: readonly RolloutScheduler[];
  shards: readonly RolloutShard[];
  codes: ReadonlyMap<string, ReadonlySet<string>>;
};

/** The version that is rolled out: that of the worker that started last, or of the schedulers where there is no worker. */
export function newestVersion({ workers, schedulers }: Pick<Fleet, 'workers' | 'schedulers'>): string | undefined {
  const [newest] = [...workers].sort((a, b) => b.startedAt - a.startedAt);
  return newest?.version ?? schedulers.at(-1)?.version;
}

/** When the first worker of a version started; undefined where none lives. */
export function beginningOf(version: string | undefined, { workers }: Pick<Fleet, 'workers'>): EpochMs | undefined {
  const starts = workers.filter((worker) => worker.version === version).map(({ startedAt }) => startedAt);
  return starts.length === 0 ? undefined : Math.min(...starts);
}
