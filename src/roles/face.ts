import type { Assembly } from '../assembly.ts';
import type { Probe } from '../api/readiness.ts';
import { createApi } from '../api/server.ts';
import type { Config } from '../config.ts';
import type { EventBus } from '../core/events.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Service } from '../runtime/service.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { collectFleet, collectLeadership, collectRedis } from '../telemetry/collectors.ts';
import type { Log } from '../telemetry/log.ts';
import { countEvents, createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { WorkerService } from '../worker/worker.ts';
import type { Host } from './host.ts';
import { readFleet } from './job_lag.ts';
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
  /** Everything has started: readiness depends on progress from now on. */
  open(): void;
  /** The process is about to stop: it is not ready any more, and takes nothing new. */
  refuse(): void;
  watchScheduler(scheduler: Scheduler): void;
  watchWorkers(workers: readonly WorkerService[]): void;
};

export function createFace(options: FaceOptions): Face {
  const { config, host, log, manners, events, assembly, roles } = options;
  const clock = systemClock;
  const metrics = createMetrics(host);
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
    token: config.http.token,
    client: assembly.client,
  });
  let url = '';
  collect(metrics, options);
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
    open: () => (phase = 'running'),
    refuse() {
      phase = 'stopping';
      api.refuse();
    },
    watchScheduler(scheduler) {
      probes.push(schedulerProbe(scheduler, events, clock));
      collectLeadership(metrics, config.shards, scheduler.leads);
    },
    watchWorkers: (workers) => void probes.push(workersProbe(workers, clock, config.runLeaseMs)),
  };

  function collect(into: Metrics, { roles: played }: FaceOptions): void {
    countEvents(events, into.registry);
    collectRedis(into, () => assembly.store.connection.ping());
    // The numbers of the whole system are the same everywhere; a large fleet of workers must not ask for them all the time.
    if (played.some((role) => role !== 'worker'))
      collectFleet(into, { read: () => readFleet(assembly.client, assembly.store), clock });
  }
}
