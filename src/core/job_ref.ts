import type { EnqueueOptions, Json, JobSpec } from './job.ts';

/**
 * Payloads of jobs by name, for an application to declare once:
 * `declare module 'belfry' { interface JobPayloads { 'partners/poll': { partner: string } } }`.
 */
// oxlint-disable-next-line typescript/consistent-type-definitions -- a type cannot be added to by its users
export interface JobPayloads {}

declare const PAYLOAD: unique symbol;

/** Name of a job that knows the type of its payload. */
export type JobRef<Payload> = string & { readonly [PAYLOAD]: Payload };

/** What a run of the job takes: of a reference, or of a name that is declared; else any JSON. */
export type PayloadOf<Job extends string> =
  Job extends JobRef<infer Payload> ? Payload : Job extends keyof JobPayloads ? JobPayloads[Job] : Json;

type PayloadIn<Job> = Job extends JobSpec<infer Payload, infer Input> ? (unknown extends Input ? Payload : Input) : Job;

/**
 * A reference to a job by its name, the path under `jobs/` without its extension, with the type of its payload or of the
 * job itself: `jobRef<typeof poll>('partners/poll')` after `import type poll from '../jobs/partners/poll.ts'`.
 */
export function jobRef<PayloadOrJob = Json>(name: string): JobRef<PayloadIn<PayloadOrJob>> {
  return name as JobRef<PayloadIn<PayloadOrJob>>;
}

/** The payload may be left out where null is one. */
export type PayloadArguments<Job extends string> =
  null extends PayloadOf<Job>
    ? [payload?: PayloadOf<Job>, options?: EnqueueOptions]
    : [payload: PayloadOf<Job>, options?: EnqueueOptions];

/** One run of many. */
export type BulkEntry<Job extends string = string> = {
  job: Job;
  options?: EnqueueOptions;
} & (null extends PayloadOf<Job> ? { payload?: PayloadOf<Job> } : { payload: PayloadOf<Job> });

/** Entries of different jobs, each with the payload of its own. */
export type BulkEntries<Jobs extends readonly string[]> = { readonly [Index in keyof Jobs]: BulkEntry<Jobs[Index]> };
