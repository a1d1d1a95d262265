import { describe, expect, test } from 'vitest';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { create, entry } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const DAY = 86_400_000;
const DAILY = { cron: '0 12 * * *', except: 'holidays' };

const dayOf = (at: number | undefined): string => new Date(at ?? 0).toISOString().slice(0, 10);
/** Noon of a day that is surely to come. */
const soon = (days: number): string => dayOf(Date.now() + days * DAY);

const open = (): Promise<Engine> =>
  openEngine({ target: redis.target, config: { shards: 2 }, jobs: [job('poll'), job('mail')] });

describe('a named calendar', () => {
  test('is listed by name, read, written again and deleted', async () => {
    const { client } = await open();
    expect(await client.calendars.save('holidays', { y: ['12-25'] })).toEqual({ answer: 'saved', replanned: 0 });
    expect(await client.calendars.save('holidays', { y: ['12-25'] })).toEqual({ answer: 'unchanged', replanned: 0 });
    await client.calendars.save('days-off', { w: 'SAT,SUN' });
    expect([...(await client.calendars.list()).keys()]).toEqual(['days-off', 'holidays']);
    expect(await client.calendars.get('holidays')).toEqual({ y: ['12-25'] });
    await client.calendars.delete('holidays');
    await expect(client.calendars.get('holidays')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.calendars.delete('day-off')).rejects.toMatchObject({ hint: 'did you mean days-off?' });
    await expect(client.calendars.save('a b', {})).rejects.toMatchObject({ code: 'BAD_SCHEDULE', field: 'name' });
  });

  test('must be there before a schedule names it', async () => {
    const { client } = await open();
    expect(await client.schedules.save([entry('a', { schedule: DAILY })], 'create')).toMatchObject([
      { answer: 'invalid', error: { code: 'BAD_SCHEDULE', message: expect.stringContaining('holidays') as string } },
    ]);
  });

  test('that changes moves the fire times of the schedules that name it, members of a union included', async () => {
    const engine = await open();
    const { client } = engine;
    await client.calendars.save('holidays', { y: ['02-29'] });
    const union = { anyOf: [DAILY, { cron: '0 0 1 1 *' }] };
    await create(
      engine,
      entry('a', { schedule: DAILY }),
      entry('b', { job: 'mail', schedule: union }),
      entry('c', { schedule: { cron: '0 12 * * *' } }),
    );
    const ids = ['poll:a', 'mail:b', 'poll:c'];
    const nextOf = async (): Promise<string[]> =>
      (await client.schedules.get(ids)).map((view) => dayOf(view?.nextFireTime));
    const [first = ''] = await nextOf();
    const second = dayOf(Date.parse(first) + DAY);
    expect(await client.calendars.save('holidays', { d: [first] })).toEqual({ answer: 'saved', replanned: 2 });
    expect(await nextOf()).toEqual([second, second, first]);
    await client.calendars.save('holidays', { y: ['02-29'] });
    expect(await nextOf()).toEqual([first, first, first]);
  });

  test('is not deleted while a schedule or a job names it', async () => {
    const engine = await open();
    const { client } = engine;
    await client.calendars.save('holidays', { y: ['12-25'] });
    await client.apply([job('poll', { schedule: DAILY }), job('mail')]);
    await create(engine, entry('a', { schedule: DAILY }));
    await expect(client.calendars.delete('holidays')).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: 'calendar holidays is named by poll, poll:a',
    });
    await client.schedules.delete(['poll:a']);
    await client.apply([job('poll'), job('mail')]);
    await client.calendars.delete('holidays');
    expect((await client.calendars.list()).size).toBe(0);
  });

  test('of the jobs folder is registered with the jobs', async () => {
    const { client } = await open();
    const jobs = [job('poll', { schedule: DAILY }), job('mail')];
    await client.apply(jobs, [], new Map([['holidays', { d: [soon(0), soon(1)] }]]));
    expect(dayOf((await client.jobs.get('poll')).nextFireTime)).toBe(soon(2));
    await client.apply(jobs, [], new Map([['holidays', { d: [soon(0), soon(1), soon(2)] }]]));
    expect(dayOf((await client.jobs.get('poll')).nextFireTime)).toBe(soon(3));
    expect(await client.jobs.upcoming('poll', 2)).toHaveLength(2);
  });

  test('of a file goes with the file, and one that somebody put in stays', async () => {
    const { client, store } = await open();
    const files = new Map([['holidays', { y: ['02-29'] }]]);
    await client.calendars.save('days-off', { w: 'SAT,SUN' });
    await client.apply([job('poll', { schedule: DAILY }), job('mail')], [], files);
    await client.apply([job('poll'), job('mail')], ['_calendars/holidays']);
    expect([...(await client.calendars.list()).keys()]).toEqual(['days-off', 'holidays']);
    await client.apply([job('poll'), job('mail')]);
    for (const { calendars } of store.shards) expect([...(await calendars.all()).keys()]).toEqual(['days-off']);
  });

  test('of a file that is gone stays while a schedule names it, and says so', async () => {
    const engine = await open();
    const { client, events } = engine;
    const jobs = [job('poll'), job('mail')];
    const kept: unknown[] = [];
    events.on('calendar.kept', (event) => kept.push(event));
    await client.apply(jobs, [], new Map([['holidays', { y: ['02-29'] }]]));
    await create(engine, entry('a', { schedule: DAILY }));
    await client.apply(jobs);
    expect(kept).toEqual([{ calendar: 'holidays', namedBy: 'poll:a' }]);
    expect([...(await client.calendars.list()).keys()]).toEqual(['holidays']);
    await client.schedules.delete(['poll:a']);
    await client.apply(jobs);
    expect((await client.calendars.list()).size).toBe(0);
    expect(kept).toHaveLength(1);
  });
});

test('a job that names a calendar which is not there is taken out alone, and comes back with the calendar', async () => {
  const engine = await openEngine({ target: redis.target });
  const jobs = [
    job('poll', { schedule: { ...DAILY, cron: '* * * * * *' } }),
    job('good', { schedule: { every: '1s' } }),
  ];
  await engine.client.apply(jobs);
  await engine.startScheduler();
  await engine.hears('schedule.quarantined', ({ schedule }) => schedule === 'poll');
  await engine.hears('schedule.verdict', ({ schedule }) => schedule === 'good');
  expect((await engine.client.jobs.get('poll')).quarantined?.message).toContain('holidays');
  await engine.client.apply(jobs, [], new Map([['holidays', { y: ['02-29'] }]]));
  await engine.hears('schedule.verdict', ({ schedule }) => schedule === 'poll');
});
