import type { Redis } from 'ioredis';
import { createAddToBatch } from './client/batches.ts';
import { createClient, type Client } from './client/client.ts';
import { createSpawn } from './client/spawn.ts';
import type { Config } from './config.ts';
import type { JobDefinition } from './core/definition.ts';
import type { EventBus } from './core/events.ts';
import type { QueueOrder } from './core/queue_weights.ts';
import type { RedisTarget } from './core/redis_target.ts';
import { NO_SEAL_KEYS, type SealKeys } from './core/seal.ts';
import { BelfryError } from './core/errors.ts';
import { systemClock } from './runtime/clock.ts';
import { offerTracing } from './runtime/open_telemetry.ts';
import { createSeal } from './runtime/seal.ts';
import { createLeaseProvider } from './scheduler/lease_provider.ts';
import { createScheduler, type Scheduler } from './scheduler/scheduler.ts';
import { connectRedis, type Connection } from './store/connect.ts';
import { reportConnection, type ConnectionReport } from './store/connection_report.ts';
import { translateRedisError } from './store/errors.ts';
import { preloadScripts } from './store/scripts.ts';
import { reachRedis } from './store/first_contact.ts';
import { openStore, type Store } from './store/store.ts';
import { assertShards, inspectRedis } from './store/suitability.ts';
import { createWorker, type WorkerService } from './worker/worker.ts';

/** The parts of a configuration that the engine needs. */
export type EngineConfig = Pick<
  Config,
  | 'namespace'
  | 'shards'
  | 'leaderTtlMs'
  | 'runLeaseMs'
  | 'drainMs'
  | 'retention'
  | 'caps'
  | 'redlock'
  | 'deployment'
  | 'catchUpPerSecond'
> & { cacheFolder: string | undefined; runLogs?: Config['runLogs']; sealKeys?: SealKeys };

export type AssemblyOptions = {
  target: RedisTarget;
  config: EngineConfig;
  events: EventBus;
  about: { host: string; pid: number; version: string; tzVersion: string };
  /** A random id, fresh for each process start. */
  newId: () => string;
  random: () => number;
};

/** `queues`: names with or without weights; see core/queue_weights. */
export type WorkerPool = { name: string; queues: readonly string[]; order?: QueueOrder; concurrency: number };

/** One connection and everything that is built on it. Roles are made on demand; `close` ends what was made, last first. */
export type Assembly = {
  store: Store;
  client: Client;
  /**
   * Connects and checks; while Redis is away it answers `waiting`, and may be called again. Throws for what no waiting
   * mends: credentials, version, role, shard count.
   */
  connect(): Promise<'connected' | 'waiting'>;
  /** `reconcile` is called when Redis turned out to be another process than before. */
  scheduler(reconcile: () => Promise<void>): Scheduler;
  worker(pool: WorkerPool, jobs: JobDefinition[]): WorkerService;
  /** Code of this process, for checking payloads before they are stored. */
  setDefinitions(jobs: JobDefinition[]): void;
  close(): void;
};

/** A dead letter is kept longer than other history: somebody has to look at it. */
const DEAD_LETTERS = { deadAgeMs: 30 * 86_400_000, deadCount: 100_000 };
const KILL_AFTER_MS = 5_000;

export function assemble(options: AssemblyOptions): Assembly {
  const { target, config, events, about } = options;
  const { namespace, shards } = config;
  const connection = connectRedis(target, 'control', `belfry:${about.host}:${about.pid}`);
  const opened: Connection[] = [connection];
  const store = openStore({ namespace, shards, connection, clock: systemClock, events });
  let definitions = new Map<string, JobDefinition>();
  const worksWith = { clock: systemClock, seal: createSeal(config.sealKeys ?? NO_SEAL_KEYS), tracing: offerTracing() };
  const retention = { count: config.retention.historyCount, bytes: config.retention.historyBytes };
  const enqueueing = {
    ...worksWith,
    store,
    maxPayloadBytes: config.caps.payloadBytes,
    definition: (job: string) => definitions.get(job),
  };
  const kin = { spawn: createSpawn(enqueueing), addToBatch: createAddToBatch(enqueueing) };
  const client = createClient({
    ...enqueueing,
    events,
    retention,
    ledgerCount: config.retention.ledgerCount,
    deployment: { id: config.deployment, version: about.version },
  });
  const track = (made: Connection): Connection => {
    opened.push(made);
    made.on('error', () => undefined); // the control connection reports; each waits by itself
    return made;
  };
  const blocking = (): Connection => track(connectRedis(target, 'blocking', `belfry:bell:${about.host}:${about.pid}`));
  const report = reportConnection(connection, events, systemClock);
  connection.on('ready', () => void preloadScripts(connection));

  return {
    store,
    client,
    connect: () => connectFirst(connection, { namespace, shards, events, report }),
    scheduler: (reconcile) =>
      createSchedulerRole({ options, store, blocking, retention, reconcile, connection, track }),
    worker: (pool, jobs) =>
      createWorker({ ...worksWith, kin, store, target, blocking, enqueueMany: client.enqueueMany, events }, jobs, {
        id: options.newId(),
        about,
        pool: pool.name,
        queues: [...pool.queues],
        order: pool.order ?? 'weighted',
        slots: pool.concurrency,
        leaseMs: config.runLeaseMs,
        drainMs: config.drainMs,
        killAfterMs: KILL_AFTER_MS,
        retention,
        limits: {
          resultBytes: config.caps.resultBytes,
          logBytes: config.caps.runLogBytes,
          logKeepMs: config.retention.historyAgeMs,
        },
        runLogs: config.runLogs ?? 'store',
        cacheDirectory: config.cacheFolder,
        random: options.random,
      }),
    setDefinitions(jobs) {
      definitions = new Map(jobs.map((job) => [job.name, job]));
    },
    close() {
      report.end();
      for (const made of opened.reverse()) made.disconnect();
    },
  };
}

type SchedulerParts = {
  options: AssemblyOptions;
  store: Store;
  blocking: () => Connection;
  retention: { count: number; bytes: number };
  reconcile: () => Promise<void>;
  connection: Connection;
  track: (made: Connection) => Connection;
};

function createSchedulerRole({
  options,
  store,
  blocking,
  retention,
  reconcile,
  connection,
  track,
}: SchedulerParts): Scheduler {
  const { config, events, about } = options;
  const extra = config.redlock.map((node) => {
    const made = track(connectRedis(node, 'control', `belfry:lock:${about.host}:${about.pid}`)) as Redis;
    void made.connect().catch(() => undefined);
    return made;
  });
  return createScheduler(
    {
      store,
      leases: createLeaseProvider([connection as Redis, ...extra], config.leaderTtlMs, systemClock),
      blocking,
      clock: systemClock,
      events,
    },
    {
      id: options.newId(),
      about,
      leaderTtlMs: config.leaderTtlMs,
      retention,
      ledgerCount: config.retention.ledgerCount,
      catchUpPerSecond: config.catchUpPerSecond,
      keep: { ageMs: config.retention.historyAgeMs, ...DEAD_LETTERS },
      random: options.random,
      onNewPrimary: reconcile,
    },
  );
}

type FirstConnection = { namespace: string; shards: number; events: EventBus; report: ConnectionReport };

async function connectFirst(connection: Connection, { namespace, shards, events, report }: FirstConnection) {
  try {
    await reachRedis(connection);
  } catch (thrown) {
    const error = translateRedisError(thrown);
    if (error.code !== 'REDIS_UNAVAILABLE') throw error;
    report.waiting(error.message);
    return 'waiting';
  }
  for (const { level, says, hint } of await inspectRedis(connection)) {
    if (level === 'error') throw new BelfryError('REDIS_UNSUITABLE', says, hint === undefined ? {} : { hint });
    if (level === 'warning') events.emit('redis.warning', { warning: says, hint: hint ?? '' });
  }
  await assertShards(connection, namespace, shards);
  return 'connected';
}
