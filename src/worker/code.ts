import type { JobDefinition } from '../core/definition.ts';
import { contentHash } from '../core/content_hash.ts';
import { recordOf } from '../core/job_record.ts';
import type { RunPolicy } from '../core/policy.ts';
import type { ShardStore } from '../store/store.ts';

/** The jobs that this process can run, and the policies that their runs may name. Replaced as a whole on a reload. */
export type Code = {
  /** Names this set of jobs to the claim script. */
  name: string;
  jobs: ReadonlyMap<string, JobDefinition>;
  queues: string[];
  /** Of the definitions of these jobs: two versions with the same names can differ. */
  revision: string;
  /** Policies of the current definitions by revision; runs of older revisions are looked up in Redis. */
  policies: Map<string, RunPolicy>;
};

export function createCode(definitions: JobDefinition[]): Code {
  const jobs = new Map(definitions.map((job) => [job.name, job]));
  const names = [...jobs.keys()].sort();
  const records = definitions.map(recordOf);
  return {
    name: contentHash(names.join('\n')),
    jobs,
    revision: contentHash(
      records
        .map((record) => JSON.stringify(record))
        .sort()
        .join('\n'),
    ),
    queues: [...new Set(definitions.map(({ queue }) => queue))].sort(),
    policies: new Map(records.map(({ policyRevision, policy }) => [policyRevision, policy])),
  };
}

/** The policy that a run was created under. Falls back to the job's current one if that revision is gone. */
export async function policyOf(
  code: Code,
  store: ShardStore,
  run: { policy: string; job: string },
): Promise<RunPolicy> {
  const found = code.policies.get(run.policy) ?? (await store.jobs.policy(run.policy));
  const policy = found ?? (code.jobs.get(run.job) as JobDefinition).policy;
  code.policies.set(run.policy, policy);
  return policy;
}
