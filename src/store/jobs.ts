import type { JobRecord } from '../core/job_record.ts';
import { limitField, packLimit } from '../core/limit.ts';
import { completeLimits } from '../core/limit_templates.ts';
import type { RunPolicy } from '../core/policy.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** What the shard knows of how a job has been doing. Times are epoch ms, undefined where it never happened. */
export type JobStats = {
  registeredAt: EpochMs | undefined;
  lastStart: EpochMs | undefined;
  lastSuccess: EpochMs | undefined;
  lastFailure: EpochMs | undefined;
  consecutiveFailures: number;
};

/** Job records, policies and statistics of one shard. */
export type JobStore = ReturnType<typeof createJobStore>;

export function createJobStore(shard: Shard) {
  const { connection } = shard;
  return {
    /**
     * Stores the records and forgets the jobs named in `remove`. Returns the names whose record was new or different.
     * `beside`: the other jobs of the shard, which may share templates of limits with these.
     */
    async save(records: JobRecord[], remove: string[], beside: readonly JobRecord[] = []): Promise<string[]> {
      const args: ScriptArg[] = [records.length];
      const complete = completeLimits([...records, ...beside]);
      for (const record of records) {
        const { name, policyRevision, policy } = record;
        const limits = record.limits.map((limit) => `${limitField(limit)} ${packLimit(complete(limit))}`).join(';');
        args.push(name, JSON.stringify(record), policyRevision, JSON.stringify(policy), limits);
      }
      const [, ...changed] = (await shard.run('save_jobs', [...args, ...remove])) as string[];
      return changed;
    },

    async all(): Promise<Map<string, JobRecord>> {
      const stored = await connection.hgetall(shard.key('jobs'));
      return new Map(Object.entries(stored).map(([name, json]) => [name, JSON.parse(json) as JobRecord]));
    },

    async get(name: string): Promise<JobRecord | undefined> {
      const json = await connection.hget(shard.key('jobs'), name);
      return json === null ? undefined : (JSON.parse(json) as JobRecord);
    },

    /** The records as JSON, by name, with the revision that they are of, in one step. */
    async revised(): Promise<{ revision: string; texts: Record<string, string> }> {
      const [revision, stored] = (await connection
        .multi()
        .get(shard.key('jobs_revision'))
        .hgetall(shard.key('jobs'))
        .exec()
        .then((replies) => (replies ?? []).map(([, reply]) => reply))) as [string | null, Record<string, string>];
      return { revision: revision ?? '0', texts: stored };
    },

    async revision(): Promise<string> {
      return (await connection.get(shard.key('jobs_revision'))) ?? '0';
    },

    async policy(revision: string): Promise<RunPolicy | undefined> {
      const json = await connection.hget(shard.key('policies'), revision);
      return json === null ? undefined : (JSON.parse(json) as RunPolicy);
    },

    async policyRevisions(): Promise<string[]> {
      return connection.hkeys(shard.key('policies'));
    },

    async forgetPolicies(revisions: string[]): Promise<void> {
      if (revisions.length > 0) await connection.hdel(shard.key('policies'), ...revisions);
    },

    async stats(names: string[]): Promise<Map<string, JobStats>> {
      const stored = await connection.hgetall(shard.key('job_stats'));
      const at = (name: string, what: string): number | undefined => {
        const value = stored[`${name}|${what}`];
        return value === undefined ? undefined : Number(value);
      };
      return new Map(
        names.map((name) => [
          name,
          {
            registeredAt: at(name, 'registered'),
            lastStart: at(name, 'start'),
            lastSuccess: at(name, 'success'),
            lastFailure: at(name, 'failure'),
            consecutiveFailures: at(name, 'streak') ?? 0,
          },
        ]),
      );
    },
  };
}
