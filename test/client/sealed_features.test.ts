import { describe, expect, test } from 'vitest';
import type { JobDefinition } from '../../src/core/definition.ts';
import type { SealKeys } from '../../src/core/seal.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';
import { sealKey } from '../support/seal_keys.ts';

const redis = await startRedis();
const sealKeys: SealKeys = { payload: [sealKey('p1')], signing: [sealKey('s1')], signatures: 'required' };

/** An engine that encrypts, signs and refuses, with a leader and a worker. */
async function open(jobs: JobDefinition[], shards = 1): Promise<Engine> {
  const engine = await openEngine({ target: redis.target, jobs, config: { sealKeys, shards } });
  await engine.startScheduler();
  await engine.startWorker();
  return engine;
}

async function resultOf(engine: Engine, id: string): Promise<unknown> {
  await engine.hears('run.finished', ({ run }) => run === id);
  const view = await engine.client.runs.get(id);
  if (view.kind !== 'finished') throw new Error('it was said to have finished');
  expect(view.error).toBeUndefined();
  return view.result;
}

const echo = (name: string): JobDefinition => job(name, { run: ({ payload }) => ({ got: payload }) });
const endOf = async (engine: Engine, name: string): Promise<unknown> => {
  const { run } = await engine.hears('run.finished', (event) => event.job === name);
  return resultOf(engine, run);
};

describe('encryption and signatures hold for', () => {
  test('children of a run, also on another shard', async () => {
    const parent = job('parent', {
      run: async ({ spawnMany }) => void (await spawnMany('child', [{ n: 1 }, { n: 2 }])),
      gather: ({ results }) => results.map(({ result }) => result ?? null),
    });
    for (const shards of [1, 4]) {
      const engine = await open([parent, echo('child')], shards);
      const id = await engine.client.enqueue('parent', { secret: true });
      expect(await resultOf(engine, id)).toEqual([{ got: { n: 1 } }, { got: { n: 2 } }]);
    }
  });

  test('runs of a batch and its callback', async () => {
    const engine = await open([echo('part'), echo('then')]);
    const { runs, id } = await engine.client.batches.create({
      runs: [{ job: 'part', payload: { n: 1 } }],
      callbacks: { success: { job: 'then', payload: { done: true } }, complete: { job: 'then' } },
    });
    expect(await resultOf(engine, runs[0] ?? '')).toEqual({ got: { n: 1 } });
    await engine.hears('run.finished', () => engine.said('run.finished').length === 3);
    const thens = engine.said('run.finished').filter((event) => event.job === 'then');
    const results = await Promise.all(thens.map(({ run }) => resultOf(engine, run)));
    expect(results).toEqual(expect.arrayContaining([{ got: { done: true } }, { got: { batch: id } }]));
  });

  test('a job that follows another, with the payload that it was registered with', async () => {
    const after = job('second', {
      after: ['first'],
      schedulePayload: { n: 7 },
      run: ({ payload }) => ({ got: payload }),
    });
    const engine = await open([echo('first'), after]);
    await engine.client.enqueue('first');
    expect(await endOf(engine, 'second')).toEqual({ got: { n: 7 } });
  });

  test('a run whose payload is replaced by the next one with its unique key', async () => {
    const engine = await openEngine({ target: redis.target, jobs: [echo('work')], config: { sealKeys } });
    const unique = { key: 'k', mode: 'replace' } as const;
    const first = await engine.client.enqueue('work', { n: 1 }, { unique });
    expect(await engine.client.enqueue('work', { n: 2 }, { unique })).toBe(first);
    await engine.startWorker();
    expect(await resultOf(engine, first)).toEqual({ got: { n: 2 } });
  });

  test('runs with a deadline and an expiry, and runs that put themselves off', async () => {
    let puts = 0;
    const engine = await open([
      job('work', {
        run: ({ payload, snooze }) => {
          if ((puts += 1) === 1) snooze('10ms');
          return { got: payload };
        },
      }),
    ]);
    const at = new Date(Date.now() + 60_000).toISOString();
    expect(await resultOf(engine, await engine.client.enqueue('work', 1, { deadline: at, expiry: '1m' }))).toEqual({
      got: 1,
    });
    expect(puts).toBe(2);
    expect(await resultOf(engine, await engine.client.enqueue('work', 2, { deadline: '1m' }))).toEqual({ got: 2 });
  });

  test('a dead letter that had a deadline and is made again, with its checkpoint', async () => {
    let fail = true;
    const engine = await open([
      job('work', {
        retry: { attempts: 1 },
        run: async ({ payload, checkpoint, checkpointed }) => {
          await checkpoint({ at: 5 });
          if (fail) throw new Error('no');
          return { got: payload, checkpointed: checkpointed ?? null };
        },
      }),
    ]);
    const id = await engine.client.enqueue('work', 1, { deadline: new Date(Date.now() + 60_000).toISOString() });
    await engine.hears('run.finished', ({ run }) => run === id);
    fail = false;
    const again = await engine.client.runs.retry(id);
    expect(await resultOf(engine, again)).toMatchObject({ got: 1 });
  });
});
