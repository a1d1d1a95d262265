import { formatDuration } from '../time/duration.ts';
import type { CapacityRequest } from './request.ts';
import type { Cell } from './sizing.ts';

/** What the sizing says in the words of charts/belfry/values.yaml. */
export type HelmValues = {
  valkey: { enabled: false };
  config: { shards: number; historyCount: number; historyAge: string };
  externalRedis: { host: string } | { cluster: { enabled: true; nodes: string[] } };
  scheduler: { replicas: number; resources: { requests: { cpu: string } } };
  workers: {
    pools: { default: { replicas: number; concurrency: number; resources: { requests: { cpu: string } } } };
  };
};

const CPU_STEP_M = 50;
const LEAST_CPU_M = 100;

/** Of one cell. Names of Redis hosts are to be replaced; what the handlers of the jobs use comes on top of the workers' CPU. */
export function helmValues(request: CapacityRequest, cell: Cell): HelmValues {
  const { masters, schedulers, workers, slotsPerWorker, cpu } = cell;
  const { headroom, historyCount, historyAgeMs } = request;
  // One of the replicas only stands by.
  const leaderCores = cpu.schedulers / (schedulers - 1) / headroom;
  return {
    valkey: { enabled: false },
    config: { shards: masters, historyCount, historyAge: formatDuration(historyAgeMs) },
    externalRedis: masters === 1 ? { host: 'redis' } : { cluster: { enabled: true, nodes: nodesOf(masters) } },
    scheduler: { replicas: schedulers, resources: { requests: { cpu: cpuOf(leaderCores) } } },
    workers: {
      pools: {
        default: {
          replicas: workers,
          concurrency: slotsPerWorker,
          resources: { requests: { cpu: cpuOf(cpu.workers / workers / headroom) } },
        },
      },
    },
  };
}

const nodesOf = (masters: number): string[] =>
  Array.from({ length: masters }, (_, index) => `redis-${String(index)}.redis:6379`);

function cpuOf(cores: number): string {
  const millis = Math.max(LEAST_CPU_M, Math.ceil((cores * 1_000) / CPU_STEP_M) * CPU_STEP_M);
  return `${String(millis)}m`;
}
