import type { Assembly } from '../assembly.ts';
import type { DesiredState } from '../client/desired_state.ts';
import type { Drift } from '../client/drift.ts';
import type { Config } from '../config.ts';
import type { EventBus } from '../core/events.ts';
import type { JobSet } from '../loader/load.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { collectAttempts, collectDrift, collectRedis, collectScheduler } from '../telemetry/collectors.ts';
import { countEvents } from '../telemetry/event_counts.ts';
import type { Fleet } from '../telemetry/fleet.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { WorkerService } from '../worker/worker.ts';
import type { Host } from './host.ts';
import type { Role } from './role.ts';

/** The metrics of a process by what it does. */
export type FaceMetrics = Pick<Metrics, 'render'> & {
  setJobs(set: JobSet): void;
  watchScheduler(scheduler: Pick<Scheduler, 'leads' | 'abstention'>): void;
  watchWorkers(workers: readonly Pick<WorkerService, 'oldestStarts'>[]): void;
};

export type FaceMetricsOptions = {
  config: Pick<Config, 'metricsMaxSeries' | 'shards'>;
  host: Pick<Host, 'version' | 'nodeVersion' | 'tzVersion'>;
  events: EventBus;
  assembly: Pick<Assembly, 'client' | 'store'>;
  roles: readonly Role[];
};

/** Least time between two looks at the drift. */
const DRIFT_MS = 15_000;

export async function createFaceMetrics({
  config,
  host,
  events,
  assembly,
  roles,
}: FaceMetricsOptions): Promise<FaceMetrics> {
  const clock = systemClock;
  const { store } = assembly;
  const metrics = createMetrics({ clock, maxSeries: config.metricsMaxSeries, about: host });
  const counts = countEvents(events, metrics.families);
  const drift = createDriftWatch(async (wanted) => (await assembly.client()).drift(wanted));
  let jobs: JobSet['jobs'] = [];
  collectRedis(metrics, () => store.connection.ping());
  // The numbers of the whole system are the same everywhere; a large fleet of workers must not ask for them all the time.
  const isWorker = roles.every((role) => role === 'worker');
  const known = isWorker ? () => undefined : (await import('./fleet_metrics.ts')).collectSystem(metrics, store);
  knowNames(metrics, { isWorker, known, jobs: () => jobs });
  return {
    render: metrics.render,
    setJobs(set) {
      ({ jobs } = set);
      const counted = jobs.map(({ name, schedule }) => ({ name, isScheduled: schedule !== undefined }));
      if (roles.includes('worker')) counts.expectRuns(counted);
      if (roles.includes('scheduler')) counts.expectVerdicts(counted);
      drift.set({ definitions: set.jobs, keep: set.broken.map(({ name }) => name), calendars: set.calendars });
    },
    watchScheduler(scheduler) {
      collectScheduler(metrics, { shards: config.shards, ...scheduler });
      collectDrift(metrics, drift.read);
    },
    watchWorkers(workers) {
      collectAttempts(metrics, () => {
        const oldest = new Map<string, number>();
        for (const [job, at] of workers.flatMap((worker) => [...worker.oldestStarts()])) {
          oldest.set(job, Math.min(at, oldest.get(job) ?? Infinity));
        }
        return oldest;
      });
    },
  };
}

type Sources = { isWorker: boolean; known: () => Fleet | undefined; jobs: () => JobSet['jobs'] };

/** What exists: for a worker what it has code for, for others also what Redis knows, once they have read it. */
function knowNames(metrics: Metrics, { isWorker, known, jobs }: Sources): void {
  const know = (label: string, ofJobs: () => string[], ofFleet: (fleet: Fleet) => string[]): void =>
    metrics.knowing(label, () => {
      const fleet = known();
      if (fleet === undefined && !isWorker) return undefined;
      const names = new Set([...ofJobs(), ...(fleet === undefined ? [] : ofFleet(fleet))]);
      return (name) => names.has(name);
    });
  know(
    'job_name',
    () => jobs().map(({ name }) => name),
    (fleet) => fleet.jobs.map(({ record }) => record.name),
  );
  know(
    'queue',
    () => jobs().map(({ queue }) => queue),
    ({ overview }) => overview.queues.map(({ queue }) => queue),
  );
  know(
    'pool',
    () => [],
    ({ overview }) => overview.workers.map(({ pool }) => pool),
  );
  know(
    'limit',
    () => [],
    ({ overview }) => overview.limits.map(({ limit }) => limit),
  );
}

/** Looks at the drift behind a scrape, which shows what the last look found: it never waits for one. */
function createDriftWatch(look: (wanted: DesiredState) => Promise<Drift>) {
  let wanted: DesiredState | undefined;
  let found: Drift | undefined;
  let lookedAt = -Infinity;
  return {
    set(changed: DesiredState) {
      wanted = changed;
      lookedAt = -Infinity;
    },
    read(): Drift | undefined {
      if (wanted !== undefined && systemClock.monotonic() - lookedAt >= DRIFT_MS) {
        lookedAt = systemClock.monotonic();
        look(wanted).then(
          (drift) => (found = drift),
          () => (found = undefined),
        );
      }
      return found;
    },
  };
}
