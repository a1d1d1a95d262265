import { expect, test } from 'vitest';
import { createJobStates, type JobState } from '../../src/client/job_states.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const HOUR = 3_600_000;

async function open(shards = 3) {
  const jobs = [
    job('hourly', { schedule: { cron: '0 * * * *' } }),
    job('once', { schedule: { at: '2099-01-01T00:00:00Z' } }),
    job('twice', { schedule: { cron: '0 0 * * *', maxRuns: 1 } }),
    job('plain', { run: () => 1 }),
  ];
  const engine = await openEngine({ target: redis.target, config: { shards }, jobs });
  const states = createJobStates(engine.store);
  const read = async (): Promise<Map<string, JobState>> =>
    new Map((await states.read(Date.now())).map((state) => [state.record.name, state]));
  return { engine, jobs, read };
}

test('states of jobs come sorted over all shards, with the distance of the next two fire times where there are two', async () => {
  const { read } = await open();
  const found = await read();
  expect([...found.keys()]).toEqual(['hourly', 'once', 'plain', 'twice']);
  expect(found.get('hourly')).toMatchObject({ intervalMs: HOUR, isPaused: false, isQuarantined: false, lagMs: 0 });
  expect(found.get('once')).toMatchObject({ intervalMs: undefined, nextFireTime: Date.UTC(2099, 0, 1) });
  expect(found.get('twice')?.intervalMs).toBeUndefined();
  expect(found.get('plain')).toMatchObject({ rule: undefined, nextFireTime: undefined, intervalMs: undefined });
});

test('states of jobs follow pauses, runs and registrations from one reading to the next', async () => {
  const { engine, jobs, read } = await open(1);
  const before = await read();
  await engine.client.jobs.pause('hourly', { by: 'ada', note: 'not now' });
  await engine.startWorker({ jobs });
  const id = await engine.client.enqueue('plain');
  await engine.hears('run.finished', ({ run }) => run === id);
  const after = await read();
  expect(after.get('hourly')?.isPaused).toBe(true);
  expect(after.get('plain')?.stats.lastSuccess).toBeGreaterThan(0);
  // What has not changed is the same object: nothing was parsed again.
  expect(after.get('hourly')?.record).toBe(before.get('hourly')?.record);
  expect(after.get('once')).toBe(before.get('once'));
  await engine.client.apply([job('hourly', { schedule: { cron: '*/5 * * * *' }, slo: { failures: 9 } })]);
  const applied = await read();
  expect([...applied.keys()]).toEqual(['hourly']);
  expect(applied.get('hourly')).toMatchObject({ intervalMs: 300_000, record: { slo: { failures: 9 } } });
});

test('states of jobs follow each of their numbers from one reading to the next, over an overdue and a quarantined job too', async () => {
  const { engine, read } = await open(1);
  const { shard } = engine.store.shards[0] as (typeof engine.store.shards)[number];
  const { connection } = shard;
  const hourly = async (): Promise<JobState | undefined> => (await read()).get('hourly');
  const before = await hourly();
  expect(await hourly()).toBe(before);
  const stats = { registered: '1000', start: '2000', success: '3000', failure: '4000', streak: '5' };
  for (const [what, value] of Object.entries(stats)) {
    await connection.hset(shard.key('job_stats'), `hourly|${what}`, value);
  }
  expect((await hourly())?.stats).toEqual({
    registeredAt: 1_000,
    lastStart: 2_000,
    lastSuccess: 3_000,
    lastFailure: 4_000,
    consecutiveFailures: 5,
  });
  const head = (next: number): string => `1 ${String(next)} - - {"e":3600000}`;
  const next = Date.now() - HOUR;
  await connection.hset(shard.key('schedules'), 'hourly', head(next));
  await connection.zadd(shard.key('due'), next, 'hourly');
  const late = await hourly();
  expect(late?.nextFireTime).toBe(next);
  expect(late?.lagMs).toBeGreaterThanOrEqual(HOUR);
  // More schedules past their due time than there are jobs.
  const others = Array.from({ length: 20 }, (_, i) => [1, `other:${String(i)}`]).flat();
  await connection.zadd(shard.key('due'), ...others);
  expect((await hourly())?.lagMs).toBeGreaterThanOrEqual(late?.lagMs ?? Infinity);
  await connection.hset(shard.key('quarantined'), 'hourly', '{}');
  expect(await hourly()).toMatchObject({ isQuarantined: true, isPaused: false, nextFireTime: undefined });
  await connection.hset(shard.key('paused'), 'hourly', '{}');
  expect(await hourly()).toMatchObject({ isQuarantined: true, isPaused: true, lagMs: 0 });
  await connection.del(shard.key('quarantined'), shard.key('paused'));
  await connection.zadd(shard.key('due'), Date.now() + HOUR, 'hourly');
  expect(await hourly()).toMatchObject({ isQuarantined: false, isPaused: false, lagMs: 0 });
});

test('the drift of jobs counts what a registration would add, change and remove, and follows both sides', async () => {
  const { engine, jobs } = await open();
  const state = (definitions: typeof jobs, keep: string[] = []) => ({ definitions, keep, calendars: new Map() });
  const own = state(jobs);
  expect(await engine.client.drift(own)).toEqual({ added: 0, changed: 0, removed: 0 });
  const changed = [job('hourly', { schedule: { cron: '5 * * * *' } }), job('new'), ...jobs.slice(2)];
  expect(await engine.client.drift(state(changed))).toEqual({ added: 1, changed: 1, removed: 1 });
  expect(await engine.client.drift(state(changed, ['once']))).toEqual({ added: 1, changed: 1, removed: 0 });
  await engine.client.apply(changed);
  expect(await engine.client.drift(own)).toEqual({ added: 1, changed: 1, removed: 1 });
  expect(await engine.client.drift(state(changed))).toEqual({ added: 0, changed: 0, removed: 0 });
});
