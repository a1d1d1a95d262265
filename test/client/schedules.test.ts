import { describe, expect, test } from 'vitest';
import type { ScheduleEntry } from '../../src/client/schedule_entry.ts';
import type { Json } from '../../src/core/job.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { entry, FAR, words } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (jobs = [job('poll'), job('mail')], shards = 1): Promise<Engine> =>
  openEngine({ target: redis.target, jobs, config: { shards } });

describe('saving schedules', () => {
  test('creates, then finds them unchanged, then changes what differs', async () => {
    const { client } = await open();
    const entries = [entry('a'), entry('b', { payload: { user: 1 }, tags: ['x', 'b'] })];
    expect(await client.schedules.save(entries, 'upsert')).toEqual([
      { index: 0, id: 'poll:a', answer: 'created' },
      { index: 1, id: 'poll:b', answer: 'created' },
    ]);
    expect(words(await client.schedules.save(entries, 'upsert'))).toEqual(['unchanged', 'unchanged']);
    const changed = [entry('a', { schedule: { every: '1h' } }), entry('b', { payload: { user: 2 }, tags: ['b', 'x'] })];
    expect(words(await client.schedules.save(changed, 'upsert'))).toEqual(['updated', 'updated']);
    const [a, b, none] = await client.schedules.get(['poll:a', 'poll:b', 'poll:none']);
    expect(a).toMatchObject({ state: 'active', revision: 2, rule: { e: 3_600_000 }, job: 'poll', key: 'a' });
    expect(b).toMatchObject({ rule: { c: '0 3 1 1 *', tg: ['b', 'x'], p: { user: 2 } } });
    expect(a?.nextDue).toBe(a?.nextFireTime);
    expect(none).toBeUndefined();
  });

  test('create leaves alone what exists, and update what does not', async () => {
    const { client } = await open();
    expect(words(await client.schedules.save([entry('a')], 'create'))).toEqual(['created']);
    const other = { schedule: { every: '1h' } };
    expect(words(await client.schedules.save([entry('a', other), entry('b')], 'create'))).toEqual([
      'exists',
      'created',
    ]);
    expect(words(await client.schedules.save([entry('a', other), entry('c')], 'update'))).toEqual([
      'updated',
      'missing',
    ]);
    expect(await client.schedules.get(['poll:c'])).toEqual([undefined]);
  });

  test('answers for a bad entry with its index and what is wrong, and saves the others', async () => {
    const { client } = await open();
    const bad: [unknown, string, string][] = [
      [entry('bad key'), 'BAD_USAGE', 'key'],
      [entry('a', { job: 'pol' }), 'NOT_FOUND', 'job'],
      [entry('b', { schedule: { cron: '61 * * * *' } }), 'BAD_CRON', 'schedule.cron'],
      [entry('c', { schedule: { every: '1 fortnight' } }), 'BAD_DURATION', 'schedule.every'],
      [entry('d', { schedule: { cron: '@reboot' } }), 'BAD_SCHEDULE', 'schedule.cron'],
      [entry('e', { tags: ['two words'] }), 'BAD_USAGE', 'tags'],
      [entry('f', { payload: 'x'.repeat(70_000) }), 'PAYLOAD_TOO_LARGE', 'payload'],
      [{ ...entry('g'), tag: ['red'] }, 'BAD_USAGE', 'tag'],
      [null, 'BAD_USAGE', ''],
      [{ key: 'a', schedule: FAR }, 'BAD_USAGE', 'job'],
    ];
    const entries = bad.flatMap(([one], i) => [one as ScheduleEntry, entry(`good${i}`)]);
    const answers = await client.schedules.save(entries, 'create');
    bad.forEach(([, code, field], i) => {
      expect(answers[2 * i]).toMatchObject({ index: 2 * i, answer: 'invalid', error: { code } });
      const { error } = answers[2 * i] as { error: { field?: string; hint?: string } };
      expect(error.field ?? '').toContain(field);
      expect(error.hint).toEqual(expect.any(String));
      expect(answers[2 * i + 1]).toMatchObject({ answer: 'created' });
    });
    expect(answers[2]).toMatchObject({ error: { hint: 'did you mean poll?' } });
  });

  test('throws where Redis cannot be reached: that says nothing of an entry', async () => {
    const { client, close } = await open();
    close();
    await expect(client.schedules.save([entry('a')], 'upsert')).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  });

  test('refuses a new one that has no fire time to come', async () => {
    const { client } = await open();
    const past: ScheduleEntry['schedule'][] = [
      { at: '2020-01-01T00:00:00Z' },
      { at: '2020-01-01T00:00:00Z', afterLast: 'delete' },
      { every: '1m', end: '2020-01-01T00:00:00Z' },
      { cron: '0 0 12 1 1 * 2020' },
    ];
    const entries = past.map((schedule, i) => entry(`past${i}`, { schedule }));
    for (const mode of ['create', 'upsert'] as const) {
      const answers = await client.schedules.save([...entries, entry(mode)], mode);
      expect(words(answers)).toEqual([...past.map(() => 'invalid'), 'created']);
      expect(answers[0]).toMatchObject({
        id: 'poll:past0',
        error: {
          code: 'BAD_SCHEDULE',
          message: expect.stringMatching(/no fire time to come: .*2020-01-01/) as string,
          hint: expect.any(String) as string,
        },
      });
    }
    expect(await client.schedules.get(entries.map(({ key }) => `poll:${key}`))).toEqual(past.map(() => undefined));
  });

  test('an existing one that has ended stays as it is, and one may be given an end in the past', async () => {
    const { client } = await open();
    const ended = { schedule: { every: '1m', end: '2020-01-01T00:00:00Z' } };
    await client.schedules.save([entry('a')], 'create');
    expect(words(await client.schedules.save([entry('a', ended)], 'update'))).toEqual(['updated']);
    expect(words(await client.schedules.save([entry('a', ended)], 'upsert'))).toEqual(['unchanged']);
    expect(words(await client.schedules.save([entry('a', ended)], 'create'))).toEqual(['exists']);
    const delayed = entry('b', { schedule: { afterCompletion: '5m' } });
    expect(words(await client.schedules.save([delayed], 'create'))).toEqual(['created']);
  });

  test('takes one whose fire times a named calendar leaves out: it may change', async () => {
    const { client } = await open();
    await client.calendars.save('never', { w: '*' });
    const left = entry('a', { schedule: { ...FAR, except: ['never'] } });
    expect(words(await client.schedules.save([left], 'create'))).toEqual(['created']);
  });

  test('checks a payload against the schema of the job, where its code is here', async () => {
    const schema = { type: 'object', required: ['user'] };
    const engine = await open([job('poll', { payload: schema })]);
    engine.setDefinitions([job('poll', { payload: schema })]);
    const save = async (payload: Json) => engine.client.schedules.save([entry('a', { payload })], 'upsert');
    expect(await save({ name: 'x' })).toMatchObject([{ answer: 'invalid', error: { code: 'BAD_PAYLOAD' } }]);
    expect(words(await save({ user: 1 }))).toEqual(['created']);
  });

  test('takes the last of two entries with the same id, and answers for both', async () => {
    const { client } = await open();
    const entries = [entry('a', { payload: 1 }), entry('b'), entry('a', { payload: 2 })];
    expect(words(await client.schedules.save(entries, 'upsert'))).toEqual(['created', 'created', 'updated']);
    expect((await client.schedules.get(['poll:a']))[0]?.rule?.p).toBe(2);
  });

  test('takes thousands in one call, over several shards, with hashed times of their own', async () => {
    const { client } = await open([job('poll'), job('mail'), job('a/b')], 3);
    const entries = Array.from({ length: 5_000 }, (_, i) =>
      entry(`u${i}`, { job: ['poll', 'mail', 'a/b'][i % 3] as string, schedule: { cron: 'H H * * *' } }),
    );
    const answers = await client.schedules.save(entries, 'create');
    expect(new Set(words(answers))).toEqual(new Set(['created']));
    expect(answers.map(({ index }) => index)).toEqual(entries.map((_, i) => i));
    const views = await client.schedules.get(answers.map(({ id }) => id as string));
    expect(new Set(views.map((view) => (view?.nextFireTime ?? 0) % 86_400_000)).size).toBeGreaterThan(700);
  });
});
