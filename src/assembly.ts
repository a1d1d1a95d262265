import type { Redis } from 'ioredis';
import { createAddToBatch } from './client/batches.ts';
import type { Client } from './client/client.ts';
import { createEnqueue } from './client/enqueue.ts';
import { createSpawn } from './client/spawn.ts';
import type { Config } from './config.ts';
import type { JobDefinition } from './core/definition.ts';
import type { EventBus } from './core/events.ts';
import type { QueueOrder } from './core/queue_weights.ts';
import type { RedisTarget } from './core/redis_target.ts';
import { NO_SEAL_KEYS, type SealKeys } from './core/seal.ts';
import { systemClock } from './runtime/clock.ts';
import { offerTracing } from './runtime/open_telemetry.ts';
import { createSeal } from './runtime/seal.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import { connectRedis, type Connection } from './store/connect.ts';
import { connectFirst, type OlderState } from './store/connect_first.ts';
import { reportConnection } from './store/connection_report.ts';
import { FORMAT, meetShards } from './store/formats.ts';
import { preloadScripts } from './store/scripts.ts';
import { openStore, type Store } from './store/store.ts';
import type { WorkerOrder } from './store/workers.ts';
import type { WorkerService } from './worker/worker.ts';

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
  /** For a process that ends when one of its workers is told to; `onOrder` is called with each word of it. */
  orders?: { roles: readonly string[]; onOrder: (worker: string, order: WorkerOrder) => void };
  /** A random id, fresh for each process start. */
  newId: () => string;
  random: () => number;
};

/** `queues`: names with or without weights; see core/queue_weights. */
export type WorkerPool = { name: string; queues: readonly string[]; order?: QueueOrder; concurrency: number };

/**
 * One connection and everything that is built on it. Roles and the client are loaded and made on demand: each is as much
 * code as all the rest. `close` ends what was made, last first.
 */
export type Assembly = {
  store: Store;
  /** The same one each time. */
  client(): Promise<Client>;
  /**
   * Connects and checks; while Redis is away, or another process migrates its state, it answers `waiting`, and may be called
   * again. Throws for what no waiting mends: credentials, version, role, shard count, format. `older`, what is done about
   * state of an older format, is `refuse` where it is left out.
   */
  connect(older?: OlderState): Promise<'connected' | 'waiting'>;
  /** `reconcile` is called when Redis turned out to be another process than before. */
  scheduler(reconcile: () => Promise<void>): Promise<Scheduler>;
  worker(pool: WorkerPool, jobs: JobDefinition[]): Promise<WorkerService>;
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
  const holder = options.newId();
  const store = openStore({ namespace, shards, connection, clock: systemClock, events });
  let definitions = new Map<string, JobDefinition>();
  const describeWorker = createDescription(options);
  const worksWith = { clock: systemClock, seal: createSeal(config.sealKeys ?? NO_SEAL_KEYS), tracing: offerTracing() };
  const retention = { count: config.retention.historyCount, bytes: config.retention.historyBytes };
  const enqueueing = {
    ...worksWith,
    store,
    maxPayloadBytes: config.caps.payloadBytes,
    definition: (job: string) => definitions.get(job),
  };
  const kin = { spawn: createSpawn(enqueueing), addToBatch: createAddToBatch(enqueueing) };
  const enqueueMany = createEnqueue(enqueueing);
  const loadClient = async (): Promise<Client> => {
    const { createClient } = await import('./client/client.ts');
    const deployment = { id: config.deployment, version: about.version };
    return createClient({ ...enqueueing, events, retention, ledgerCount: config.retention.ledgerCount, deployment });
  };
  let client: Promise<Client> | undefined;
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
    client: () => (client ??= loadClient()),
    connect: (older = 'refuse') => connectFirst({ store, events, report, older, holder }),
    scheduler: (reconcile) =>
      createSchedulerRole({ options, store, blocking, retention, reconcile, connection, track }),
    async worker(pool, jobs) {
      const { createWorker } = await import('./worker/worker.ts');
      return createWorker({ ...worksWith, kin, store, target, blocking, enqueueMany, events }, jobs, {
        ...describeWorker(),
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
      });
    },
    setDefinitions(jobs) {
      definitions = new Map(jobs.map((job) => [job.name, job]));
    },
    close() {
      report.end();
      // ioredis waits two seconds for the end of a socket that has ended already, and the process with it.
      for (const made of opened.reverse()) if (made.status !== 'end') made.disconnect();
    },
  };
}

/** What tells the workers of this process from others, and what it does when one is told to drain and exit. */
function createDescription({ newId, about, config, orders }: AssemblyOptions) {
  let process: string | undefined;
  const deployment = config.deployment === undefined ? {} : { deployment: config.deployment };
  return () => {
    const id = newId();
    process ??= id;
    const obeys = orders && {
      roles: orders.roles,
      onOrder: (order: WorkerOrder) => orders.onOrder(id, order),
    };
    return { id, about: { ...about, ...deployment, process, format: FORMAT }, orders: obeys };
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

async function createSchedulerRole({
  options,
  store,
  blocking,
  retention,
  reconcile,
  connection,
  track,
}: SchedulerParts): Promise<Scheduler> {
  const [{ createScheduler }, { createLeaseProvider }] = await Promise.all([
    import('./scheduler/scheduler.ts'),
    import('./scheduler/lease_provider.ts'),
  ]);
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
      about: {
        ...about,
        format: FORMAT,
        ...(config.deployment === undefined ? {} : { deployment: config.deployment }),
      },
      leaderTtlMs: config.leaderTtlMs,
      retention,
      ledgerCount: config.retention.ledgerCount,
      catchUpPerSecond: config.catchUpPerSecond,
      keep: { ageMs: config.retention.historyAgeMs, ...DEAD_LETTERS },
      random: options.random,
      async onNewPrimary() {
        // A shard that has lost everything has lost the note of its format too, and this process knows what is there now.
        await meetShards(
          store.shards.map(({ shard }) => shard),
          FORMAT,
        );
        await reconcile();
      },
    },
  );
}
