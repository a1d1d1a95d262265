import type { Json } from './json.ts';

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

/** A payload, which may be left out where null is one, and options. */
export type PayloadThen<Job extends string, Options> =
  null extends PayloadOf<Job>
    ? [payload?: PayloadOf<Job>, options?: Options]
    : [payload: PayloadOf<Job>, options?: Options];
