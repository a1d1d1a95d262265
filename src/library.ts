import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { assemble, type Assembly, type WorkerPool } from './assembly.ts';
import type { Client } from './client/client.ts';
import { readPools, type PoolSettings } from './config/pools.ts';
import { describeTarget, parseRedisUrl } from './config/redis_url.ts';
import { checkSealKeys, parsePayloadKeys, parseSigningKeys } from './config/seal_keys.ts';
import { SETTINGS } from './config/settings.ts';
import { compileJob } from './core/compile_job.ts';
import { BelfryError } from './core/errors.ts';
import { createEventBus, type EventBus, type EventName, type Events } from './core/events.ts';
import type { JobSpec } from './core/job.ts';
import { assertKnownKeys } from './core/known_keys.ts';
import { quote } from './core/quote.ts';
import type { SealKeys } from './core/seal.ts';
import { parseDuration } from './core/time/duration.ts';
import type { Duration } from './core/time/units.ts';
import type { JobSet } from './loader/load.ts';
import { ownIdentity, ownTzVersion } from './runtime/processes.ts';
import type { Service } from './runtime/service.ts';
import type { OlderState } from './store/connect_first.ts';

/** Where to connect and how, for use as a library. */
export type ConnectionOptions = {
  /** As REDIS_URL: `redis://host:6379/0`, `rediss://…`, `unix:///path`, `redis+sentinel://…`, `redis+cluster://…`. */
  redis?: string;
  /** Default `belfry`. */
  namespace?: string;
  /** Fixed with the first start of a namespace. Default 1. */
  shards?: number;
  /** Names this deployment, for `@reboot`. Default: the jobs tell. */
  deployment?: string;
  /** As BELFRY_PAYLOAD_KEYS: `id:base64,id:base64`, AES-256 keys; the first encrypts the payloads of new runs, all decrypt. */
  payloadKeys?: string;
  /** As BELFRY_SIGNING_KEYS: the first signs new runs, all verify. */
  signingKeys?: string;
  /** `required`: a worker refuses a run without a valid signature. Default `optional`. */
  signatures?: 'optional' | 'required';
  /** As BELFRY_PAYLOAD_MAX, for runs that are made through this connection: bytes, or text such as `256KiB`. Default 64 KiB. */
  payloadMax?: number | string;
  /** Finished runs of a job that are kept, as BELFRY_HISTORY_COUNT; the same for all that share a namespace. Default 1,000. */
  historyCount?: number;
  /** As BELFRY_HISTORY_BYTES: bytes of them, or text such as `64MiB`. Default 16 MiB. */
  historyBytes?: number | string;
  /** Verdicts over fire times of a job that are kept, as BELFRY_LEDGER_COUNT; the same for all that share a namespace. Default 2,000. */
  ledgerCount?: number;
  /** As BELFRY_HISTORY_AGE. Default 7 days. */
  historyAge?: Duration;
  /** Hears of everything that happens, such as `run.finished`. */
  onEvent?: <Name extends EventName>(name: Name, event: Events[Name]) => void;
};

/** Jobs by name, or the folder that holds their files. */
export type JobsOption = { jobs: Readonly<Record<string, WithAnyPayload>> | string };
type WithAnyPayload = Omit<JobSpec<never>, 'payload'> & { payload?: unknown };

export type SchedulerOptions = ConnectionOptions & JobsOption & { /** Default 5 s. */ leaderTtl?: Duration };

export type WorkerOptions = ConnectionOptions &
  JobsOption & {
    /** Name of the pool that this worker counts to. Default `default`. */
    pool?: string;
    /** Names, each with a weight or none: `['critical:6', 'default:3', '*']`; `*` is every queue that is not named. Default: every queue. */
    queues?: string[];
    /** `strict`: always asked in this order. Default `weighted`. */
    queueOrder?: 'weighted' | 'strict';
    /** Runs at a time. Default 20. */
    concurrency?: number;
    /** How long a run stays this worker's without a sign of life. Default 6 s. */
    lease?: Duration;
    /** How long running attempts may go on after `stop()`. Default 20 s. */
    drain?: Duration;
    /** Largest result that is kept, as BELFRY_RESULT_MAX: bytes, or text such as `256KiB`. Default 64 KiB. */
    resultMax?: number | string;
    /** Most that the log of a run may hold, as BELFRY_RUN_LOG_MAX: bytes, or text such as `4MiB`. Default 1 MiB. */
    runLogMax?: number | string;
  };

const CONNECTION_KEYS = [
  'redis',
  'namespace',
  'shards',
  'deployment',
  'payloadKeys',
  'signingKeys',
  'signatures',
  'payloadMax',
  'historyCount',
  'historyBytes',
  'historyAge',
  'ledgerCount',
  'onEvent',
] as const satisfies readonly (keyof ConnectionOptions)[];
const SCHEDULER_KEYS = [...CONNECTION_KEYS, 'jobs', 'leaderTtl'] as const satisfies readonly (keyof SchedulerOptions)[];
const WORKER_KEYS = [
  ...CONNECTION_KEYS,
  'jobs',
  'pool',
  'queues',
  'queueOrder',
  'concurrency',
  'lease',
  'drain',
  'resultMax',
  'runLogMax',
] as const satisfies readonly (keyof WorkerOptions)[];

/** Ends what it started; resolves when everything is handed over and the connections are closed. */
export type Running = { stop(): Promise<void> };
export type LibraryClient = Omit<Client, 'apply'> & { close(): void };

/** What `belfry` is in a job file: beside this one, built or not. */
const INDEX = import.meta.filename.replace(/library\.([jt]s)$/, 'index.$1');

/** Connects and answers a client: runs, jobs, schedules, backfills, freezes, calendars. Throws coded errors. */
export async function createClient(options: ConnectionOptions = {}): Promise<LibraryClient> {
  assertOptions(options, CONNECTION_KEYS);
  const assembly = await open(options, {}, 'refuse');
  return { ...(await assembly.client()), close: () => assembly.close() };
}

/** Registers the jobs and starts a replica of the scheduler. */
export async function createScheduler(options: SchedulerOptions): Promise<Running> {
  assertOptions(options, SCHEDULER_KEYS);
  const { jobs, calendars } = await readJobs(options);
  const assembly = await open(options, { leaderTtlMs: read(options.leaderTtl, 'leaderTtl') });
  return orClose(assembly, async () => {
    const client = await assembly.client();
    const register = async (): Promise<void> => void (await client.apply(jobs, [], calendars));
    await register();
    return run(assembly, await assembly.scheduler(register));
  });
}

/** Starts a worker for the jobs. They must be registered by a scheduler; a worker brings the code. */
export async function createWorker(options: WorkerOptions): Promise<Running> {
  assertOptions(options, WORKER_KEYS);
  const { jobs } = await readJobs(options);
  const times = { runLeaseMs: read(options.lease, 'lease'), drainMs: read(options.drain, 'drain') };
  const pool = poolOf(options);
  const assembly = await open(options, times);
  assembly.setDefinitions(jobs);
  return orClose(assembly, async () => run(assembly, await assembly.worker(pool, jobs)));
}

function poolOf({ pool = 'default', queues = ['*'], queueOrder: order, concurrency = 20 }: WorkerOptions): WorkerPool {
  const [settings] = Object.values(readPools({ value: { [pool]: { queues, order, concurrency } }, place: 'pool' }));
  return { name: pool, ...(settings as PoolSettings) };
}

async function run(assembly: Assembly, service: Service): Promise<Running> {
  await service.start();
  return {
    async stop() {
      await service.stop();
      assembly.close();
    },
  };
}

type Times = { leaderTtlMs?: number | undefined; runLeaseMs?: number | undefined; drainMs?: number | undefined };

type OpenOptions = ConnectionOptions & Pick<WorkerOptions, 'resultMax' | 'runLogMax'>;

async function open(options: OpenOptions, times: Times = {}, older: OlderState = 'migrate'): Promise<Assembly> {
  const {
    redis = 'redis://127.0.0.1:6379',
    namespace = SETTINGS.namespace.fallback,
    shards = SETTINGS.shards.fallback,
  } = options;
  const target = parseRedisUrl(redis, 'redis');
  const assembly = assemble({
    target,
    events: busFor(options),
    config: {
      namespace: SETTINGS.namespace.read({ value: namespace, place: 'namespace' }),
      shards: SETTINGS.shards.read({ value: shards, place: 'shards' }),
      leaderTtlMs: times.leaderTtlMs ?? SETTINGS.leaderTtl.fallback,
      runLeaseMs: times.runLeaseMs ?? SETTINGS.runLease.fallback,
      drainMs: times.drainMs ?? SETTINGS.drain.fallback,
      retention: {
        historyCount: settingOf(options, 'historyCount'),
        historyAgeMs: settingOf(options, 'historyAge'),
        historyBytes: settingOf(options, 'historyBytes'),
        ledgerCount: settingOf(options, 'ledgerCount'),
      },
      caps: {
        payloadBytes: settingOf(options, 'payloadMax'),
        resultBytes: settingOf(options, 'resultMax'),
        runLogBytes: settingOf(options, 'runLogMax'),
      },
      redlock: [],
      deployment: options.deployment,
      catchUpPerSecond: SETTINGS.catchUpRate.fallback,
      cacheFolder: undefined,
      sealKeys: sealKeysOf(options),
    },
    about: { host: hostname(), pid: ownIdentity().pid, version: 'library', tzVersion: ownTzVersion() },
    newId: randomUUID,
    random: Math.random,
  });
  await orClose(assembly, async () => {
    if ((await assembly.connect(older)) === 'connected') return;
    throw new BelfryError('REDIS_UNAVAILABLE', `Redis cannot be reached at ${describeTarget(target)}`, {
      field: 'redis',
      hint: 'check that it runs and that the URL names it',
    });
  });
  return assembly;
}

/** What fails on the way leaves no connection behind, which would keep the process from ending. */
async function orClose<Answer>(assembly: Assembly, act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    assembly.close();
    throw error;
  }
}

type Cap = 'historyCount' | 'historyAge' | 'historyBytes' | 'ledgerCount' | 'payloadMax' | 'resultMax' | 'runLogMax';

function settingOf(options: OpenOptions, key: Cap): number {
  const { read: readSetting, fallback } = SETTINGS[key];
  const value = options[key];
  return value === undefined ? fallback : readSetting({ value, place: key });
}

function sealKeysOf({ payloadKeys, signingKeys, signatures = 'optional' }: ConnectionOptions): SealKeys {
  return checkSealKeys({
    payload: payloadKeys === undefined ? [] : parsePayloadKeys(payloadKeys, 'payloadKeys'),
    signing: signingKeys === undefined ? [] : parseSigningKeys(signingKeys, 'signingKeys'),
    signatures,
  });
}

function busFor({ onEvent }: ConnectionOptions): EventBus {
  const bus = createEventBus();
  if (!onEvent) return bus;
  return {
    ...bus,
    heard: () => true,
    emit(name, event) {
      bus.emit(name, event);
      onEvent(name, event);
    },
  };
}

/** Throws BAD_JOB for the first file of a folder that gives no job. */
export async function readJobs({ jobs }: JobsOption): Promise<Pick<JobSet, 'jobs' | 'calendars'>> {
  assertJobs(jobs);
  if (typeof jobs !== 'string') {
    return { jobs: Object.entries(jobs).map(([name, spec]) => compileJob(name, spec)), calendars: new Map() };
  }
  const { loadJobs } = await import('./loader/load.ts');
  const set = await loadJobs({ directory: jobs, importPackage: INDEX });
  const [broken] = set.broken;
  if (broken) throw new BelfryError('BAD_JOB', `${broken.where}: ${broken.reason}`, { field: broken.file });
  return set;
}

function read(duration: Duration | undefined, field: string): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration, field);
}

/** A misspelt option would be passed over in silence. Throws BAD_USAGE. */
function assertOptions(options: unknown, known: readonly string[]): void {
  assertKnownKeys(options, known, { code: 'BAD_USAGE', field: 'options' });
}

function assertJobs(jobs: unknown): void {
  if (typeof jobs === 'string' || (typeof jobs === 'object' && jobs !== null && !Array.isArray(jobs))) return;
  throw new BelfryError('BAD_USAGE', `jobs is ${quote(jobs)}`, {
    field: 'jobs',
    hint: 'jobs by name, { greet: defineJob({ … }) }, or the folder that holds their files',
  });
}
