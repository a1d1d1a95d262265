import { describe, expect, test } from 'vitest';
import { NO_SEAL_KEYS, type SealKeys } from '../../src/core/seal.ts';
import type { JobSpec } from '../../src/core/job.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';
import { sealKey } from '../support/seal_keys.ts';

const redis = await startRedis();
const p1 = sealKey('p1');
const s1 = sealKey('s1');
const BOTH: SealKeys = { payload: [p1], signing: [s1], signatures: 'required' };

let count = 0;
const freshNamespace = (): string => `sealed${String((count += 1))}`;

type Opened = { namespace?: string; sealKeys?: SealKeys; spec?: Partial<JobSpec> };

function open({ namespace = freshNamespace(), sealKeys = BOTH, spec = {} }: Opened = {}): Promise<Engine> {
  const jobs = [job('work', { run: ({ payload }) => ({ got: payload }), retry: { attempts: 3 }, ...spec })];
  return openEngine({ target: redis.target, namespace, jobs, config: { sealKeys } });
}

async function finished(engine: Engine, id: string) {
  await engine.hears('run.finished', ({ run }) => run === id);
  const view = await engine.client.runs.get(id);
  if (view.kind !== 'finished') throw new Error('it was said to have finished');
  return view;
}

const rawRuns = async ({ store }: Engine): Promise<string> => {
  const { shard } = store.shards[0] as Engine['store']['shards'][number];
  return JSON.stringify(await shard.connection.hgetall(shard.key('runs')));
};

describe('an encrypted and signed run', () => {
  test('reaches its handler in clear, alone and in a batch, with nothing of it in Redis', async () => {
    const engine = await open();
    const secret = { card: '4111-1111' };
    const ids = [
      await engine.client.enqueue('work', secret),
      ...(await engine.client.enqueueMany('work', [secret, { ...secret, n: 2 }, { ...secret, n: 3 }])),
    ];
    expect(await rawRuns(engine)).not.toContain('4111');
    await engine.startWorker();
    const views = await Promise.all(ids.map((id) => finished(engine, id)));
    expect(views.map(({ result }) => result)).toEqual([
      { got: secret },
      { got: secret },
      { got: { ...secret, n: 2 } },
      { got: { ...secret, n: 3 } },
    ]);
    expect(views[0]?.run.payloadJson).toBe(JSON.stringify(secret));
  });

  test('has its limit keys from the payload in clear', async () => {
    const engine = await open({ spec: { limits: [{ key: 'partner:{partner}', concurrency: 1 }] } });
    const id = await engine.client.enqueue('work', { partner: 'acme' });
    expect((await engine.client.runs.get(id)).run.keys).toContain('partner:acme');
  });

  test('is shown without its payload to whoever has no key', async () => {
    const engine = await open();
    const id = await engine.client.enqueue('work', { card: '4111' });
    const stranger = await open({ namespace: engine.store.namespace, sealKeys: NO_SEAL_KEYS });
    const { run } = await stranger.client.runs.get(id);
    expect(run.payloadJson).toMatch(/^"[A-Za-z0-9+/=]+"$/);
    expect(run.extras).toContain('e=p1');
    expect((await engine.client.runs.list())[0]?.run.payloadJson).toBe('{"card":"4111"}');
  });

  test('is a dead letter at a worker without the key, and runs when it is retried after the key has come', async () => {
    const engine = await open();
    const { namespace } = engine.store;
    const id = await engine.client.enqueue('work', { n: 1 });
    const poor = await open({ namespace, sealKeys: NO_SEAL_KEYS });
    await poor.startWorker();
    expect(await finished(poor, id)).toMatchObject({
      state: 'dead',
      error: { code: 'PAYLOAD_KEY_MISSING' },
      run: { attempts: 0 },
    });
    const again = await poor.client.runs.retry(id);
    expect(await finished(poor, again)).toMatchObject({ state: 'dead' });
    // The redrive of a dead letter needs no key: it keeps what its seal is bound to.
    const third = await poor.client.runs.retry(again);
    await finished(poor, third);
    const last = await engine.client.runs.retry(third);
    await finished(poor, last);
    expect(last).not.toBe(id);
  });

  test('goes on as a new run when it is retried, dead or not', async () => {
    let fail = true;
    const engine = await open({
      spec: {
        retry: { attempts: 1 },
        run: ({ payload }) => {
          if (fail) throw new Error('no');
          return { got: payload };
        },
      },
    });
    await engine.startWorker();
    const id = await engine.client.enqueue('work', { n: 1 });
    expect(await finished(engine, id)).toMatchObject({ state: 'dead', error: { message: 'no' } });
    fail = false;
    const again = await engine.client.runs.retry(id);
    expect(await finished(engine, again)).toMatchObject({ state: 'succeeded', result: { got: { n: 1 } } });
    const third = await engine.client.runs.retry(again);
    expect(await finished(engine, third)).toMatchObject({ state: 'succeeded', result: { got: { n: 1 } } });
    const stranger = await open({ namespace: engine.store.namespace, sealKeys: NO_SEAL_KEYS });
    await expect(stranger.client.runs.retry(third)).rejects.toMatchObject({ code: 'FORGED' });
  });
});

describe('a worker that requires signatures', () => {
  const refusals = (engine: Engine): string[] => {
    const reasons: string[] = [];
    engine.events.on('run.refused', ({ reason }) => reasons.push(reason));
    return reasons;
  };

  test('refuses a run that somebody without the key has put into Redis, and calls no handler', async () => {
    let called = 0;
    const engine = await open({ spec: { run: () => (called += 1) } });
    const reasons = refusals(engine);
    const forger = await open({ namespace: engine.store.namespace, sealKeys: NO_SEAL_KEYS });
    const id = await forger.client.enqueue('work', { rm: '-rf' });
    await engine.startWorker();
    const view = await finished(engine, id);
    expect(view).toMatchObject({ state: 'dead', error: { code: 'FORGED' }, run: { attempts: 0, failures: 0 } });
    expect(view.error).not.toHaveProperty('stack');
    expect(reasons).toEqual(['unsigned']);
    expect(called).toBe(0);
    await expect(engine.client.runs.retry(id)).resolves.toBeDefined();
  });

  test('refuses a signed run whose payload or job was changed in Redis', async () => {
    const engine = await open({ sealKeys: { payload: [], signing: [s1], signatures: 'required' } });
    const reasons = refusals(engine);
    const [first = '', second = ''] = await engine.client.enqueueMany('work', [{ n: 1 }, { n: 2 }]);
    const { shard } = engine.store.of('work');
    const packed = (await shard.connection.hget(shard.key('runs'), first)) ?? '';
    await shard.connection.hset(shard.key('runs'), first, packed.replace('{"n":1}', '{"n":9}'));
    // The whole of another run's, signature included.
    await shard.connection.hset(shard.key('runs'), second, packed);
    await engine.startWorker();
    expect((await finished(engine, first)).error?.code).toBe('FORGED');
    expect((await finished(engine, second)).error?.code).toBe('FORGED');
    expect(reasons).toEqual(['bad_signature', 'bad_signature']);
  });

  test('runs what schedules fire, and what is triggered of them with the payload that was registered', async () => {
    const engine = await open({
      spec: { schedule: { every: '1s', overlap: 'allow' }, schedulePayload: { from: 'file' } },
    });
    await engine.client.schedules.save(
      [{ job: 'work', key: 'api', schedule: { every: '1s', overlap: 'allow' }, payload: { from: 'api' }, tags: ['t'] }],
      'create',
    );
    await engine.startScheduler();
    await engine.startWorker();
    const fired = await engine.hears('run.finished', ({ run }) => run.startsWith('work@'));
    expect(fired.outcome).toBe('succeeded');
    const api = await engine.hears('run.finished', ({ run }) => run.startsWith('work:api@'));
    expect((await engine.client.runs.get(api.run)) as unknown).toMatchObject({ result: { got: { from: 'api' } } });
    for (const id of ['work', 'work:api']) {
      const triggered = await engine.client.schedules.trigger(id);
      if (triggered.answer !== 'triggered') throw new Error(triggered.answer);
      expect((await finished(engine, triggered.runId)).state).toBe('succeeded');
    }
  });

  test('refuses runs of a schedule whose payload was changed in Redis, fired or triggered', async () => {
    const engine = await open();
    const reasons = refusals(engine);
    await engine.client.schedules.save(
      [{ job: 'work', key: 'a', schedule: { every: '1h' }, payload: { n: 1 } }],
      'create',
    );
    const { shard } = engine.store.of('work');
    const stored = (await shard.connection.hget(shard.key('schedules'), 'work:a')) ?? '';
    await shard.connection.hset(shard.key('schedules'), 'work:a', stored.replace('{"n":1}', '{"n":9}'));
    await engine.startWorker();
    const triggered = await engine.client.schedules.trigger('work:a');
    if (triggered.answer !== 'triggered') throw new Error(triggered.answer);
    expect((await finished(engine, triggered.runId)).error?.code).toBe('FORGED');
    await shard.connection.zadd(shard.key('due'), 1, 'work:a');
    await shard.connection.hset(
      shard.key('schedules'),
      'work:a',
      stored.replace('{"n":1}', '{"n":9}').replace(/^(\S+) \S+/, `$1 ${String(Date.now() - 1_000)}`),
    );
    await engine.startScheduler();
    const { run } = await engine.hears('run.finished', (event) => event.run.startsWith('work:a@'));
    expect((await finished(engine, run)).error?.code).toBe('FORGED');
    expect(new Set(reasons)).toEqual(new Set(['unsigned', 'bad_signature']));
    const own = await engine.client.schedules.trigger('work:a', { payload: { n: 2 } });
    if (own.answer !== 'triggered') throw new Error(own.answer);
    expect((await finished(engine, own.runId)).result).toEqual({ got: { n: 2 } });
  });

  test('runs backfills, with the payload of the schedule or one of their own', async () => {
    const engine = await open({ spec: { schedule: { every: '1m' }, schedulePayload: { from: 'file' } } });
    await engine.startScheduler();
    await engine.startWorker();
    const to = Math.floor(Date.now() / 60_000) * 60_000;
    const range = { schedule: 'work', from: to - 60_000, to, by: 'test' };
    await engine.client.backfills.start({ ...range, payload: { from: 'backfill' } });
    const { run } = await engine.hears('run.finished', (event) => event.run.includes('!'));
    expect((await finished(engine, run)).result).toEqual({ got: { from: 'backfill' } });
    await engine.client.backfills.start(range);
    const other = await engine.hears('run.finished', (event) => event.run.includes('!') && event.run !== run);
    expect((await finished(engine, other.run)).result).toEqual({ got: { from: 'file' } });
  });
});

test('registering again with the same key changes no schedule, and with another one signs it anew', async () => {
  const spec = { schedule: { every: '1h' }, schedulePayload: { n: 1 } };
  const engine = await open({ spec });
  const { shard } = engine.store.of('work');
  const read = () => shard.connection.hget(shard.key('schedules'), 'work');
  const before = await read();
  expect(before).toContain('"sg":"s1.');
  await engine.client.apply(engine.jobs);
  expect(await read()).toBe(before);
  const rotated = { ...BOTH, signing: [sealKey('s2'), s1] };
  await open({ namespace: engine.store.namespace, spec, sealKeys: rotated });
  expect(await read()).toContain('"sg":"s2.');
  await open({ namespace: engine.store.namespace, spec, sealKeys: NO_SEAL_KEYS });
  expect(await read()).not.toContain('"sg"');
});
