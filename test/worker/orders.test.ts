import { expect, test } from 'vitest';
import type { WorkerOrder } from '../../src/store/workers.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const ORDER = { by: 'ada', note: 'a new version' };

/** An engine whose workers take orders, with what they were told, and one worker of it. */
async function open(config: object = {}) {
  const told: { worker: string; order: WorkerOrder }[] = [];
  const untilAborted = job('work', {
    run: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  });
  const engine = await openEngine({
    target: redis.target,
    jobs: [untilAborted],
    config,
    orders: { roles: ['worker'], onOrder: (worker, order) => void told.push({ worker, order }) },
  });
  const worker = await engine.startWorker();
  return { engine, worker, told, id: await idOf(engine) };
}

const idOf = (engine: Engine): Promise<string> =>
  eventually(async () => {
    const [worker] = await engine.client.workers.list();
    if (worker === undefined) throw new Error('the worker has not said yet that it lives');
    return worker.id;
  });

test('a worker hears an order at once, and says what it takes', async () => {
  const { engine, id, told } = await open({ runLeaseMs: 60_000 });
  expect(await engine.client.workers.get(id)).toMatchObject({ roles: ['worker'], process: id, drainMs: 3_000 });
  expect(await engine.client.workers.drain(id, ORDER)).toEqual([id]);
  await eventually(() => expect(told).toEqual([{ worker: id, order: ORDER }]), { timeoutMs: 3_000 });
});

test('an order whose bell was lost is heard with the next beat', async () => {
  const { engine, id, told } = await open({ runLeaseMs: 1_000 });
  const { shard } = engine.store.of('work');
  await shard.connection.hset(shard.key('orders'), id, JSON.stringify(ORDER));
  await eventually(() => expect(told[0]).toEqual({ worker: id, order: ORDER }));
});

test('a bell alone is no order', async () => {
  const { engine, id, told } = await open({ runLeaseMs: 1_000 });
  const { shard } = engine.store.of('work');
  const beatAt = (): Promise<string | null> => shard.connection.zscore(shard.key('workers_seen'), id);
  await engine.store.workers.tell(id, 'order');
  await eventually(async () => expect(await shard.connection.llen(shard.key(`wake:worker:${id}`))).toBe(0));
  const before = await beatAt();
  await eventually(async () => expect(await beatAt()).not.toBe(before));
  expect(told).toEqual([]);
});

test('a worker that stops is told no more, hands back what does not end in time, and its order is gone', async () => {
  const { engine, worker, id, told } = await open({ drainMs: 400, runLeaseMs: 1_000 });
  const run = await engine.client.enqueue('work');
  await engine.hears('run.started');
  await engine.client.workers.drain(id, ORDER);
  await eventually(() => expect(told.length).toBeGreaterThan(0));
  const heard = told.length;
  await worker.stop();
  expect(told.length).toBe(heard);
  expect(engine.said('run.released')).toMatchObject([{ run }]);
  expect(await engine.client.runs.get(run)).toMatchObject({ state: 'ready', run: { attempts: 0, crashes: 0 } });
  expect(await engine.store.workers.orderOf(id)).toBeUndefined();
  expect(await engine.client.workers.list()).toEqual([]);
});

test('a worker in an application takes no orders, and says so', async () => {
  const engine = await openEngine({ target: redis.target, jobs: [job('work')] });
  await engine.startWorker();
  const id = await idOf(engine);
  await expect(engine.client.workers.drain(id, ORDER)).rejects.toMatchObject({ code: 'BAD_USAGE' });
  await expect(engine.client.workers.drain(`${id}x`, ORDER)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: `did you mean ${id}?`,
  });
});
