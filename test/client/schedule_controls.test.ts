import { describe, expect, test } from 'vitest';
import { packSchedule, unpackSchedule } from '../../src/core/stored_schedule.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { create, entry, words } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const SECOND = 1_000;
const WHY = { by: 'ada', note: 'the partner is down' };

const open = (shards = 2): Promise<Engine> =>
  openEngine({
    target: redis.target,
    config: { shards },
    jobs: [job('poll', { schedule: { every: '10s' } }), job('mail')],
  });

/** Sets a schedule back, as if nobody had looked at it since. */
async function rewind({ store }: Engine, id: string, backMs: number): Promise<number> {
  const { schedules, changes } = store.of(id.split(':')[0] as string);
  const [before = ''] = await schedules.read([id]);
  const stored = unpackSchedule(id, before);
  const next = stored.next - backMs;
  const change = { id, before, after: packSchedule({ ...stored, next }), due: undefined };
  await changes.control([{ change, pause: undefined, verdicts: [] }], 10);
  return next;
}

describe('a pause', () => {
  test('takes schedules out of the due times, with who, why and until when', async () => {
    const { client } = await open();
    const until = Date.now() + 3_600 * SECOND;
    expect(await client.schedules.pause(['poll', 'poll:none'], { ...WHY, until })).toEqual([
      { id: 'poll', answer: 'done' },
      { id: 'poll:none', answer: 'missing' },
    ]);
    const [view] = await client.schedules.get(['poll']);
    expect(view).toMatchObject({ state: 'paused', pause: { ...WHY, until }, nextDue: undefined });
    expect(await client.jobs.get('poll')).toMatchObject({ pause: WHY, nextDue: undefined });
  });

  test('keeps a schedule from firing until it is resumed, and skips what it missed', async () => {
    const engine = await open(1);
    const { client, store } = engine;
    await client.jobs.pause('poll', WHY);
    const first = await rewind(engine, 'poll', 60 * SECOND);
    await engine.startScheduler();
    await engine.hears('tick.done');
    expect(await client.jobs.ledger('poll', 9)).toEqual([]);
    const told: unknown[] = [];
    engine.events.on('schedule.verdict', ({ word, fireTime, count }) => told.push({ word, to: fireTime, count }));
    expect(await client.jobs.resume('poll', { by: 'bob' })).toBe('resumed');
    expect(await client.jobs.resume('poll', { by: 'bob' })).toBe('unchanged');
    const [skipped] = await client.jobs.ledger('poll', 1);
    expect(skipped).toMatchObject({ word: 'skipped(paused)', from: first, schedule: 'poll' });
    expect(skipped?.count).toBeGreaterThanOrEqual(6);
    expect(told).toEqual([{ word: 'skipped(paused)', to: skipped?.to, count: skipped?.count }]);
    const [view] = await client.schedules.get(['poll']);
    expect(view).toMatchObject({ state: 'active', pause: undefined });
    expect(view?.nextFireTime).toBe((skipped?.to ?? 0) + 10 * SECOND);
    expect(await store.of('poll').schedules.dueTimes(['poll'])).toEqual([view?.nextFireTime]);
  });

  test('that ends by itself lets the schedule fire again', async () => {
    const engine = await open(1);
    await create(engine, entry('quick', { schedule: { every: '1s', overlap: 'allow' } }));
    await engine.startScheduler();
    const until = Date.now() + 1_500;
    await engine.client.schedules.pause(['poll:quick'], { ...WHY, until });
    const { fireTime } = await engine.hears(
      'schedule.verdict',
      ({ schedule, word, fireTime: at }) => schedule === 'poll:quick' && word === 'fired' && at >= until,
    );
    expect(fireTime).toBeGreaterThanOrEqual(until);
    await eventually(async () => {
      expect((await engine.client.schedules.get(['poll:quick']))[0]?.pause).toBeUndefined();
    });
  });

  test('and a resume are said once for all schedules, with who did it', async () => {
    const { client, events } = await open();
    const said: unknown[] = [];
    events.on('schedules.controlled', (event) => said.push(event));
    await client.schedules.pause({}, WHY);
    await client.schedules.resume(['poll', 'poll:none'], { by: 'bob' });
    await client.schedules.resume(['poll'], { by: 'bob' });
    expect(said).toEqual([
      { action: 'paused', count: 1, ...WHY },
      { action: 'resumed', count: 1, by: 'bob', note: undefined },
    ]);
  });

  test('stops new fires only: a run that a buffer held before it starts when the one before has ended', async () => {
    const engine = await open(1);
    const { client } = engine;
    await create(engine, entry('slow', { schedule: { every: '1h', overlap: 'buffer-all' } }));
    const first = await client.schedules.trigger('poll:slow');
    const held = await client.schedules.trigger('poll:slow');
    expect([first.answer, held.answer]).toEqual(['triggered', 'held']);
    await client.schedules.pause(['poll:slow'], WHY);
    if (first.answer !== 'triggered' || held.answer !== 'held') throw new Error('no runs');
    await client.runs.cancel(first.runId);
    expect(await client.runs.get(held.runId)).toMatchObject({ kind: 'live', state: 'ready', heldBy: undefined });
  });

  test('takes another note while it lasts', async () => {
    const { client } = await open();
    await client.schedules.pause(['poll'], WHY);
    expect(words(await client.schedules.pause(['poll'], { by: 'bob', note: 'still' }))).toEqual(['done']);
    expect((await client.schedules.get(['poll']))[0]?.pause).toMatchObject({ by: 'bob', note: 'still' });
  });

  test('goes on over a change of the rule', async () => {
    const engine = await open();
    await create(engine, entry('a'));
    await engine.client.schedules.pause(['poll:a'], WHY);
    await engine.client.schedules.save([entry('a', { schedule: { every: '1h' } })], 'update');
    expect((await engine.client.schedules.get(['poll:a']))[0]).toMatchObject({
      state: 'paused',
      rule: { e: 3_600_000 },
      nextDue: undefined,
      pause: WHY,
    });
  });

  test('and a resume and a delete take a filter', async () => {
    const engine = await open(3);
    const keys = Array.from({ length: 1_200 }, (_, i) => `k${String(i)}`);
    await create(engine, ...keys.map((key, i) => entry(key, { tags: [i % 2 === 0 ? 'even' : 'odd'] })));
    const { schedules } = engine.client;
    expect(words(await schedules.pause({ tag: 'even' }, WHY))).toEqual(Array.from({ length: 600 }, () => 'done'));
    expect((await schedules.list({ state: 'paused', limit: 10_000 })).schedules).toHaveLength(600);
    expect(
      words(await schedules.resume({ job: 'poll' }, { by: 'bob' })).filter((word) => word === 'done'),
    ).toHaveLength(600);
    expect(words(await schedules.delete({ tag: 'odd' }))).toHaveLength(600);
    expect(words(await schedules.delete({ job: 'poll' }))).toHaveLength(600);
    expect((await schedules.list()).schedules.map(({ id }) => id)).toEqual(['poll']);
  });

  test.each([
    [{ by: '', note: 'x' }, 'by'],
    [{ by: 'ada', note: ' ' }, 'note'],
    [{ by: 'ada', note: 'x', until: 1 }, 'until'],
  ])('without %j is refused', async (asked, field) => {
    const { client } = await open();
    const answers = client.schedules.pause(['poll'], asked);
    if (field === 'until') expect(await answers).toMatchObject([{ answer: 'invalid', error: { field } }]);
    else await expect(answers).rejects.toMatchObject({ code: 'BAD_USAGE', field });
  });

  test.each<[string, unknown]>([
    ['an empty text, as of a variable that is not set', { search: '' }],
    ['a field that is undefined', { tag: undefined }],
    ['a field that is misspelt', { tags: 'red' }],
    ['one id that is in no list', 'poll:a'],
    ['nothing', undefined],
  ])('and a deletion refuse %s, instead of taking every schedule', async (_, target) => {
    const engine = await open();
    const { client } = engine;
    await create(engine, entry('a'));
    const refused = { code: 'BAD_USAGE' };
    await expect(client.schedules.pause(target as string[], WHY)).rejects.toMatchObject(refused);
    await expect(client.schedules.delete(target as string[])).rejects.toMatchObject(refused);
    expect(await client.schedules.get(['poll:a'])).toMatchObject([{ state: 'active' }]);
  });

  test('of a job without a schedule says so', async () => {
    const { client } = await open();
    await expect(client.jobs.pause('mail', WHY)).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'job' });
    await expect(client.jobs.pause('nobody', WHY)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a deletion', () => {
  test('removes what the API keeps, and refuses the schedule of a job file', async () => {
    const engine = await open();
    await create(engine, entry('a'));
    await engine.client.schedules.pause(['poll:a'], WHY);
    const answers = await engine.client.schedules.delete(['poll:a', 'poll', 'poll:a', 'poll:b']);
    expect(words(answers)).toEqual(['done', 'invalid', 'done', 'missing']);
    expect(answers[1]).toMatchObject({ error: { hint: expect.stringContaining('job file') as string } });
    const { shard } = engine.store.of('poll');
    expect(await shard.connection.hexists(shard.key('paused'), 'poll:a')).toBe(0);
    expect(await engine.client.schedules.get(['poll:a', 'poll'])).toMatchObject([undefined, { id: 'poll' }]);
  });
});

describe('schedules of a job that a deploy removes', () => {
  test('are kept, taken out with the reason when they are due, and come back with the job', async () => {
    const engine = await open(1);
    const { client } = engine;
    await create(engine, entry('a', { job: 'mail', schedule: { every: '1s' } }));
    await client.apply([job('poll')]);
    await engine.startScheduler();
    await engine.hears('schedule.quarantined', ({ schedule }) => schedule === 'mail:a');
    expect((await client.schedules.get(['mail:a']))[0]).toMatchObject({
      state: 'quarantined',
      quarantined: { message: expect.stringContaining('mail') as string },
    });
    await client.apply([job('poll'), job('mail')]);
    await engine.hears('schedule.verdict', ({ schedule }) => schedule === 'mail:a');
    expect((await client.schedules.get(['mail:a']))[0]).toMatchObject({ state: 'active', quarantined: undefined });
  });
});
