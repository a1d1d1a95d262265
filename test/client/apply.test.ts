import { describe, expect, test } from 'vitest';
import { packSchedule, unpackSchedule } from '../../src/core/stored_schedule.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const SHARDS = 3;
const jobs = Array.from({ length: 30 }, (_, index) =>
  job(`j/${String(index)}`, { schedule: { cron: `${String(index)} 3 * * *`, jitter: '10m' } }),
);

const open = (namespace: string): Promise<Engine> =>
  openEngine({ target: redis.target, namespace, config: { shards: SHARDS } });

async function schedulesOf(engine: Engine): Promise<Map<string, string>> {
  const slices = await Promise.all(engine.store.shards.map(({ schedules }) => schedules.scan('0', 1_000)));
  return new Map(
    slices.flatMap(({ schedules }) => schedules.map(({ schedule, value }) => [schedule.id, value] as const)),
  );
}

describe('applying definitions', () => {
  test('from eight replicas at once stores each job and schedule once', async () => {
    const engines = await Promise.all(Array.from({ length: 8 }, () => open('eight')));
    const applied = await Promise.all(engines.map(({ client }) => client.apply(jobs)));
    expect(applied.every(({ total }) => total === jobs.length)).toBe(true);
    const [engine] = engines as [Engine];
    const views = await engine.client.jobs.list();
    expect(views.map(({ record }) => record.name)).toEqual(jobs.map(({ name }) => name).sort());
    const values = await schedulesOf(engine);
    expect(values.size).toBe(jobs.length);
    for (const [id, value] of values) expect(unpackSchedule(id, value).revision).toBe(1);
    expect(views.every(({ nextDue, nextFireTime }) => (nextDue ?? 0) >= (nextFireTime ?? Infinity))).toBe(true);
  });

  test('a second time changes nothing', async () => {
    const engine = await open('again');
    expect(await engine.client.apply(jobs)).toMatchObject({
      added: { length: 30 },
      changed: [],
      removed: [],
      total: 30,
    });
    const before = await schedulesOf(engine);
    expect(await engine.client.apply(jobs)).toEqual({ added: [], changed: [], removed: [], total: 30 });
    expect(await schedulesOf(engine)).toEqual(before);
  });

  test('prunes what is gone, changes what differs, and leaves waiting runs alone', async () => {
    const engine = await open('prune');
    await engine.client.apply(jobs.slice(0, 3));
    const waiting = await engine.client.enqueue('j/0', 1);
    const changed = job('j/1', { schedule: { cron: '0 5 * * *' }, queue: 'other' });
    const applied = await engine.client.apply([changed, ...jobs.slice(2, 4)]);
    expect(applied).toEqual({ added: ['j/3'], changed: ['j/1'], removed: ['j/0'], total: 3 });
    expect([...(await schedulesOf(engine)).keys()].sort()).toEqual(['j/1', 'j/2', 'j/3']);
    expect(unpackSchedule('j/1', (await schedulesOf(engine)).get('j/1') ?? '')).toMatchObject({
      revision: 2,
      ruleJson: '{"c":"0 5 * * *"}',
    });
    expect(await engine.client.runs.get(waiting)).toMatchObject({ state: 'ready', run: { job: 'j/0' } });
  });

  test('takes the schedule of a job that has none any more, and gives it back', async () => {
    const engine = await open('unscheduled');
    await engine.client.apply([jobs[0] as (typeof jobs)[number]]);
    await engine.client.apply([job('j/0')]);
    expect((await engine.client.jobs.get('j/0')).nextFireTime).toBeUndefined();
    expect(await schedulesOf(engine)).toEqual(new Map());
    await engine.client.apply([jobs[0] as (typeof jobs)[number]]);
    expect((await engine.client.jobs.get('j/0')).nextFireTime).toBeGreaterThan(Date.now());
  });

  test('keeps a fire time that has passed and waits for its jitter', async () => {
    const engine = await open('pending');
    await engine.client.apply([jobs[0] as (typeof jobs)[number]]);
    const { schedules } = engine.store.of('j/0');
    const [before = ''] = await schedules.read(['j/0']);
    const pending = Date.now() - 5_000;
    const after = packSchedule({ ...unpackSchedule('j/0', before), next: pending });
    await schedules.save([{ id: 'j/0', before, after, due: pending + 60_000 }]);
    await engine.client.apply([job('j/0', { schedule: { cron: '0 5 * * *' } })]);
    expect((await engine.client.jobs.get('j/0')).nextFireTime).toBe(pending);
  });

  test('beside a leader that is firing loses no fire time and no change', async () => {
    const engine = await open('busy');
    const versions = ['1s', '2s', '3s'].map((every) => [job('busy', { schedule: { every, overlap: 'allow' } })]);
    await engine.client.apply(versions[0] ?? []);
    await engine.startScheduler();
    await engine.hears('schedule.verdict');
    for (const version of versions) await Promise.all([engine.client.apply(version), engine.client.apply(version)]);
    expect((await engine.client.jobs.get('busy')).rule).toEqual({ e: 3_000, o: 'allow' });
    await engine.hears('schedule.verdict', ({ fireTime }) => fireTime % 3_000 === 0);
  });
});
