import { BelfryError } from '../core/errors.ts';
import type { JobRecord } from '../core/job_record.ts';
import { suggest } from '../core/suggest.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import type { Store } from '../store/store.ts';

const RECORD_TTL_MS: DurationMs = 5_000;

/** Records of jobs, kept for a few seconds. The function throws NOT_FOUND for a job that no deploy has registered. */
export function createJobRecords({
  store,
  clock,
}: {
  store: Store;
  clock: Clock;
}): (job: string) => Promise<JobRecord> {
  const cache = new Map<string, { record: JobRecord; until: number }>();
  return async (job) => {
    const found = cache.get(job);
    if (found && clock.monotonic() < found.until) return found.record;
    const record = await store.of(job).jobs.get(job);
    if (!record) throw await unknownJob(store, job);
    cache.set(job, { record, until: clock.monotonic() + RECORD_TTL_MS });
    return record;
  };
}

/** NOT_FOUND for a job that no deploy has registered, with the nearest name that was. */
export async function unknownJob(store: Store, job: string): Promise<BelfryError> {
  const names = (await Promise.all(store.shards.map(({ jobs }) => jobs.all()))).flatMap((all) => [...all.keys()]);
  const near = suggest(job, names);
  return new BelfryError('NOT_FOUND', `no job named ${JSON.stringify(job)} is registered`, {
    field: 'job',
    hint: near === undefined ? 'see `belfry jobs list`' : `did you mean ${near}?`,
  });
}
