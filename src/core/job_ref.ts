import type { EnqueueOptions, Json, JobSpec } from './job.ts';
import type { JobRef, PayloadOf, PayloadThen } from './job_payloads.ts';

type PayloadIn<Job> = Job extends JobSpec<infer Payload, infer Input> ? (unknown extends Input ? Payload : Input) : Job;

/**
 * A reference to a job by its name, the path under `jobs/` without its extension, with the type of its payload or of the
 * job itself: `jobRef<typeof poll>('partners/poll')` after `import type poll from '../jobs/partners/poll.ts'`.
 */
export function jobRef<PayloadOrJob = Json>(name: string): JobRef<PayloadIn<PayloadOrJob>> {
  return name as JobRef<PayloadIn<PayloadOrJob>>;
}

export type PayloadArguments<Job extends string> = PayloadThen<Job, EnqueueOptions>;

/** One run of many. */
export type BulkEntry<Job extends string = string> = {
  job: Job;
  options?: EnqueueOptions;
} & (null extends PayloadOf<Job> ? { payload?: PayloadOf<Job> } : { payload: PayloadOf<Job> });

/** Entries of different jobs, each with the payload of its own. */
export type BulkEntries<Jobs extends readonly string[]> = { readonly [Index in keyof Jobs]: BulkEntry<Jobs[Index]> };
