import type { ShardStore, Store } from '../store/store.ts';
import { createJobStates, type JobState } from './job_states.ts';
import { readSystem, type Overview } from './overview.ts';
import { readRedis, type RedisFacts } from './redis_facts.ts';
import { redisTime } from './redis_time.ts';

/** The whole system at one moment. */
export type FleetReading = { overview: Overview; jobs: JobState[]; redis: RedisFacts[] };

/** Reads the whole system again and again, at a cost that grows with jobs and queues and not with schedules or runs. */
export function createFleetReader(store: Store): () => Promise<FleetReading> {
  const states = createJobStates(store);
  return async () => {
    // Asked for first, and all else at once: what is far away is far away once.
    const now = redisTime(store.shards[0] as ShardStore);
    const [overview, redis, jobs] = await Promise.all([
      now.then((known) => readSystem(store, known)),
      readRedis(store),
      states.read(now),
    ]);
    return { overview, redis, jobs };
  };
}
