import type { Isolation } from './job.ts';
import { contentHash } from './content_hash.ts';
import type { JobLimit } from './limit.ts';
import type { RunPolicy } from './policy.ts';
import type { JobDefinition } from './definition.ts';
import type { DurationMs } from './time/units.ts';

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
  sloLagMs: DurationMs;
  /** Rule JSON of the job's own schedule, or undefined. */
  ruleJson: string | undefined;
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
    sloLagMs: job.sloLagMs,
    ruleJson:
      job.schedule === undefined
        ? undefined
        : JSON.stringify(
            job.schedulePayload === null || job.schedulePayload === undefined
              ? job.schedule
              : { ...job.schedule, p: job.schedulePayload },
          ),
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
