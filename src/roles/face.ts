import type { Assembly } from '../assembly.ts';
import type { Probe } from '../api/readiness.ts';
import { createApi, type ApiRoutes } from '../api/server.ts';
import type { Config } from '../config.ts';
import type { EventBus } from '../core/events.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Service } from '../runtime/service.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Log } from '../telemetry/log.ts';
import type { WorkerService } from '../worker/worker.ts';
import type { JobSet } from '../loader/load.ts';
import type { Host } from './host.ts';
import { createFaceMetrics } from './face_metrics.ts';
import { listen } from './listening.ts';
import { redisProbe, schedulerProbe, workersProbe } from './probes.ts';
import type { Manners, Role } from './role.ts';

export type FaceOptions = {
  config: Config;
  host: Host;
  log: Log;
  manners: Manners;
  roles: readonly Role[];
  events: EventBus;
  assembly: Assembly;
};

/** What others see of this process: its log, its metrics, its probes. */
export type Face = {
  service: Service;
  url(): string;
  /** The jobs of this process, from now on. */
  setJobs(set: JobSet): void;
  /** Everything has started: readiness depends on progress from now on. */
  open(): void;
  /** The process is about to stop: it is not ready any more, and takes nothing new. */
  refuse(): void;
  watchScheduler(scheduler: Scheduler): void;
  watchWorkers(workers: readonly WorkerService[]): void;
};

export async function createFace(options: FaceOptions): Promise<Face> {
  const { config, host, log, manners, events, assembly, roles } = options;
  const clock = systemClock;
  const metrics = await createFaceMetrics(options);
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  const probes: Probe[] = [
    { name: 'process', check: () => (phase === 'running' ? undefined : phase) },
    redisProbe(assembly.store.connection),
  ];
  const api = createApi({
    metrics,
    probes,
    about: { version: host.version, namespace: config.namespace, roles },
    onError: (message) => log.error(message),
    api: await loadApi(options),
  });
  let url = '';
  return {
    service: {
      name: 'http',
      async start() {
        url = await listen(api, {
          host: config.http.host,
          port: config.http.port,
          whenTaken: manners === 'dev' ? 'next-free' : 'fail',
          onTaken: (port) => log.warn(`port ${port} is taken, trying the next one`),
        });
        log[manners === 'dev' ? 'debug' : 'info']({ url }, 'probes and metrics are served');
      },
      stop: () => api.close(),
    },
    url: () => url,
    setJobs: metrics.setJobs,
    open: () => (phase = 'running'),
    refuse() {
      phase = 'stopping';
      api.refuse();
    },
    watchScheduler(scheduler) {
      probes.push(schedulerProbe(scheduler, events, clock));
      metrics.watchScheduler(scheduler);
    },
    watchWorkers(workers) {
      probes.push(workersProbe(workers, clock, config.runLeaseMs));
      metrics.watchWorkers(workers);
    },
  };
}

/** Loaded where it is served: the routes and their schemas are more than all the rest of a worker. */
async function loadApi({ config, assembly, roles }: FaceOptions): Promise<ApiRoutes | 'not-served'> {
  if (roles.every((role) => role === 'worker')) return 'not-served';
  const { createApiRoutes } = await import('../api/api_routes.ts');
  return createApiRoutes({ token: config.http.token, client: await assembly.client() });
}
