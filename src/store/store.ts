import type { Connection } from './connect.ts';
import { createHistoryStore, type HistoryStore } from './history.ts';
import { createJobStore, type JobStore } from './jobs.ts';
import { createLeadershipStore, type LeadershipStore } from './leadership.ts';
import { createReplicaStore, type ReplicaStore } from './replicas.ts';
import { createRunStore, type RunStore } from './runs.ts';
import { createScheduleStore, type ScheduleStore } from './schedules.ts';
import { createShard, shardIndexOf, type Shard, type ShardDeps } from './shard.ts';
import { createWorkerStore, type WorkerStore } from './workers.ts';

export type ShardStore = {
  shard: Shard;
  runs: RunStore;
  schedules: ScheduleStore;
  jobs: JobStore;
  history: HistoryStore;
  leadership: LeadershipStore;
};

/** Everything in Redis, by shard. Consumers name the slice they need. */
export type Store = {
  namespace: string;
  connection: Connection;
  shards: ShardStore[];
  workers: WorkerStore;
  replicas: ReplicaStore;
  /** The shard that a job and its runs live on. */
  of(job: string): ShardStore;
};

export function openStore(options: { namespace: string; shards: number } & ShardDeps): Store {
  const { namespace, shards: count, ...deps } = options;
  const shards = Array.from({ length: count }, (_, index) => openShard(createShard(namespace, index, deps)));
  const first = shards[0] as ShardStore;
  return {
    namespace,
    connection: deps.connection,
    shards,
    workers: createWorkerStore(first.shard),
    replicas: createReplicaStore(first.shard),
    of: (job) => shards[shardIndexOf(job, count)] as ShardStore,
  };
}

function openShard(shard: Shard): ShardStore {
  return {
    shard,
    runs: createRunStore(shard),
    schedules: createScheduleStore(shard),
    jobs: createJobStore(shard),
    history: createHistoryStore(shard),
    leadership: createLeadershipStore(shard),
  };
}
