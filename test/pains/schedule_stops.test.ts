import { expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { schedulerProbe } from '../../src/roles/probes.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const EACH_SECOND = { cron: '* * * * * *' };

const shardOf = (engine: Engine) => engine.store.shards[0] as Engine['store']['shards'][number];

const firedBy = (engine: Engine): number =>
  engine.said('schedule.verdict').filter(({ word }) => word === 'fired').length;

test('a schedule goes on when its run is lost, with the queue that it waited in', async () => {
  const engine = await openEngine({ target: redis.target, jobs: [job('poll', { schedule: EACH_SECOND })] });
  await engine.startScheduler();
  // No worker is there: the first run is never begun, and the fire times after it are skipped for it.
  await engine.hears('schedule.verdict', ({ word }) => word === 'skipped(overlap)');
  const fired = firedBy(engine);
  const { shard } = shardOf(engine);
  const lanes = await shard.connection.keys(shard.key('lane:*'));
  expect(await shard.connection.del([shard.key('runs'), shard.key('ready:default'), ...lanes])).toBe(2 + lanes.length);
  await eventually(() => expect(firedBy(engine)).toBeGreaterThan(fired));
});

test('a schedule goes on after its run became a dead letter', async () => {
  const jobs = [
    job('broken', {
      schedule: EACH_SECOND,
      retry: { attempts: 1 },
      run: () => {
        throw new Error('always');
      },
    }),
  ];
  const engine = await openEngine({ target: redis.target, jobs });
  await engine.startScheduler();
  await engine.startWorker();
  const first = await engine.hears('run.finished', ({ outcome }) => outcome === 'dead');
  const second = await engine.hears('run.finished', ({ run, outcome }) => outcome === 'dead' && run !== first.run);
  expect(engine.said('schedule.verdict').map(({ word }) => word)).not.toContain('skipped(overlap)');
  expect((await engine.client.runs.get(second.run)).state).toBe('dead');
});

test('a leader whose passes come to nothing is not ready, though its process lives, its Redis answers and it leads', async () => {
  const engine = await openEngine({ target: redis.target, jobs: [job('poll', { schedule: EACH_SECOND })] });
  const { shard } = shardOf(engine);
  let aheadMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
  const scheduler = await engine.startScheduler();
  const probe = schedulerProbe(scheduler, engine.events, clock);
  await engine.hears('schedule.verdict');
  const passes = engine.said('tick.done').length;
  const isIdle = (): boolean => engine.said('tick.done').some(({ due }, i) => i >= passes && due === 0);
  await eventually(() => expect(isIdle()).toBe(true)); // no pass is under way for most of a second
  expect(probe.check()).toBeUndefined();

  await shard.connection.rename(shard.key('due'), shard.key('aside'));
  await shard.connection.set(shard.key('due'), 'what no pass can read');
  aheadMs = 11_000;
  const failed = engine.said('tick.failed').length;
  await eventually(() => expect(engine.said('tick.failed').length).toBeGreaterThan(failed + 1));
  expect(scheduler.leads()).toHaveLength(1);
  expect(probe.check()).toMatch(/^no pass over shard 0 for 1\d s$/);

  await shard.connection.rename(shard.key('aside'), shard.key('due'));
  await eventually(() => expect(probe.check()).toBeUndefined());
});

test('schedules that somebody flushed out of a living Redis are put back by the leader that notices', async () => {
  const own = await startRedis();
  const jobs = [job('poll', { schedule: EACH_SECOND })];
  const engine = await openEngine({ target: own.target, jobs, config: { leaderTtlMs: 1_000 } });
  await engine.startScheduler(async () => void (await engine.client.apply(jobs)));
  await engine.hears('schedule.verdict');
  await shardOf(engine).shard.connection.flushall();
  const fired = firedBy(engine);
  await eventually(() => expect(firedBy(engine)).toBeGreaterThan(fired));
  expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual(['poll']);
});

test('a schedule whose stored value was lost alone comes back with the next start or deploy', async () => {
  const jobs = [job('poll', { schedule: EACH_SECOND })];
  const engine = await openEngine({ target: redis.target, jobs });
  const { shard } = shardOf(engine);
  expect(await shard.connection.hdel(shard.key('schedules'), 'poll')).toBe(1);
  await engine.client.apply(jobs);
  await engine.startScheduler();
  await engine.hears('schedule.verdict', ({ schedule }) => schedule === 'poll');
});
