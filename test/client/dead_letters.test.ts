import { describe, expect, test } from 'vitest';
import { NonRetryableError } from '../../src/core/errors.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const BY = { by: 'ada' };
let mood: 'failing' | 'well' = 'failing';
const fail = ({ payload }: { payload: unknown }): Promise<string> =>
  mood === 'well'
    ? Promise.resolve('done')
    : Promise.reject(new NonRetryableError(`no partner ${JSON.stringify(payload)}`));
const JOBS = [job('mail', { queue: 'post', run: fail }), job('sms', { run: fail }), job('crm', { run: fail })];

/** An engine with so many dead letters of each of three jobs, on three shards. */
async function open(each: number): Promise<Engine> {
  mood = 'failing';
  const engine = await openEngine({ target: redis.target, config: { shards: 3 }, jobs: JOBS });
  const payloads = Array.from({ length: each }, (_, i) => i);
  for (const { name } of JOBS) await engine.client.enqueueMany(name, payloads);
  await engine.startWorker({ concurrency: 50 });
  await eventually(() => expect(engine.said('run.finished')).toHaveLength(3 * each), { timeoutMs: 15_000 });
  await eventually(async () => expect((await engine.client.overview()).deadLetters).toBe(3 * each));
  return engine;
}

const idsOf = (letters: { run: { id: string } }[]): string[] => letters.map(({ run }) => run.id);

describe('dead letters', () => {
  test('are listed page by page, newest first, each once, over all shards', async () => {
    const { client } = await open(30);
    const found: { run: { id: string }; finishedAt: number }[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await client.deadLetters.list({ limit: 7, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.letters.length).toBeLessThanOrEqual(7);
      found.push(...page.letters);
      cursor = page.cursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThanOrEqual(13);
    expect(new Set(idsOf(found)).size).toBe(90);
    expect(found).toHaveLength(90);
    expect(found.map(({ finishedAt }) => finishedAt)).toEqual(
      found.map(({ finishedAt }) => finishedAt).toSorted((a, b) => b - a),
    );
  });

  test('are found by job, queue, error and time', async () => {
    const { client } = await open(3);
    const count = async (query: Parameters<typeof client.deadLetters.list>[0]): Promise<number> =>
      (await client.deadLetters.list(query)).letters.length;
    expect(await count({ job: 'mail' })).toBe(3);
    expect(await count({ queue: 'default' })).toBe(6);
    expect(await count({ error: 'PARTNER 2' })).toBe(3);
    expect(await count({ error: 'PARTNER 2', job: 'sms' })).toBe(1);
    expect(await count({ until: Date.now() - 60_000 })).toBe(0);
    expect(await count({ since: Date.now() - 60_000 })).toBe(9);
    const [letter] = (await client.deadLetters.list({ job: 'mail', error: 'partner 1' })).letters;
    expect(await client.deadLetters.get(letter?.run.id ?? '')).toEqual(letter);
    await expect(client.deadLetters.get('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.deadLetters.list({ limit: 0 })).rejects.toMatchObject({ code: 'BAD_USAGE', field: 'limit' });
    await expect(client.deadLetters.list({ cursor: 'x' })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      field: 'cursor',
    });
  });

  test('are redriven at a rate, and then run', async () => {
    const engine = await open(4);
    await engine.startScheduler();
    mood = 'well';
    const startedAt = performance.now();
    const id = await engine.client.deadLetters.redrive({ job: 'mail' }, { ...BY, rate: '4/1s' });
    await engine.hears('run.finished', ({ outcome }) => outcome === 'succeeded');
    await eventually(async () => expect((await engine.client.bulk.get(id)).state).toBe('done'), { timeoutMs: 15_000 });
    expect(performance.now() - startedAt).toBeGreaterThan(700);
    await eventually(() =>
      expect(engine.said('run.finished').filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(4),
    );
    expect(await engine.client.bulk.get(id)).toMatchObject({ action: 'retry', done: 4 });
    const { letters } = await engine.client.deadLetters.list();
    expect(letters.map(({ run }) => run.job).sort()).toEqual(['crm', 'crm', 'crm', 'crm', 'sms', 'sms', 'sms', 'sms']);
  });

  test('are deleted where they fit; all of them only where that is said', async () => {
    const engine = await open(2);
    await engine.startScheduler();
    await expect(engine.client.deadLetters.delete({}, BY)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      field: 'filter',
    });
    await engine.client.deadLetters.delete({ error: 'partner 1' }, BY);
    await eventually(async () => expect((await engine.client.overview()).deadLetters).toBe(3));
    await engine.client.deadLetters.delete({ all: true }, BY);
    await eventually(async () => expect((await engine.client.overview()).deadLetters).toBe(0));
  });

  test('are exported as lines of JSON', async () => {
    const { client } = await open(2);
    const lines: unknown[] = [];
    for await (const line of client.deadLetters.export({ queue: 'post' })) lines.push(JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      job: 'mail',
      queue: 'post',
      attempts: 1,
      crashes: 0,
      payload: expect.any(Number) as number,
      error: { message: expect.stringContaining('no partner') as string },
      diedAt: expect.stringMatching(/Z$/) as string,
    });
  });
});
