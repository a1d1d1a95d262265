import type { Fleet, RolloutShard, RolloutWorker } from '../core/rollout/fleet.ts';
import type { KindCounts } from '../core/rollout/orphans.ts';
import { DEFAULT_FAILURES } from '../core/slo.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { LeaderInfo } from '../store/leadership.ts';
import type { Replica } from '../store/replicas.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { WorkerInfo } from '../store/workers.ts';
import { readScheduled } from './queued.ts';
import { redisTime } from './redis_time.ts';

/** Everything that lives, as Redis knows it. The cost grows with the processes, not with jobs or runs. */
export async function readFleet(store: Store): Promise<Fleet> {
  const now = await redisTime(store.shards[0] as ShardStore);
  const [workers, replicas, shards] = await Promise.all([
    store.workers.all(now),
    store.replicas.all(now),
    Promise.all(store.shards.map(readShard)),
  ]);
  return {
    now,
    workers: workers.map(workerOf),
    schedulers: replicas.map((replica) => ({ id: replica.id, version: versionOf(replica), state: replica.state })),
    shards,
    codes: await readCodes(store, [...new Set(workers.map(({ code }) => code))]),
  };
}

/** What whoever deploys calls a version, where they said it; else the version of Belfry. */
function versionOf({ version, deployment }: Pick<WorkerInfo | Replica, 'version' | 'deployment'>): string {
  return deployment ?? version;
}

function workerOf(info: WorkerInfo): RolloutWorker {
  const { id, pool, queues, code, revision, slots, busy, startedAt, state, drainingSince } = info;
  return {
    id,
    pool,
    version: versionOf(info),
    queues,
    code,
    revision,
    slots,
    busy,
    startedAt,
    // A worker that is too old to say since when it drains has done so since it was started, as far as anybody knows.
    drainingSince: state === 'draining' ? (drainingSince ?? startedAt) : undefined,
  };
}

/** The lease, not the record of the last leader, tells whether somebody leads now. */
async function readShard({ shard, leadership, whereabouts }: ShardStore): Promise<RolloutShard> {
  const [lease, leader] = await Promise.all([whereabouts.leader(), leadership.current()]);
  return { shard: shard.index, leader: lease === 'led' && leader !== undefined ? leaderOf(leader) : undefined };
}

function leaderOf({ id, since, about }: LeaderInfo): NonNullable<RolloutShard['leader']> {
  const said = (about ?? {}) as { host?: string; pid?: number; version?: string; deployment?: string };
  return { id, host: said.host ?? '?', pid: said.pid ?? 0, version: said.deployment ?? said.version, since };
}

/** Sets of code are published on every shard. */
async function readCodes(store: Store, codes: readonly string[]): Promise<Map<string, ReadonlySet<string>>> {
  const { shard } = store.shards[0] as ShardStore;
  const sets = await Promise.all(codes.map((code) => shard.connection.smembers(shard.key(`code:${code}`))));
  return new Map(codes.map((code, i) => [code, new Set(sets[i])]));
}

export type ScheduledQueues = {
  scheduled: { job: string; queue: string; others: number }[];
  seen: 'all' | 'part';
};

/** Jobs with schedules that fire again, and the queue of their runs; a job that is not registered has none, and fires none. */
export async function readScheduledQueues(store: Store): Promise<ScheduledQueues> {
  const { jobs, seen } = await readScheduled(store);
  const scheduled: ScheduledQueues['scheduled'] = [];
  for (const { shard } of store.shards) {
    const here = [...jobs].filter(([job]) => store.of(job).shard === shard);
    if (here.length === 0) continue;
    const records = await shard.connection.hmget(shard.key('jobs'), ...here.map(([job]) => job));
    here.forEach(([job, { others }], i) => {
      const json = records[i];
      const queue = typeof json === 'string' ? (JSON.parse(json) as { queue: string }).queue : 'default';
      scheduled.push({ job, queue, others });
    });
  }
  return { scheduled, seen };
}

/** Ready runs by queue. */
export function backlogOf(kinds: readonly KindCounts[]): Map<string, number> {
  const queues = new Map<string, number>();
  for (const { queue, ready } of kinds) if (ready > 0) queues.set(queue, (queues.get(queue) ?? 0) + ready);
  return queues;
}

/** Dead letters since an instant; 0 where nobody knows since when. */
export async function countDead(store: Store, since: EpochMs | undefined): Promise<number> {
  if (since === undefined) return 0;
  const counts = await Promise.all(
    store.shards.map(({ shard }) => shard.connection.zcount(shard.key('dead'), since, '+inf')),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Jobs that fail by their own promise (`slo.failures` in a row), and did so last since an instant; by name. */
export async function readFailing(store: Store, since: EpochMs | undefined): Promise<string[]> {
  if (since === undefined) return [];
  const parts = await Promise.all(
    store.shards.map(async ({ jobs }) => {
      const records = await jobs.all();
      const stats = await jobs.stats([...records.keys()]);
      return [...records].flatMap(([name, { slo }]) => {
        const { lastFailure = 0, consecutiveFailures = 0 } = stats.get(name) ?? {};
        const fails = lastFailure >= since && consecutiveFailures >= (slo?.failures ?? DEFAULT_FAILURES);
        return fails ? [name] : [];
      });
    }),
  );
  return parts.flat().sort();
}
