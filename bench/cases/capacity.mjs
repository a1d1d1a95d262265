// @ts-check
import { backlog, enqueueAlone, fires, idle, paced, saveSchedules, usedBytes } from '../capacity_phases.mjs';
import { PAYLOAD } from '../subject.mjs';
import { REDIS_SETTINGS, tagOf, withStage } from '../capacity_stage.mjs';
import { startRedisCluster } from '../redis_cluster.mjs';
import { startRedisServer } from '../redis_server.mjs';

/** @typedef {import('../capacity_stage.mjs').Stage} Stage */
/** @typedef {import('../capacity_phases.mjs').Cost} Cost */

const SCHEDULES = 100_000;
const WARM_UP = 20_000;
const RUNS = 100_000;
const CLUSTER_RUNS = 60_000;
/** Runs a second of one worker on one shard. */
const PACES = [100, 1_000, 4_000];
const CLUSTER_PACE = 2_000;
const SINGLE_ENQUEUES = 4_000;
const PACED_SECONDS = 4;
const IDLE_SECONDS = 5;
const MORE_WORKERS = 4;
/** Fires a second of one shard. */
const FIRES = { fast: { count: 20_000, seconds: 4 }, slow: { count: 800, seconds: 4 } };
const SHARDS = [1, 2, 3];
const MASTERS = 3;
/** Far from now, so that no schedule fires. */
const YEARLY = '0 3 1 1 *';

/** @param {string} name @param {'us' | 'bytes'} unit @returns {import('../run_case.mjs').Figure} */
const figure = (name, unit) => ({ name: `capacity-${name}`, unit: unit === 'us' ? 'µs' : unit, better: 'lower' });

/**
 * What things cost, in CPU time of each process and in bytes: one scheduler and one worker on one Redis, and on one, two
 * and three masters of a Redis Cluster.
 * @type {import('../run_case.mjs').Case}
 */
export const capacity = {
  group: 'capacity',
  peer: 'none',
  figures: [
    ...['redis-enqueue', 'redis-enqueue-alone', 'client-enqueue', 'redis-work', 'worker-work'].map((name) =>
      figure(name, 'us'),
    ),
    ...['redis-work-limited', 'worker-work-limited'].map((name) => figure(name, 'us')),
    ...PACES.flatMap((pace) => ['redis', 'worker'].map((who) => figure(`${who}-paced-${String(pace)}`, 'us'))),
    ...Object.keys(FIRES).flatMap((name) => ['redis', 'scheduler'].map((who) => figure(`${who}-fire-${name}`, 'us'))),
    ...['redis-idle-worker', 'redis-idle-rest', 'worker-idle', 'scheduler-idle'].map((name) => figure(name, 'us')),
    ...['schedule', 'waiting-run', 'history-entry', 'base'].map((name) => figure(`bytes-${name}`, 'bytes')),
    ...['run', 'fire'].map((name) => figure(`aof-${name}`, 'bytes')),
    { name: 'capacity-backlog-rate', unit: 'runs/s', better: 'higher' },
    ...['received-run', 'sent-run', 'received-fire', 'sent-fire'].map((name) => figure(name, 'bytes')),
    ...SHARDS.flatMap((shards) =>
      ['all', 'busiest', 'paced-all', 'paced-busiest', 'worker', 'paced-worker'].map((name) =>
        figure(`cluster-${String(shards)}-${name}`, 'us'),
      ),
    ),
  ],
  async measure() {
    const one = await onOneRedis();
    /** @type {Record<string, number>} */
    const values = { ...one.values };
    const clusters = [];
    for (const shards of SHARDS) {
      const cluster = await onCluster(shards);
      Object.assign(values, cluster.values);
      clusters.push(cluster.detail);
    }
    /** @type {Record<string, number>} */
    const named = {};
    for (const [name, value] of Object.entries(values)) named[`capacity-${name}`] = value;
    return { values: named, detail: { ...one.detail, clusters } };
  },
};

async function onOneRedis() {
  const redis = await startRedisServer(REDIS_SETTINGS);
  try {
    const base = await redis.usedBytes();
    const parts = { url: `unix://${redis.socket}`, masters: [redis], shards: 1 };
    return await withStage(parts, (stage) => measureAll(stage, base));
  } finally {
    await redis.dispose();
  }
}

/** @param {Stage} stage @param {number} base bytes of an empty Redis */
async function measureAll(stage, base) {
  const empty = await usedBytes(stage);
  const far = { count: SCHEDULES, key: 'far', job: stage.jobOn('plain', 0), schedule: { cron: YEARLY } };
  await saveSchedules(stage, far);
  const scheduleBytes = ((await usedBytes(stage)) - empty) / SCHEDULES;
  const idling = await idle(stage, IDLE_SECONDS);
  await backlog(stage, { kind: 'plain', count: WARM_UP, idling });
  const before = await usedBytes(stage);
  const plain = await backlog(stage, { kind: 'plain', count: RUNS, idling });
  const historyBytes = ((await usedBytes(stage)) - before) / RUNS;
  const limited = await backlog(stage, { kind: 'limited', count: RUNS, idling });
  const alone = await enqueueAlone(stage, { count: SINGLE_ENQUEUES, idling });
  /** @type {[number, Cost][]} */
  const paces = [];
  for (const perSecond of PACES) {
    paces.push([perSecond, await paced(stage, { perSecond, seconds: PACED_SECONDS, idling })]);
  }
  const fast = await fires(stage, { ...FIRES.fast, idling, key: 'fast' });
  const slow = await fires(stage, { ...FIRES.slow, idling, key: 'slow' });
  await stage.addWorkers(MORE_WORKERS);
  const crowded = await idle(stage, IDLE_SECONDS);
  const [idleAlone = 0, idleAmong = 0] = [idling.redis[0], crowded.redis[0]];
  const ofWorker = Math.max(0, (idleAmong - idleAlone) / MORE_WORKERS);
  const slowest = paces[0]?.[1] ?? plain.work;
  const values = {
    'redis-enqueue': plain.enqueue.redisUs,
    'redis-enqueue-alone': alone.redisUs,
    'client-enqueue': plain.enqueue.clientUs,
    'redis-work': plain.work.redisUs,
    'worker-work': plain.work.workerUs,
    'backlog-rate': RUNS / plain.seconds,
    'redis-work-limited': limited.work.redisUs,
    'worker-work-limited': limited.work.workerUs,
    ...Object.fromEntries(
      paces.flatMap(([pace, { redisUs, workerUs }]) => [
        [`redis-paced-${String(pace)}`, redisUs],
        [`worker-paced-${String(pace)}`, workerUs],
      ]),
    ),
    'redis-fire-fast': fast.redisUs,
    'scheduler-fire-fast': fast.schedulerUs,
    'redis-fire-slow': slow.redisUs,
    'scheduler-fire-slow': slow.schedulerUs,
    'redis-idle-worker': ofWorker * 1e6,
    'redis-idle-rest': Math.max(0, idleAlone - ofWorker) * 1e6,
    'worker-idle': idling.worker * 1e6,
    'scheduler-idle': idling.scheduler * 1e6,
    'bytes-schedule': scheduleBytes,
    'bytes-waiting-run': (plain.waitingBytes - before) / RUNS,
    'bytes-history-entry': historyBytes,
    'bytes-base': empty - base,
    'aof-run': slowest.aofBytes,
    'aof-fire': slow.aofBytes,
    'received-run': slowest.receivedBytes,
    'sent-run': slowest.sentBytes,
    'received-fire': slow.receivedBytes,
    'sent-fire': slow.sentBytes,
  };
  const payloadBytes = JSON.stringify(PAYLOAD).length;
  return { values, detail: { payloadBytes, idling, crowded, plain, limited, alone, paces, fires: { fast, slow } } };
}

/** @param {number} shards each on a master of its own */
async function onCluster(shards) {
  const tags = Array.from({ length: shards }, (_, shard) => tagOf(shard));
  const cluster = await startRedisCluster({ masters: MASTERS, tags, settings: REDIS_SETTINGS });
  try {
    return await withStage({ ...cluster, shards }, async (stage) => {
      const idling = await idle(stage, 2);
      await backlog(stage, { kind: 'plain', count: WARM_UP, idling });
      const { enqueue, work } = await backlog(stage, { kind: 'plain', count: CLUSTER_RUNS, idling });
      const slow = await paced(stage, { perSecond: CLUSTER_PACE, seconds: PACED_SECONDS, idling });
      const name = (/** @type {string} */ what) => `cluster-${String(shards)}-${what}`;
      const values = {
        [name('all')]: work.redisUs,
        [name('busiest')]: work.busiestUs,
        [name('worker')]: work.workerUs,
        [name('paced-all')]: slow.redisUs,
        [name('paced-busiest')]: slow.busiestUs,
        [name('paced-worker')]: slow.workerUs,
      };
      return { values, detail: { shards, masters: MASTERS, idling, enqueue, work, paced: slow } };
    });
  } finally {
    await cluster.dispose();
  }
}
