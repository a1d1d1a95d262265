import { describe, expect, test } from 'vitest';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { create, entry, FAR } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (): Promise<Engine> =>
  openEngine({
    target: redis.target,
    jobs: [
      job('poll', { schedule: FAR, schedulePayload: 'own' }),
      job('plain'),
      job('queue', { schedule: { ...FAR, overlap: 'buffer-all' } }),
    ],
  });

describe('a trigger', () => {
  test('runs any schedule, with its payload or another', async () => {
    const engine = await open();
    const { client } = engine;
    await create(engine, entry('a', { payload: { user: 1 }, schedule: { ...FAR, overlap: 'allow' } }));
    for (const [id, payload, expected] of [
      ['poll', undefined, '"own"'],
      ['poll:a', undefined, '{"user":1}'],
      ['poll:a', 'mine', '"mine"'],
      ['plain', undefined, 'null'],
    ] as const) {
      const answer = await client.schedules.trigger(id, payload === undefined ? {} : { payload });
      if (answer.answer !== 'triggered') throw new Error(JSON.stringify(answer));
      expect((await client.runs.get(answer.runId)).run.payloadJson).toBe(expected);
    }
  });

  test('honours the overlap policy of the schedule, or overrides it', async () => {
    const { client } = await open();
    const first = await client.jobs.trigger('poll');
    if (first.answer !== 'triggered') throw new Error(first.answer);
    expect(await client.jobs.trigger('poll')).toEqual({ answer: 'overlap', liveRun: first.runId });
    expect(await client.jobs.trigger('poll', { overlap: 'override' })).toMatchObject({ answer: 'triggered' });
    const live = await client.jobs.trigger('queue');
    if (live.answer !== 'triggered') throw new Error(live.answer);
    const held = await client.jobs.trigger('queue');
    expect(held).toMatchObject({ answer: 'held', behind: [live.runId] });
    expect(await client.jobs.get('queue')).toMatchObject({ blocked: { runs: [live.runId] } });
  });

  test('of what is not there says so', async () => {
    const { client } = await open();
    await expect(client.schedules.trigger('poll:none')).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'schedule' });
    await expect(client.schedules.trigger('pol:a')).rejects.toMatchObject({ hint: 'did you mean poll?' });
  });
});

describe('marking as succeeded', () => {
  test('a fire time gives it the verdict marked, moves the cursor on and makes no run', async () => {
    const { client, store } = await open();
    const [view] = await client.schedules.get(['poll']);
    const fireTime = view?.nextFireTime as number;
    await client.schedules.markSucceeded('poll', fireTime);
    expect(await client.jobs.ledger('poll', 9)).toMatchObject([{ word: 'marked', from: fireTime, to: fireTime }]);
    const [after] = await client.schedules.get(['poll']);
    expect(after?.nextFireTime).toBeGreaterThan(fireTime);
    expect(after?.nextDue).toBe(after?.nextFireTime);
    expect(after?.lastFireTime).toBeUndefined();
    expect(await client.runs.list({ job: 'poll' })).toEqual([]);
    await expect(client.schedules.markSucceeded('poll', fireTime)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      hint: expect.stringContaining(new Date(after?.nextFireTime ?? 0).toISOString()) as string,
    });
    await expect(client.schedules.markSucceeded('poll:none', 5)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await store.of('poll').schedules.dueTimes(['poll'])).toEqual([after?.nextFireTime]);
  });

  test('the fire time of a paused schedule leaves it paused', async () => {
    const { client } = await open();
    await client.jobs.pause('poll', { by: 'ada', note: 'why' });
    const [view] = await client.schedules.get(['poll']);
    await client.schedules.markSucceeded('poll', view?.nextFireTime ?? 0);
    const [after] = await client.schedules.get(['poll']);
    expect(after).toMatchObject({ state: 'paused', nextDue: undefined, pause: { by: 'ada' } });
    expect(after?.nextFireTime).toBeGreaterThan(view?.nextFireTime ?? Infinity);
  });

  test('the last fire time of a schedule that goes after it removes it', async () => {
    const engine = await open();
    const at = Date.now() + 3_600_000;
    await create(engine, entry('once', { schedule: { at: new Date(at).toISOString(), afterLast: 'delete' } }));
    await engine.client.schedules.markSucceeded('poll:once', at);
    expect(await engine.client.schedules.get(['poll:once'])).toEqual([undefined]);
    expect(await engine.client.jobs.ledger('poll', 1)).toMatchObject([{ schedule: 'poll:once', word: 'marked' }]);
  });

  test('a run ends it, and refuses one that has ended', async () => {
    const { client } = await open();
    const id = await client.enqueue('plain', 1);
    await client.runs.markSucceeded(id);
    expect(await client.runs.get(id)).toMatchObject({ state: 'succeeded', result: null });
    await expect(client.runs.markSucceeded(id)).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'run' });
    await expect(client.runs.markSucceeded('none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a job notes a success now', async () => {
    const { client } = await open();
    await client.jobs.markSucceeded('plain');
    expect(Date.now() - ((await client.jobs.get('plain')).stats.lastSuccess ?? 0)).toBeLessThan(60_000);
    await expect(client.jobs.markSucceeded('plan')).rejects.toMatchObject({ hint: 'did you mean plain?' });
  });
});

describe('@reboot', () => {
  const boot = job('boot', { schedule: { cron: '@reboot' } });
  const reopen = (deployment: string | undefined, jobs = [boot]): Promise<Engine> =>
    openEngine({ target: redis.target, namespace: 'reboots', config: { deployment }, jobs });

  test('fires once for each deployment, however often it is registered', async () => {
    const engine = await reopen('one');
    await engine.startScheduler();
    const fired = (): number => engine.said('schedule.verdict').filter(({ word }) => word === 'fired').length;
    await engine.hears('schedule.verdict');
    await reopen('one');
    const [run] = await engine.client.runs.list({ job: 'boot' });
    await engine.client.runs.cancel(run?.run.id ?? '');
    await reopen('two');
    await engine.hears('schedule.verdict', () => fired() === 2);
    expect(await engine.client.jobs.ledger('boot', 9)).toHaveLength(2);
  });

  test('takes the jobs themselves for the deployment where nobody names it', async () => {
    const ruleOf = async (engine: Engine): Promise<string | undefined> =>
      (await engine.client.jobs.get('boot')).rule?.b;
    const first = await ruleOf(await reopen(undefined));
    expect(await ruleOf(await reopen(undefined))).toBe(first);
    expect(await ruleOf(await reopen(undefined, [boot, job('more')]))).not.toBe(first);
  });
});
