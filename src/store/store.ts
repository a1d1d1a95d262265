import { createBackfillStore, type BackfillStore } from './backfills.ts';
import { createBatchStore, type BatchStore } from './batches.ts';
import { createBulkStore, type BulkStore } from './bulks.ts';
import { createCalendarStore, type CalendarStore } from './calendars.ts';
import { createChildrenStore, type ChildrenStore } from './children.ts';
import type { Connection } from './connect.ts';
import { createDependencyStore, type DependencyStore } from './dependencies.ts';
import { createFreezeStore, type FreezeStore } from './freezes.ts';
import { createHistoryStore, type HistoryStore } from './history.ts';
import { createJobStore, type JobStore } from './jobs.ts';
import { createLeadershipStore, type LeadershipStore } from './leadership.ts';
import { createLetterStore, type LetterStore } from './letters.ts';
import { createLimitStore, type LimitStore } from './limits.ts';
import { createMarkStore, type MarkStore } from './marks.ts';
import { createOutboxStore, type OutboxStore } from './outbox.ts';
import { createQueuePauseStore, type QueuePauseStore } from './queue_pauses.ts';
import { createReplicaStore, type ReplicaStore } from './replicas.ts';
import { createRestartStore, type RestartStore } from './restarts.ts';
import { createRunStore, type RunStore } from './runs.ts';
import { createScheduleChanges, type ScheduleChanges } from './schedule_changes.ts';
import { createScheduleStore, type ScheduleStore } from './schedules.ts';
import { createShard, shardIndexOf, type Shard, type ShardDeps } from './shard.ts';
import { createStartStore, type StartStore } from './starts.ts';
import { createUniqueStore, type UniqueStore } from './unique_runs.ts';
import { createWhereabouts, type Whereabouts } from './whereabouts.ts';
import { createWorkerStore, type WorkerStore } from './workers.ts';

export type ShardStore = {
  shard: Shard;
  runs: RunStore;
  schedules: ScheduleStore;
  changes: ScheduleChanges;
  backfills: BackfillStore;
  freezes: FreezeStore;
  calendars: CalendarStore;
  jobs: JobStore;
  history: HistoryStore;
  leadership: LeadershipStore;
  whereabouts: Whereabouts;
  marks: MarkStore;
  unique: UniqueStore;
  limits: LimitStore;
  bulks: BulkStore;
  letters: LetterStore;
  pauses: QueuePauseStore;
  outbox: OutboxStore;
  dependencies: DependencyStore;
  children: ChildrenStore;
  batches: BatchStore;
};

/** Everything in Redis, by shard. Consumers name the slice they need. */
export type Store = {
  namespace: string;
  connection: Connection;
  shards: ShardStore[];
  workers: WorkerStore;
  replicas: ReplicaStore;
  starts: StartStore;
  restarts: RestartStore;
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
    starts: createStartStore(first.shard),
    restarts: createRestartStore(first.shard),
    of: (job) => shards[shardIndexOf(job, count)] as ShardStore,
  };
}

function openShard(shard: Shard): ShardStore {
  return {
    shard,
    runs: createRunStore(shard),
    schedules: createScheduleStore(shard),
    changes: createScheduleChanges(shard),
    backfills: createBackfillStore(shard),
    freezes: createFreezeStore(shard),
    calendars: createCalendarStore(shard),
    jobs: createJobStore(shard),
    history: createHistoryStore(shard),
    leadership: createLeadershipStore(shard),
    whereabouts: createWhereabouts(shard),
    marks: createMarkStore(shard),
    unique: createUniqueStore(shard),
    limits: createLimitStore(shard),
    bulks: createBulkStore(shard),
    letters: createLetterStore(shard),
    pauses: createQueuePauseStore(shard),
    outbox: createOutboxStore(shard),
    dependencies: createDependencyStore(shard),
    children: createChildrenStore(shard),
    batches: createBatchStore(shard),
  };
}
