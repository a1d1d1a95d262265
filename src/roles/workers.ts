import type { Assembly } from '../assembly.ts';
import type { JobDefinition } from '../core/definition.ts';
import type { Service } from '../runtime/service.ts';
import type { WorkerService } from '../worker/worker.ts';
import type { NamedPool } from './pools.ts';

export type Workers = {
  all: readonly WorkerService[];
  /** Starts and stops them side by side: the drain time of a process does not add up over its pools. */
  service: Service;
  setJobs(jobs: JobDefinition[]): void;
};

export type WorkersOptions = { assembly: Assembly; jobs: JobDefinition[]; pools: readonly NamedPool[] };

/** One worker for each pool. */
export async function createWorkers({ assembly, jobs, pools }: WorkersOptions): Promise<Workers> {
  const all = await Promise.all(pools.map((pool) => assembly.worker(pool, jobs)));
  const inAll = async (act: (worker: WorkerService) => Promise<void>): Promise<void> => {
    const outcomes = await Promise.allSettled(all.map(act));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  return {
    all,
    service: {
      name: 'workers',
      start: () => inAll((worker) => worker.start()),
      stop: () => inAll((worker) => worker.stop()),
    },
    setJobs(changed) {
      for (const worker of all) worker.setJobs(changed);
    },
  };
}
