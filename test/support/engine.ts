import { afterEach } from 'vitest';
import { assemble, type Assembly, type AssemblyOptions, type EngineConfig } from '../../src/assembly.ts';
import type { Client } from '../../src/client/client.ts';
import { compileJob } from '../../src/core/compile_job.ts';
import type { JobDefinition } from '../../src/core/definition.ts';
import { createEventBus, type EventBus, type EventName, type Events } from '../../src/core/events.ts';
import type { JobSpec } from '../../src/core/job.ts';
import type { RedisTarget } from '../../src/core/redis_target.ts';
import type { Service } from '../../src/runtime/service.ts';
import { eventually } from './eventually.ts';

export type EngineOptions = {
  target: RedisTarget;
  /** Default: one of its own for each engine, so give one to let several work together. */
  namespace?: string;
  config?: Partial<EngineConfig>;
  jobs?: JobDefinition[];
  /** Version of the time zone data that it says it has. */
  tzVersion?: string;
  /** Its workers take orders. */
  orders?: AssemblyOptions['orders'];
};

export type Engine = Omit<Assembly, 'client'> & {
  client: Client;
  events: EventBus;
  jobs: JobDefinition[];
  /** All events of a name since the engine was made; the name must be among `RECORDED`. */
  said<Name extends Recorded>(name: Name): Events[Name][];
  /** Waits until an event was said that the predicate accepts. */
  hears<Name extends Recorded>(name: Name, accepts?: (event: Events[Name]) => boolean): Promise<Events[Name]>;
  /** Starts a scheduler of this process; it is stopped after the test. */
  startScheduler(reconcile?: () => Promise<void>): ReturnType<Assembly['scheduler']>;
  /** Starts a worker of this process; it is stopped after the test. */
  startWorker(pool?: {
    queues?: string[];
    concurrency?: number;
    jobs?: JobDefinition[];
  }): ReturnType<Assembly['worker']>;
};

const RECORDED = [
  'redis.lost',
  'redis.back',
  'redis.warning',
  'leader.elected',
  'leader.lost',
  'leader.write_refused',
  'leader.abstained',
  'leader.contended',
  'tick.done',
  'tick.failed',
  'schedule.verdict',
  'schedule.quarantined',
  'schedule.repaired',
  'jobs.registered',
  'worker.started',
  'worker.stopped',
  'worker.claim_failed',
  'run.started',
  'run.finished',
  'run.retrying',
  'run.released',
  'run.crashed',
  'attempt.fenced',
  'attempt.stopping',
] as const satisfies EventName[];
type Recorded = (typeof RECORDED)[number];

const running: { service: Service; engine: Assembly }[] = [];
const made = new Set<Assembly>();
afterEach(async () => {
  for (const { service } of running.splice(0).reverse()) await service.stop();
  for (const engine of made) engine.close();
  made.clear();
});

let count = 0;

/** A job of a test, compiled as the loader does. */
export const job = (name: string, spec: Partial<JobSpec> = {}, file?: string): JobDefinition =>
  compileJob(name, { run: () => null, ...spec }, { file });

/** The engine of one process over a real Redis, with short leases. Everything it starts is stopped after the test. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { target, namespace, config, jobs = [], tzVersion = '2025b', orders } = options;
  count += 1;
  const events = createEventBus((error) => {
    throw error;
  });
  const heard = new Map<string, unknown[]>(RECORDED.map((name) => [name, []]));
  for (const name of RECORDED) events.on(name, (event) => heard.get(name)?.push(event));
  const assembly = assemble({
    target,
    events,
    config: { ...CONFIG, namespace: namespace ?? `e${String(count)}`, ...config },
    about: { host: 'test', pid: count, version: '0', tzVersion },
    newId: () => `id${String(count)}-${Math.random().toString(36).slice(2, 8)}`,
    random: Math.random,
    ...(orders === undefined ? {} : { orders }),
  });
  made.add(assembly);
  const track = async <T extends Service>(making: Promise<T>): Promise<T> => {
    const service = await making;
    running.push({ service, engine: assembly });
    await service.start();
    return service;
  };
  const said = <Name extends Recorded>(name: Name): Events[Name][] => heard.get(name) as Events[Name][];
  return {
    ...assembly,
    client: await assembly.client(),
    events,
    jobs,
    said,
    hears: (name, accepts = () => true) =>
      eventually(
        () => {
          const found = said(name).find(accepts);
          if (found === undefined)
            throw new Error(`${name} was not said; it was said: ${JSON.stringify(said(name)).slice(0, 500)}`);
          return found;
        },
        { timeoutMs: 12_000 },
      ),
    startScheduler: (reconcile = () => Promise.resolve()) => track(assembly.scheduler(reconcile)),
    startWorker: ({ queues = ['*'], concurrency = 10, jobs: own = jobs } = {}) =>
      track(assembly.worker({ name: 'default', queues, concurrency }, own)),
  };
}

/** An engine that is connected, with its jobs registered. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const engine = await createEngine(options);
  if ((await engine.connect()) !== 'connected') throw new Error('this Redis does not answer');
  if (options.jobs !== undefined) await engine.client.apply(options.jobs);
  return engine;
}

const CONFIG: EngineConfig = {
  namespace: 't',
  shards: 1,
  leaderTtlMs: 2_000,
  runLeaseMs: 3_000,
  drainMs: 3_000,
  retention: { historyCount: 1_000, historyAgeMs: 86_400_000, historyBytes: 10_000_000, ledgerCount: 1_000 },
  caps: { payloadBytes: 65_536, resultBytes: 65_536, runLogBytes: 1_048_576 },
  redlock: [],
  deployment: undefined,
  catchUpPerSecond: 50,
  cacheFolder: undefined,
};
