import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ScheduleQuery } from '../../src/client/list_schedules.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { create, entry } from '../support/entries.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function open(shards = 3): Promise<Engine> {
  const engine = await openEngine({
    target: redis.target,
    config: { shards },
    jobs: [job('poll', { schedule: { every: '1d' } }), job('poll/more'), job('mail')],
  });
  await create(
    engine,
    entry('a', { tags: ['red'] }),
    entry('b', { tags: ['red', 'big'], schedule: { cron: '0 4 * * *', timezone: 'Europe/Berlin' } }),
    entry('c', { payload: { customer: 'Ada' } }),
    entry('d', { job: 'poll/more' }),
    entry('e', { job: 'mail', tags: ['red'] }),
  );
  return engine;
}

/** Follows the cursors to the end. */
async function listAll({ client }: Engine, query: ScheduleQuery = {}): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.schedules.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.schedules.length).toBeLessThanOrEqual(query.limit ?? 100);
    ids.push(...page.schedules.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

describe('listing schedules', () => {
  test.each<[string, ScheduleQuery, string[]]>([
    ['everything', {}, ['mail:e', 'poll', 'poll/more:d', 'poll:a', 'poll:b', 'poll:c']],
    ['those of a job, not of one whose name goes on', { job: 'poll' }, ['poll', 'poll:a', 'poll:b', 'poll:c']],
    ['those with a tag', { tag: 'red' }, ['mail:e', 'poll:a', 'poll:b']],
    ['no tag that is part of another', { tag: 're' }, []],
    ['those with a text in the payload, whatever its case', { search: 'ada' }, ['poll:c']],
    ['those with a text in the zone', { search: 'Berlin' }, ['poll:b']],
    ['those with a text in the id', { search: 'MORE' }, ['poll/more:d']],
    ['what fits all of it', { job: 'poll', tag: 'red', search: 'berlin' }, ['poll:b']],
    ['nothing of an unknown job', { job: 'nobody' }, []],
  ])('finds %s', async (_, query, ids) => {
    const engine = await open();
    expect((await listAll(engine, query)).sort()).toEqual(ids);
    expect((await listAll(engine, { ...query, limit: 1 })).sort()).toEqual(ids);
  });

  test('finds those in a state', async () => {
    const engine = await open();
    await engine.client.schedules.pause(['poll:a'], { by: 'ada', note: 'because' });
    const ended = { at: new Date(Date.now() + 1_000).toISOString() };
    await create(engine, entry('once', { schedule: ended }));
    expect(await listAll(engine, { state: 'paused' })).toEqual(['poll:a']);
    expect(await listAll(engine, { state: 'active', job: 'mail' })).toEqual(['mail:e']);
    expect(await listAll(engine, { state: 'quarantined' })).toEqual([]);
  });

  test('finds one with a fixed delay active while its run lives, and ended after the last of its runs', async () => {
    const chain = job('chain', { schedule: { afterCompletion: '1s', maxRuns: 2 }, run: () => sleep(200) });
    const engine = await openEngine({ target: redis.target, jobs: [chain] });
    await Promise.all([engine.startScheduler(), engine.startWorker()]);
    const states = new Set<string>();
    await eventually(
      async () => {
        const [view] = await engine.client.schedules.get(['chain']);
        states.add(view?.state ?? '');
        expect(view?.state).toBe('ended');
        expect(engine.said('run.finished')).toHaveLength(2);
      },
      { timeoutMs: 20_000 },
    );
    expect([...states]).toEqual(['active', 'ended']);
    const { obstacles } = await engine.client.explain.job('chain');
    expect(obstacles).toEqual([{ kind: 'ended', made: 2 }]);
  });

  test('finds each of thousands exactly once, page by page, while others come and go', async () => {
    const engine = await openEngine({ target: redis.target, jobs: [job('poll')], config: { shards: 2 } });
    const keys = Array.from({ length: 3_000 }, (_, i) => `k${String(i)}`);
    await create(engine, ...keys.map((key) => entry(key)));
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let round = 0; round === 0 || cursor !== undefined; round += 1) {
      const page = await engine.client.schedules.list({ limit: 333, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.schedules.map(({ id }) => id).filter((id) => id.startsWith('poll:k')));
      cursor = page.cursor;
      await engine.client.schedules.save([entry(`new${String(round)}`)], 'create');
      if (round > 0) await engine.client.schedules.delete([`poll:new${String(round - 1)}`]);
    }
    expect(new Set(seen)).toEqual(new Set(keys.map((key) => `poll:${key}`)));
  });

  test('finds the one in a rare state in a call that looks at thousands, not in one for each page of them', async () => {
    const engine = await openEngine({ target: redis.target, jobs: [job('poll')] });
    await create(engine, ...Array.from({ length: 2_000 }, (_, i) => entry(`k${String(i)}`)));
    await engine.client.schedules.pause(['poll:k1999'], { by: 'ada', note: 'because' });
    const page = await engine.client.schedules.list({ state: 'paused', limit: 10 });
    expect(page.schedules.map(({ id }) => id)).toEqual(['poll:k1999']);
    expect(page.cursor).toBeUndefined();
  });

  test('finds each of thousands also while most of them go', async () => {
    const engine = await openEngine({ target: redis.target, jobs: [job('poll')] });
    const keys = Array.from({ length: 2_000 }, (_, i) => `k${String(i)}`);
    await create(engine, ...keys.map((key) => entry(key)));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await engine.client.schedules.list({ limit: 70, ...(cursor === undefined ? {} : { cursor }) });
      const ids = page.schedules.map(({ id }) => id);
      expect(ids.length).toBeLessThanOrEqual(70);
      seen.push(...ids);
      await engine.client.schedules.delete(ids);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual(keys.map((key) => `poll:${key}`).sort());
    expect((await engine.client.schedules.list()).schedules).toEqual([]);
  });

  test.each([
    [{ cursor: 'junk' }, 'cursor'],
    [{ cursor: '9~0~' }, 'cursor'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 10_001 }, 'limit'],
    [{ search: 'x', serach: 'x' }, 'query.serach'],
  ])('refuses %j', async (query, field) => {
    const { client } = await open();
    await expect(client.schedules.list(query)).rejects.toMatchObject({ code: 'BAD_USAGE', field });
  });
});
