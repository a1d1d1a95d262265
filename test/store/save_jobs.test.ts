import { expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { packLimit } from '../../src/core/limit.ts';
import { recordOf, type JobRecord } from '../../src/core/job_record.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

const record = (name: string, more: Record<string, unknown> = {}): JobRecord =>
  recordOf(compileJob(name, { run: () => null, ...more }));

test('a new job is stored with its policy and its rate, and the leader is told', async () => {
  const shard = await openTestShard(redis);
  const job = record('a', { limits: [{ rate: '10/1s' }], schedule: { cron: '@daily' } });
  expect(await shard.jobs.save([job], [])).toEqual(['a']);
  expect(await shard.jobs.get('a')).toEqual(JSON.parse(JSON.stringify(job)));
  expect(await shard.jobs.policy(job.policyRevision)).toEqual(job.policy);
  expect(await shard.connection.hget(shard.shard.key('limits'), 'job:a')).toBe(
    packLimit({ rate: { count: 10, periodMs: 1_000 } }),
  );
  expect((await shard.jobs.stats(['a'])).get('a')).toMatchObject({ registeredAt: START, lastStart: undefined });
  expect(await shard.jobs.revision()).toBe('1');
  expect(await shard.connection.llen(shard.shard.key('wake:leader'))).toBe(1);
});

test('the same once more changes nothing, not even the revision', async () => {
  const shard = await openTestShard(redis);
  await shard.jobs.save([record('a')], []);
  const before = await shard.dump();
  shard.clock.now += 1_000;
  expect(await shard.jobs.save([record('a')], [])).toEqual([]);
  expect(await shard.dump()).toEqual(before);
});

test('a changed job keeps the policy that older runs name, and a rate that is taken out is gone', async () => {
  const shard = await openTestShard(redis);
  const old = record('a', { limits: [{ rate: '10/1s' }], retry: { attempts: 2 } });
  const changed = record('a', { retry: { attempts: 9 } });
  await shard.jobs.save([old], []);
  expect(await shard.jobs.save([changed], [])).toEqual(['a']);
  expect(await shard.jobs.policy(old.policyRevision)).toEqual(old.policy);
  expect(await shard.jobs.policy(changed.policyRevision)).toEqual(changed.policy);
  expect(await shard.connection.hget(shard.shard.key('limits'), 'job:a')).toBeNull();
  expect(await shard.jobs.revision()).toBe('2');
});

test('a removed job leaves no record, rate or statistics, and its history stays', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.jobs.save([record('a', { limits: [{ rate: '10/1s' }] }), record('b')], []);
  await shard.enqueue('a', ['1']);
  await shard.settle(await shard.claimOne(), succeeded());
  await shard.jobs.save([], ['a']);
  expect([...(await shard.jobs.all()).keys()]).toEqual(['b']);
  const dump = await shard.dump();
  expect(dump['limits']).toBeUndefined();
  expect(dump['tats']).toBeUndefined();
  expect(Object.keys(dump['job_stats'] as object)).toEqual(['b|registered']);
  expect(await shard.history.ofJob('a', 0, 9)).toHaveLength(1);
});

test('to remove what is not there changes nothing', async () => {
  const shard = await openTestShard(redis);
  await shard.jobs.save([], ['never']);
  expect(await shard.dump()).toEqual({});
});

test('9,000 jobs of one deploy are saved in one call', async () => {
  const shard = await openTestShard(redis);
  const jobs = Array.from({ length: 9_000 }, (_, index) => record(`j${String(index)}`));
  expect(await shard.jobs.save(jobs, [])).toHaveLength(9_000);
  expect(await shard.connection.hlen(shard.shard.key('jobs'))).toBe(9_000);
});
