import { describe, expect, test } from 'vitest';
import type { BackfillRequest } from '../../src/client/backfills.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { create, entry } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const MINUTE = 60_000;
const FROM = Date.parse('2026-01-01T00:00:00Z');

const open = (): Promise<Engine> =>
  openEngine({
    target: redis.target,
    jobs: [
      job('report', { schedule: { cron: '*/10 * * * *' } }),
      job('after', { schedule: { afterCompletion: '5m' } }),
    ],
  });

const range = (more: Partial<BackfillRequest> = {}): BackfillRequest => ({
  schedule: 'report',
  from: FROM,
  to: FROM + 60 * MINUTE,
  by: 'ada',
  ...more,
});

describe('a backfill', () => {
  test('is counted before it begins, its end not included', async () => {
    const { client } = await open();
    expect(await client.backfills.preview(range())).toEqual({ count: 6, first: FROM, last: FROM + 50 * MINUTE });
    expect(await client.backfills.preview(range({ from: FROM + 1, to: FROM + 2 }))).toEqual({
      count: 0,
      first: undefined,
      last: undefined,
    });
    expect(await client.backfills.list()).toEqual([]);
  });

  test('is listed with who, why and how, and is gone when it is cancelled', async () => {
    const { client } = await open();
    const { id, count } = await client.backfills.start(
      range({ rate: '1/1h', overlap: 'skip', note: 'lost', payload: 7 }),
    );
    expect(count).toBe(6);
    expect(await client.backfills.list()).toMatchObject([
      {
        id,
        cursor: FROM,
        released: 0,
        spec: { rate: [1, 3_600_000], overlap: 'skip', by: 'ada', note: 'lost', payload: 7 },
      },
    ]);
    await client.backfills.cancel(id);
    expect(await client.backfills.list()).toEqual([]);
    await expect(client.backfills.cancel(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('makes a run of each fire time, of a schedule of the API too', async () => {
    const engine = await open();
    await create(engine, entry('a', { job: 'report', schedule: { cron: '*/20 * * * *' }, payload: { user: 1 } }));
    const asked = range({ schedule: 'report:a', rate: '1000/1s', overlap: 'allow' });
    const { id, count } = await engine.client.backfills.start(asked);
    expect(count).toBe(3);
    await engine.startScheduler();
    const times = [0, 20, 40].map((minutes) => FROM + minutes * MINUTE);
    for (const at of times) {
      await engine.hears(
        'schedule.verdict',
        ({ word, fireTime, schedule }) => word === 'backfilled' && schedule === 'report:a' && fireTime === at,
      );
      expect(await engine.client.runs.get(`report:a@${String(at)}!${id}`)).toMatchObject({
        run: { job: 'report', priority: 0, payloadJson: '{"user":1}' },
      });
    }
    await eventually(async () => expect(await engine.client.backfills.list()).toEqual([]));
  });

  test.each<[Partial<BackfillRequest>, string, string]>([
    [{ schedule: 'nobody' }, 'NOT_FOUND', 'schedule'],
    [{ schedule: 'after' }, 'BAD_USAGE', 'schedule'],
    [{ to: FROM }, 'BAD_USAGE', 'to'],
    [{ to: Date.now() + MINUTE }, 'BAD_USAGE', 'to'],
    [{ from: Number.NaN }, 'BAD_USAGE', 'from'],
    [{ rate: 'fast' }, 'BAD_USAGE', 'rate'],
    [{ overlap: 'cancel' as 'skip' }, 'BAD_USAGE', 'overlap'],
    [{ by: '' }, 'BAD_USAGE', 'by'],
    [{ from: FROM + 1, to: FROM + 2 }, 'BAD_USAGE', 'from'],
    [{ from: 0, to: 700_000_000_000 }, 'BAD_USAGE', 'from'],
  ])('of %j is refused', async (more, code, field) => {
    const { client } = await open();
    await expect(client.backfills.start(range(more))).rejects.toMatchObject({ code, field });
    expect(await client.backfills.list()).toEqual([]);
  });
});
