import type { Client } from '../client/client.ts';
import type { Overview } from '../client/overview.ts';
import { readQueued } from '../client/queued.ts';
import type { Finding } from '../cli/examination.ts';
import type { Config } from '../config.ts';
import { newestTzRelease } from '../core/time/tz_version.ts';
import { servesQueue } from '../core/queue_weights.ts';
import type { Store } from '../store/store.ts';

export type FleetFacts = { config: Config; overview: Overview; store: Store; client: Client };

/** Schedulers, workers, queues and schedules: whether what is due can fire, and what is ready can run. */
export async function examineFleet(facts: FleetFacts): Promise<Finding[]> {
  return [
    ...(await examineLeaders(facts)),
    ...(await examineTzData(facts)),
    ...examineWorkers(facts),
    ...(await examineQueues(facts)),
    ...(await examineSchedules(facts)),
    ...examineDeadLetters(facts),
  ];
}

/** The lease, not the record of the last leader, tells whether somebody leads now. */
async function examineLeaders({ store, overview }: FleetFacts): Promise<Finding[]> {
  return Promise.all(
    store.shards.map(async ({ shard }, i): Promise<Finding> => {
      const leader = overview.leaders[i];
      const isHeld = (await shard.connection.exists(shard.key('lock'))) === 1;
      if (isHeld && leader !== undefined) {
        return { level: 'ok', check: 'scheduler', says: `shard ${i} is led by ${nameOf(leader.about)}` };
      }
      return {
        level: 'error',
        check: 'scheduler',
        says: `nobody leads shard ${i}: nothing fires there`,
        hint: 'start a scheduler: belfry start --role scheduler',
      };
    }),
  );
}

function nameOf(about: unknown): string {
  const { host = '?', pid = 0, tzVersion = '?' } = (about ?? {}) as { host?: string; pid?: number; tzVersion?: string };
  return `pid ${pid} on ${host} (tzdata ${tzVersion})`;
}

/** Replicas with older tzdata than another do not lead; a fleet of two versions is halfway through a deployment, or forgotten. */
async function examineTzData({ store, overview }: FleetFacts): Promise<Finding[]> {
  const replicas = await store.replicas.all(overview.now);
  if (replicas.length === 0) return [];
  const versions = [...new Set(replicas.map(({ tzVersion }) => tzVersion))];
  const check = 'time zones';
  if (versions.length === 1) {
    const live = replicas.length === 1 ? '1 live scheduler has' : `${replicas.length} live schedulers have`;
    return [{ level: 'ok', check, says: `${live} tzdata ${versions.join('')}` }];
  }
  const newest = newestTzRelease(versions);
  return [
    {
      level: 'warning',
      check,
      says: `live schedulers have different tzdata:\n${replicas.map(nameOf).join('\n')}`,
      hint: `run the same Node everywhere; until then only those with ${newest} lead`,
    },
  ];
}

function examineWorkers({ config, overview }: FleetFacts): Finding[] {
  const pools = [...new Set([...Object.keys(config.pools), ...overview.workers.map(({ pool }) => pool)])];
  return pools.map((pool): Finding => {
    const workers = overview.workers.filter((worker) => worker.pool === pool);
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
    const busy = workers.reduce((sum, worker) => sum + worker.busy, 0);
    if (workers.length > 0) {
      return {
        level: 'ok',
        check: 'workers',
        says: `pool ${pool}: ${workers.length} live, ${busy} of ${slots} slots busy`,
      };
    }
    return {
      level: overview.workers.length === 0 ? 'error' : 'warning',
      check: 'workers',
      says: `pool ${pool} has no live worker`,
      hint: `start one: belfry start --role worker --pool ${pool}`,
    };
  });
}

/** Ready runs of a job that no live worker of their queue has the code for would wait for ever. */
async function examineQueues({ overview, store }: FleetFacts): Promise<Finding[]> {
  const busy = overview.queues.filter(({ ready }) => ready > 0);
  if (busy.length === 0) return [{ level: 'ok', check: 'queues', says: 'nothing is waiting' }];
  const { kinds } = await readQueued(store);
  const stuck: Finding[] = [];
  for (const { queue, job } of kinds.filter(({ ready }) => ready > 0)) {
    const serving = overview.workers.filter(({ queues }) => servesQueue(queues, queue));
    const { shard } = store.of(job);
    const known = await Promise.all(
      serving.map(({ code }) => shard.connection.sismember(shard.key(`code:${code}`), job)),
    );
    if (known.includes(1)) continue;
    stuck.push({
      level: 'error',
      check: 'queues',
      says: `${job} waits in queue ${queue}, and no live worker of that queue has its code`,
      hint:
        serving.length === 0
          ? `start a worker for the queue ${queue}`
          : 'deploy the job file to the workers of that queue',
    });
  }
  const sum = busy.reduce((total, { ready }) => total + ready, 0);
  return [
    { level: 'ok', check: 'queues', says: `${sum} ready in ${busy.map(({ queue }) => queue).join(', ')}` },
    ...stuck,
  ];
}

async function examineSchedules({ client }: FleetFacts): Promise<Finding[]> {
  const views = await client.jobs.list();
  const outside = views.filter(({ quarantined }) => quarantined !== undefined);
  const scheduled = views.filter(({ rule }) => rule !== undefined).length;
  return [
    {
      level: 'ok',
      check: 'schedules',
      says: `${views.length} jobs are registered, ${scheduled} of them with a schedule`,
    },
    ...outside.map(({ record, quarantined }): Finding => ({
      level: 'error',
      check: 'schedules',
      says: `${record.name} was taken out: ${quarantined?.message ?? ''}`,
      hint: quarantined?.hint ?? 'correct the job file and start a scheduler with it',
    })),
  ];
}

function examineDeadLetters({ overview: { deadLetters } }: FleetFacts): Finding[] {
  if (deadLetters === 0) return [];
  const hint = 'belfry dead list; belfry dead redrive RUN';
  return [{ level: 'warning', check: 'dead runs', says: `${deadLetters} runs are out of attempts`, hint }];
}
