import { describe, expect, test } from 'vitest';
import type { Obstacle } from '../../src/core/explain/obstacle.ts';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import { dueTimeOf } from '../../src/core/due_times.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const HOUR = 3_600_000;

const JOBS = [
  job('often', { schedule: { every: '1s', window: '100ms' } }),
  job('berlin', {
    timeout: '1m',
    schedule: { cron: '30 2 * * *', timezone: 'Europe/Berlin', jitter: '5m', window: '10m', startDeadline: '1h' },
  }),
  job('yearly', { schedule: { cron: '0 0 1 1 *' }, timeout: '1m' }),
  job('once', { schedule: { at: '2020-01-01T00:00:00Z' } }),
  job('delay', { schedule: { afterCompletion: '1h' } }),
  job('spread', { timeout: '1m', schedule: { cron: 'H 9 * * *' } }),
  job('plain'),
];

const open = (): Promise<Engine> => openEngine({ target: redis.target, jobs: JOBS });

const kindsOf = (obstacles: readonly Obstacle[]): string[] => obstacles.map(({ kind }) => kind);

describe('a schedule is explained', () => {
  test('in words, with its policies, the next ten fire times and what the clock does', async () => {
    const { client } = await open();
    const answer = await client.explain.job('berlin');
    expect(answer).toMatchObject({
      schedule: 'berlin',
      job: 'berlin',
      words: 'At 02:30, Europe/Berlin time',
      timezone: 'Europe/Berlin',
      policies: { overlap: 'skip', catchUp: 'latest', jitterMs: 300_000, windowMs: 600_000, startDeadlineMs: HOUR },
    });
    const compiled = compileSchedule('berlin', { c: '30 2 * * *', z: 'Europe/Berlin', r: 300_000, k: 600_000 });
    expect(answer.upcoming).toHaveLength(10);
    let fireTime = answer.now;
    for (const upcoming of answer.upcoming) {
      fireTime = compiled.timing.next(fireTime) ?? 0;
      expect(upcoming).toMatchObject({ fireTime, due: dueTimeOf('berlin', compiled, fireTime) });
    }
    expect(answer.clockChanges).toHaveLength(2);
    expect(answer.clockChanges.map(({ text }) => text).join()).toContain('02:30');
  });

  test('with the minute that an H stands for', async () => {
    const { client } = await open();
    const { words, upcoming } = await client.explain.job('spread');
    expect(words).toContain(new Date(upcoming[0]?.fireTime ?? 0).toISOString().slice(11, 16));
  });

  test('by who leads nowhere, and by nothing once somebody does', async () => {
    const engine = await open();
    expect((await engine.client.explain.job('berlin')).obstacles).toEqual([{ kind: 'no-leader', shard: 0 }]);
    await engine.startScheduler();
    await engine.hears('leader.elected');
    expect((await engine.client.explain.job('berlin')).obstacles).toEqual([]);
  });

  test('by who paused it, why and until when, and by when it goes on', async () => {
    const { client } = await open();
    const until = Date.now() + 48 * HOUR;
    await client.jobs.pause('berlin', { by: 'ada', note: 'the warehouse moves', until });
    const { obstacles, upcoming } = await client.explain.job('berlin');
    expect(obstacles[0]).toMatchObject({ kind: 'paused', by: 'ada', note: 'the warehouse moves', until });
    expect(upcoming[0]?.fireTime).toBeGreaterThanOrEqual(until);
  });

  test('by a freeze that holds now', async () => {
    const { client } = await open();
    await client.freezes.freeze({ by: 'bob', why: 'black friday' });
    const { obstacles } = await client.explain.job('berlin');
    expect(obstacles).toContainEqual(expect.objectContaining({ kind: 'frozen', by: 'bob', why: 'black friday' }));
  });

  test('by the run that blocks it, since when', async () => {
    const engine = await open();
    const answer = await engine.client.jobs.trigger('berlin');
    const runId = answer.answer === 'overlap' ? '' : answer.runId;
    const { obstacles } = await engine.client.explain.job('berlin');
    expect(obstacles).toContainEqual(
      expect.objectContaining({
        kind: 'blocked',
        overlap: 'skip',
        by: [expect.objectContaining({ id: runId, state: 'ready' })],
      }),
    );
  });

  test('in words, and by what keeps it from being planned', async () => {
    const unplannable = job('gone', { schedule: { cron: '0 9 * * *', except: ['nocal'] } });
    const { client } = await openEngine({ target: redis.target, jobs: [unplannable] });
    const { words, obstacles } = await client.explain.job('gone');
    expect(words).toBe('At 09:00, UTC, except in calendar nocal');
    expect(kindsOf(obstacles)).toContain('taken-out');
  });

  test('by its end, where no fire time is left', async () => {
    const { client } = await open();
    const { obstacles, upcoming } = await client.explain.job('once');
    expect(kindsOf(obstacles)).toContain('ended');
    expect(upcoming).toEqual([]);
  });

  test('by the run that a fixed delay follows', async () => {
    const engine = await open();
    const { client, store } = engine;
    const [value = ''] = await store.of('delay').schedules.read(['delay']);
    const changed = value.replace(/^(\S+) \d+ -/, '$1 0 5');
    await store.of('delay').changes.control(
      [
        {
          change: { id: 'delay', before: value, after: changed, due: undefined },
          pause: undefined,
          verdicts: [],
        },
      ],
      10,
    );
    const { obstacles } = await client.explain.job('delay');
    expect(obstacles).toContainEqual({ kind: 'follows', run: undefined, delayMs: HOUR });
  });

  test('by its key, where the API keeps it', async () => {
    const { client } = await open();
    await client.schedules.save([{ job: 'plain', key: 'u1', schedule: { cron: '0 9 * * *' } }], 'create');
    const answer = await client.explain.job('plain:u1');
    expect(answer).toMatchObject({ schedule: 'plain:u1', job: 'plain', words: 'At 09:00, UTC' });
    expect(answer.upcoming).toHaveLength(10);
    await expect(client.explain.job('plain:u2')).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'schedule' });
    await expect(client.explain.job('plian')).rejects.toMatchObject({ code: 'NOT_FOUND', hint: 'did you mean plain?' });
  });

  test('as none where the job has none', async () => {
    const { client } = await open();
    expect(await client.explain.job('plain')).toMatchObject({ words: undefined, obstacles: [], upcoming: [] });
    await expect(client.explain.fireTime('plain', 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a fire time is explained', () => {
  test('by its verdict and its run, once it was fired', async () => {
    const engine = await open();
    await engine.startScheduler();
    await engine.startWorker();
    const { fireTime } = await engine.hears('schedule.verdict', ({ job: name }) => name === 'often');
    const run = `often@${String(fireTime)}`;
    await engine.hears('run.finished', (event) => event.run === run);
    const answer = await eventually(async () => {
      const found = await engine.client.explain.fireTime('often', fireTime);
      expect(found.runs).toMatchObject([{ id: run, state: 'succeeded', attempt: 1 }]);
      return found;
    });
    expect(answer.standing).toMatchObject({ kind: 'judged', verdicts: [{ from: fireTime, count: 1 }] });
  });

  test('as one to come, with its due time, or as none at all with its neighbours', async () => {
    const { client } = await open();
    const { upcoming } = await client.explain.job('berlin');
    const { fireTime = 0, due } = upcoming[3] ?? {};
    expect((await client.explain.fireTime('berlin', fireTime)).standing).toEqual({
      kind: 'to-come',
      due,
      skipped: undefined,
    });
    expect((await client.explain.fireTime('berlin', fireTime + 60_000)).standing).toMatchObject({
      kind: 'no-fire-time',
      before: fireTime,
    });
  });

  test('as one before the job was registered', async () => {
    const { client } = await open();
    const named = await client.explain.fireTime('yearly', { text: '2020-01-01', timezone: undefined });
    expect(named.standing).toMatchObject({ kind: 'before-registration' });
  });

  test('written as a local time, in the zone of the schedule or in another', async () => {
    const { client } = await open();
    const own = await client.explain.fireTime('berlin', { text: '2020-06-01T02:30', timezone: undefined });
    expect(own.fireTime).toBe(Date.parse('2020-06-01T00:30:00Z'));
    const tokyo = await client.explain.fireTime('berlin', { text: '2020-06-01T02:30', timezone: 'Asia/Tokyo' });
    expect(tokyo.fireTime).toBe(Date.parse('2020-05-31T17:30:00Z'));
    const failed = client.explain.fireTime('berlin', { text: 'yesterday', timezone: undefined });
    await expect(failed).rejects.toMatchObject({ code: 'BAD_SCHEDULE' });
  });

  test('as left out by a calendar, which is named', async () => {
    const { client } = await open();
    await client.calendars.save('holidays', { y: ['12-25'] });
    await client.schedules.save(
      [{ job: 'plain', key: 'daily', schedule: { cron: '0 9 * * *', except: 'holidays' } }],
      'create',
    );
    const { standing } = await client.explain.fireTime('plain:daily', Date.parse('2090-12-25T09:00:00Z'));
    expect(standing).toMatchObject({
      kind: 'no-fire-time',
      excludedBy: ['holidays'],
      before: Date.parse('2090-12-24T09:00:00Z'),
      after: Date.parse('2090-12-26T09:00:00Z'),
    });
  });
});
