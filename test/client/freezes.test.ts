import { describe, expect, test } from 'vitest';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const WHY = { by: 'ada', why: 'the database moves' };
const BOB = { by: 'bob' };
const HOUR = 3_600_000;

const open = (shards = 3, jobs = [job('tick', { schedule: { every: '1s', overlap: 'allow' } })]): Promise<Engine> =>
  openEngine({ target: redis.target, config: { shards }, jobs });

describe('a freeze', () => {
  test('is kept on every shard, and ends when it is lifted', async () => {
    const { client, store } = await open();
    const before = Date.now();
    const freeze = await client.freezes.freeze({ ...WHY, until: before + HOUR });
    expect(freeze).toMatchObject({ ...WHY, until: before + HOUR });
    expect(Math.abs(freeze.from - before)).toBeLessThan(5_000);
    for (const { freezes } of store.shards) expect((await freezes.read()).freezes).toEqual([freeze]);
    const lifted = await client.freezes.lift(freeze.id, BOB);
    expect(lifted.until).toBeLessThan(before + HOUR);
    expect(lifted).toMatchObject({ by: 'ada', liftedBy: 'bob' });
    expect(await client.freezes.list()).toEqual([lifted]);
    await expect(client.freezes.lift(freeze.id, BOB)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'nothing is frozen',
    });
  });

  test('that has not begun is taken away by lifting it', async () => {
    const { client } = await open();
    const from = Date.now() + HOUR;
    const { id } = await client.freezes.freeze({ ...WHY, from, until: from + HOUR });
    await client.freezes.lift(id, BOB);
    expect(await client.freezes.list()).toEqual([]);
  });

  test('says who began and who lifted it', async () => {
    const { client, events } = await open(1);
    const said: unknown[] = [];
    events.on('freeze.controlled', (event) => said.push(event));
    const { id } = await client.freezes.freeze(WHY);
    await expect(client.freezes.lift(id, { by: ' ' })).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'by' });
    await client.freezes.lift(id, BOB);
    expect(said).toEqual([
      { action: 'said', freeze: id, ...WHY },
      { action: 'lifted', freeze: id, by: 'bob', why: WHY.why },
    ]);
  });

  test('lets nothing fire once it was acknowledged, and is told in the ledger', async () => {
    const engine = await open(1);
    await engine.startScheduler();
    await engine.hears('schedule.verdict', ({ word }) => word === 'fired');
    const freeze = await engine.client.freezes.freeze(WHY);
    const made = new Set((await engine.client.runs.list({ job: 'tick', limit: 500 })).map(({ run }) => run.id));
    await engine.hears(
      'schedule.verdict',
      ({ word, fireTime }) => word === 'skipped(freeze)' && fireTime > freeze.from,
    );
    const after = (await engine.client.runs.list({ job: 'tick', limit: 500 })).map(({ run }) => run.id);
    expect(after.filter((id) => !made.has(id))).toEqual([]);
    const lifted = await engine.client.freezes.lift(freeze.id, BOB);
    await engine.hears('schedule.verdict', ({ word, fireTime }) => word === 'fired' && fireTime > (lifted.until ?? 0));
  });

  test('said by twenty at once is kept twenty times', async () => {
    const { client } = await open();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.freezes.freeze({ by: `p${String(i)}`, why: 'x' })),
    );
    expect((await client.freezes.list()).map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
  });

  test('is one of fifty at most, of which the ended ones are forgotten first', async () => {
    const { client } = await open(1);
    for (let i = 0; i < 51; i += 1) {
      const { id } = await client.freezes.freeze({ by: String(i), why: 'x' });
      if (i < 10) await client.freezes.lift(id, BOB);
    }
    const kept = (await client.freezes.list()).map(({ by }) => Number(by)).sort((a, b) => a - b);
    expect(kept).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    for (let i = 0; i < 9; i += 1) await client.freezes.freeze({ by: 'more', why: 'x' });
    await expect(client.freezes.freeze(WHY)).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test.each([
    [{ by: '', why: 'x' }, 'by'],
    [{ by: 'ada', why: '' }, 'why'],
    [{ ...WHY, until: 5 }, 'until'],
    [{ ...WHY, from: Number.NaN }, 'from'],
  ])('said as %j is refused', async (request, field) => {
    const { client } = await open();
    await expect(client.freezes.freeze(request)).rejects.toMatchObject({ code: 'BAD_USAGE', field });
    expect(await client.freezes.list()).toEqual([]);
  });
});
