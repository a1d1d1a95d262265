import type { Isolation } from './job.ts';
import type { RateLimit, RunPolicy } from './policy.ts';
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
  rate: RateLimit | undefined;
  isolation: Isolation;
  sloLagMs: DurationMs;
  /** Rule JSON of the job's own schedule, or undefined. */
  ruleJson: string | undefined;
};

/** FNV-1a, 64 bits as two 32-bit halves, in base 36: content addresses of policies and job sets. Not for security. */
export function contentHash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ (unit + 0x9e37), 0x01000193);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

export function recordOf(job: JobDefinition): JobRecord {
  return {
    name: job.name,
    description: job.description,
    owner: job.owner,
    queue: job.queue,
    priority: job.priority,
    policyRevision: contentHash(JSON.stringify(job.policy)).slice(0, 8),
    policy: job.policy,
    rate: job.rate,
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

/**
 * GCRA parameters of a rate: `<emission ms> <burst>`. A burst of b starts, then one per emission, gives at most
 * b - 1 + period / emission starts in any half-open window of one period; the emission is chosen to make that `count`.
 */
export function gcraOf(rate: RateLimit): string {
  const burst = Math.max(1, Math.floor(rate.count / 10));
  return `${rate.periodMs / (rate.count - burst + 1)} ${burst}`;
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
