import type { After } from './after.ts';
import type { IsolationCaps } from './compile_isolation.ts';
import type { Isolation, Json } from './job.ts';
import { contentHash } from './content_hash.ts';
import type { JobLimit } from './limit.ts';
import type { RunPolicy } from './policy.ts';
import type { JobDefinition } from './definition.ts';
import type { Slo } from './slo.ts';
import type { JobBounds } from './start_bounds.ts';
import type { DurationMs } from './time/units.ts';
import type { UniqueRule } from './unique.ts';

/** What Redis knows of a job: enough to fire, enqueue and show it without its code. */
export type JobRecord = {
  name: string;
  description: string;
  owner: string;
  queue: string;
  priority: number;
  /** Revision of the policy below; runs name it. */
  policyRevision: string;
  policy: RunPolicy;
  limits: JobLimit[];
  isolation: Isolation;
  /** Left out where there are no caps. */
  isolationCaps?: IsolationCaps;
  sloLagMs: DurationMs;
  /** Left out where only its lag is promised. */
  slo?: Slo;
  /** What its runs have where an enqueue does not say otherwise. */
  unique?: UniqueRule;
  bounds?: JobBounds;
  /** Rule JSON of the job's own schedule, or undefined. */
  ruleJson: string | undefined;
  /** The jobs that it comes after, with the payload of the runs that they fire; undefined for none. */
  after?: After & { payload: Json };
};

export function recordOf(job: JobDefinition): JobRecord {
  return {
    name: job.name,
    description: job.description,
    owner: job.owner,
    queue: job.queue,
    priority: job.priority,
    policyRevision: contentHash(JSON.stringify(job.policy)).slice(0, 8),
    policy: job.policy,
    limits: job.limits,
    isolation: job.isolation,
    ...(Object.keys(job.isolationCaps).length === 0 ? {} : { isolationCaps: job.isolationCaps }),
    sloLagMs: job.sloLagMs,
    ...(Object.keys(job.slo).length === 0 ? {} : { slo: job.slo }),
    ...(job.unique === undefined ? {} : { unique: job.unique }),
    ...(Object.keys(job.bounds).length === 0 ? {} : { bounds: job.bounds }),
    ruleJson:
      job.schedule === undefined
        ? undefined
        : JSON.stringify(
            job.schedulePayload === null || job.schedulePayload === undefined
              ? job.schedule
              : { ...job.schedule, p: job.schedulePayload },
          ),
    ...(job.after === undefined ? {} : { after: { ...job.after, payload: job.schedulePayload } }),
  };
}

/** One number in 0..2^32-1 from a name: which shard a job lives on. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}
