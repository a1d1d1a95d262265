import { compileJob } from '../../src/core/compile_job.ts';
import type { Json } from '../../src/core/job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { packKeys } from '../../src/core/limit.ts';
import { createLimitStore } from '../../src/store/limits.ts';
import type { TestRedis } from './redis.ts';
import { openTestShard, type NewRuns } from './test_shard.ts';

export type LimitedShard = Awaited<ReturnType<typeof openLimited>>;

/** A shard with jobs `a`, `b`, … of these specs, and a way to enqueue their runs by payload. */
export async function openLimited(redis: Pick<TestRedis, 'path'>, ...specs: Record<string, unknown>[]) {
  const shard = await openTestShard(redis);
  const recordWith = (name: string, spec: Record<string, unknown>) =>
    recordOf(compileJob(name, { run: () => null, ...spec }));
  const records = specs.map((spec, i) => recordWith(String.fromCharCode(97 + i), spec));
  await shard.knows(records.map(({ name }) => name));
  await shard.jobs.save(records, []);
  const limitsOf = new Map(records.map(({ name, limits }) => [name, limits]));
  return {
    ...shard,
    limits: createLimitStore(shard.shard),
    /** A later deploy of one job. */
    async deploy(name: string, spec: Record<string, unknown>) {
      const record = recordWith(name, spec);
      limitsOf.set(name, record.limits);
      await shard.jobs.save([record], []);
    },
    add: (ids: string[], payload: Json, { job = 'a', ...options }: NewRuns & { job?: string } = {}) =>
      shard.enqueue(job, ids, { payload, keys: packKeys(limitsOf.get(job) ?? [], payload), ...options }),
    /** What is left of limits: nothing when every run is over. */
    async leftovers() {
      const dump = await shard.dump();
      const blocked = Object.keys(dump).filter((key) => key.startsWith('blocked:'));
      return { active: dump['active'], turns: dump['turns'], blockedKeys: dump['blocked_keys'], blocked };
    },
  };
}

export const NOTHING_LEFT = { active: undefined, turns: undefined, blockedKeys: undefined, blocked: [] };
