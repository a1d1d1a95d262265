import type { Store } from '../store/store.ts';
import { createJobStates, type JobState } from './job_states.ts';
import { readSystem, type Overview } from './overview.ts';
import { readRedis, type RedisFacts } from './redis_facts.ts';

/** The whole system at one moment. */
export type FleetReading = { overview: Overview; jobs: JobState[]; redis: RedisFacts[] };

/** Reads the whole system again and again, at a cost that grows with jobs and queues and not with schedules or runs. */
export function createFleetReader(store: Store): () => Promise<FleetReading> {
  const states = createJobStates(store);
  return async () => {
    const [overview, redis] = await Promise.all([readSystem(store), readRedis(store)]);
    return { overview, redis, jobs: await states.read(overview.now) };
  };
}
