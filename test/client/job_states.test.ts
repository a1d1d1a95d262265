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
  await engine.client.apply([job('hourly', { schedule: { cron: '*/5 * * * *' }, slo: { failures: 9 } })]);
  const applied = await read();
  expect([...applied.keys()]).toEqual(['hourly']);
  expect(applied.get('hourly')).toMatchObject({ intervalMs: 300_000, record: { slo: { failures: 9 } } });
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
