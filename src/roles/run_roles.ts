import { assemble, type Assembly, type AssemblyOptions } from '../assembly.ts';
import type { Config } from '../config.ts';
import type { Client } from '../client/client.ts';
import { createEventBus, type EventBus } from '../core/events.ts';
import { messageOf } from '../core/errors.ts';
import type { RedisTarget } from '../core/redis_target.ts';
import { systemClock } from '../runtime/clock.ts';
import { stopAll, type Service } from '../runtime/service.ts';
import { logEvents } from '../telemetry/log_events.ts';
import { writeRunLogs } from '../telemetry/run_log_lines.ts';
import { createFace, type Face } from './face.ts';
import type { Host } from './host.ts';
import { cacheFolderOf } from './cache_folder.ts';
import type { JobSource, JobSourceOptions } from './job_source.ts';
import type { NamedPool } from './pools.ts';
import { createRegistrar, type Registrar } from './registrar.ts';
import { waitForTurn } from './start_turn.ts';
import { connectWhenUp, StoppedEarly, unlessStuck, untilStopped } from './waiting.ts';
import type { Manners, Role } from './role.ts';
import { traceService } from './traces.ts';
import { createWorkers } from './workers.ts';
import type { Log } from '../telemetry/log.ts';

export type RunRequest = {
  config: Config;
  host: Host;
  log: Log;
  manners: Manners;
  roles: readonly Role[];
  pools: readonly NamedPool[];
  /** Called once when everything runs. */
  onReady: (ready: { url: string; jobs: JobSource | undefined; client: () => Promise<Client> }) => Promise<void>;
};

/** What the parts of a running process share. Services are stopped in the reverse of the order in which they began. */
type Running = RunRequest & {
  events: EventBus;
  begin: (service: Service) => Promise<void>;
};

/** What a stop in good order may take beside the drain. */
const SETTLE_MS = 30_000;

/**
 * Runs roles in this process until it is asked to stop, then ends them in order. The order of both is told in
 * docs/internals.md. Throws what keeps it from starting.
 */
export async function runRoles(request: RunRequest): Promise<void> {
  const begun: Service[] = [];
  const events = createEventBus((error) => request.log.error(`a listener of events failed: ${messageOf(error)}`));
  const begin = async (service: Service): Promise<void> => {
    // A start that was given up may still go on: what it begins now, nobody would stop.
    if (request.host.stop.aborted) throw new StoppedEarly(`${service.name}: the process was asked to end`);
    begun.push(service);
    await service.start();
  };
  request.host.onDefect((what, error) => {
    request.log.error({ stack: error instanceof Error ? error.stack : String(error) }, what);
  }, request.config.drainMs + SETTLE_MS);
  const audience = request.manners === 'dev' ? 'developer' : 'operator';
  const { runLogs } = request.config;
  const endRunLogs = runLogs === 'store' ? undefined : writeRunLogs(events, request.host.write);
  const leaveOut = endRunLogs === undefined ? [] : (['run.log'] as const);
  const endLog = logEvents(events, request.log, { audience, clock: systemClock, leaveOut });
  try {
    await unlessStuck(startRoles({ ...request, events, begin }), request.host.stop);
    await untilStopped(request.host.stop);
  } catch (error) {
    if (!(error instanceof StoppedEarly)) throw error;
  } finally {
    await stopAll(begun);
    endLog();
    endRunLogs?.();
  }
}

async function startRoles(running: Running): Promise<void> {
  const { host, config, events, roles } = running;
  // Before any job file is loaded, and stopped behind everything that has spans.
  await running.begin(traceService(host, running.log));
  const target = await openRedis(running);
  host.exportToJobs({ BELFRY_BIN: host.bin, BELFRY_DATA: config.dataFolder });
  let onJobs: JobSourceOptions['onChange'] = () => undefined;
  const source = await openJobs(running, (set) => onJobs(set));
  const set = source?.current() ?? { jobs: [], calendars: new Map(), broken: [] };
  const assembly = assemble({
    target,
    config: { ...config, cacheFolder: cacheFolderOf(config) },
    events,
    about: { host: host.name, pid: host.pid, version: host.version, tzVersion: host.tzVersion },
    newId: host.newId,
    random: host.random,
    ...ordersOf(running),
  });
  assembly.setDefinitions(set.jobs);
  const face = await createFace({ ...running, assembly });
  face.setJobs(set);
  await running.begin(face.service);
  const registrar = createRegistrar({
    apply: async (...wanted) => (await assembly.client()).apply(...wanted),
    set,
    onError: (message) => running.log.error(message),
  });
  await connect(running, assembly, roles.includes('scheduler') ? registrar : undefined);
  const workers = await createWorkers({
    assembly,
    jobs: set.jobs,
    pools: roles.includes('worker') ? running.pools : [],
  });
  onJobs = (changed) => {
    assembly.setDefinitions(changed.jobs);
    face.setJobs(changed);
    workers.setJobs(changed.jobs);
    registrar.update(changed);
  };
  await running.begin(registrar);
  if (workers.all.length > 0) {
    await running.begin(workers.service);
    face.watchWorkers(workers.all);
  }
  if (roles.includes('scheduler')) await startScheduler(running, { assembly, registrar, face });
  await running.begin(frontOf(face, source));
  await running.onReady({ url: face.url(), jobs: source, client: assembly.client });
}

/**
 * A worker that is told to drain and exit ends its process, with all that is in it, as SIGTERM does. Not where the process
 * brings the Redis along: whoever gives the order could not see how it ends.
 */
function ordersOf({ config, events, host, roles }: Running): Pick<AssemblyOptions, 'orders'> {
  if (config.redis.kind === 'embedded') return {};
  const onOrder: NonNullable<AssemblyOptions['orders']>['onOrder'] = (worker, order) => {
    if (host.stop.aborted) return; // each beat says it again
    events.emit('worker.ordered', { worker, ...order });
    host.end();
  };
  return { orders: { roles, onOrder } };
}

/** The configured Redis, or an own one, which is up then. */
async function openRedis({ config, host, log, begin }: Running): Promise<RedisTarget> {
  if (config.redis.kind !== 'embedded') return config.redis;
  const { prepareEmbeddedRedis, socketTarget } = await import('./redis.ts');
  const server = prepareEmbeddedRedis(config, host, (level, message) => log[level](message));
  await begin(server);
  host.exportToJobs({ BELFRY_REDIS_SOCKET: server.socket() });
  return socketTarget(server.socket());
}

async function openJobs(running: Running, onChange: JobSourceOptions['onChange']): Promise<JobSource | undefined> {
  const { config, host, events, manners, roles, log } = running;
  if (!roles.includes('worker') && !roles.includes('scheduler')) return undefined;
  const { openJobSource } = await import('./job_source.ts');
  return openJobSource({
    config,
    importPackage: host.index,
    events,
    mode: manners === 'dev' ? 'watched' : 'loaded',
    onChange,
    onError: (message) => log.error(message),
  });
}

/** Waits for Redis as long as it takes, and registers the jobs before anything runs. */
async function connect(running: Running, assembly: Assembly, registrar: Registrar | undefined): Promise<void> {
  const onConnected = async (): Promise<void> => {
    await waitForTurn(running, assembly);
    await registrar?.register();
  };
  await running.begin({
    name: 'redis connection',
    start: () => connectWhenUp({ assembly, onConnected, stop: running.host.stop }),
    stop() {
      assembly.close();
      return Promise.resolve();
    },
  });
}

type SchedulerParts = { assembly: Assembly; registrar: Registrar; face: Face };

async function startScheduler(running: Running, { assembly, registrar, face }: SchedulerParts): Promise<void> {
  const scheduler = await assembly.scheduler(() => registrar.register());
  await running.begin(scheduler);
  face.watchScheduler(scheduler);
}

/** Begun last and so stopped first: from then on nothing new comes in. */
function frontOf(face: Face, source: JobSource | undefined): Service {
  return {
    name: 'front',
    start() {
      face.open();
      return Promise.resolve();
    },
    async stop() {
      face.refuse();
      await source?.close();
    },
  };
}
