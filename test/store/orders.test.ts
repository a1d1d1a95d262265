import { expect, test } from 'vitest';
import type { Restart } from '../../src/core/restart/restart.ts';
import { createRestartStore, type RestartChange } from '../../src/store/restarts.ts';
import { createWorkerStore } from '../../src/store/workers.ts';
import { workerInfo } from '../support/listed_workers.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const ORDER = { by: 'ada', note: 'why' };
const KEEP_MS = 12_000;

async function open(): Promise<TestShard & ReturnType<typeof storesOf>> {
  const shard = await openTestShard(redis);
  return { ...shard, ...storesOf(shard) };
}
const storesOf = ({ shard }: TestShard) => ({ workers: createWorkerStore(shard), restarts: createRestartStore(shard) });

test('an order is answered to each beat of the worker until it is gone, and rings once', async () => {
  const { workers, connection, shard } = await open();
  expect(await workers.beat(workerInfo({ id: 'w' }), KEEP_MS)).toBeUndefined();
  expect(await workers.order(['w'], ORDER)).toEqual(['told']);
  expect(await connection.lrange(shard.key('wake:worker:w'), 0, -1)).toEqual(['order']);
  expect(await connection.pttl(shard.key('wake:worker:w'))).toBeGreaterThan(0);
  for (const _ of [1, 2]) expect(await workers.beat(workerInfo({ id: 'w' }), KEEP_MS)).toEqual(ORDER);
  expect(await workers.beat(workerInfo({ id: 'other' }), KEEP_MS)).toBeUndefined();
  await workers.remove('w');
  expect(await connection.exists(shard.key('orders'))).toBe(0);
});

test('an order to a worker that is gone is harmless: nothing is kept of it', async () => {
  const { workers, dump } = await open();
  await workers.beat(workerInfo({ id: 'w' }), KEEP_MS);
  await workers.remove('w');
  const before = await dump();
  expect(await workers.order(['w', 'never'], ORDER)).toEqual(['gone', 'gone']);
  expect(await dump()).toEqual(before);
});

test('the order of a worker that died goes with it, and a second one changes nothing', async () => {
  const { workers, clock, connection, shard } = await open();
  await workers.beat(workerInfo({ id: 'w' }), KEEP_MS);
  await workers.order(['w'], ORDER);
  await workers.order(['w'], { by: 'eve' });
  expect(await workers.orderOf('w')).toEqual(ORDER);
  clock.now += KEEP_MS + 1;
  await workers.beat(workerInfo({ id: 'other' }), KEEP_MS);
  expect(await connection.hgetall(shard.key('orders'))).toEqual({});
});

test('a worker is listed with how long it has said nothing', async () => {
  const { workers, clock } = await open();
  await workers.beat(workerInfo({ id: 'w' }), KEEP_MS);
  const { keepMs: _, ...older } = workerInfo({ id: 'old' });
  await workers.beat(older, KEEP_MS);
  clock.now += 5_000;
  const listed = await workers.listed(clock.now);
  expect(listed.map(({ info, silentMs }) => [info.id, silentMs])).toEqual([
    ['old', 0],
    ['w', 5_000],
  ]);
});

test('the queues of a pool are remembered after its last worker', async () => {
  const { workers } = await open();
  await workers.beat(workerInfo({ id: 'w', pool: 'mail', queues: ['post:3', 'bulk'] }), KEEP_MS);
  await workers.remove('w');
  expect(await workers.queuesOf('mail')).toEqual(['post:3', 'bulk']);
  expect(await workers.queuesOf('none')).toBeUndefined();
});

const restart = (status: Restart['status'] = 'running'): Restart => ({
  id: 'r',
  by: 'ada',
  beganAt: 0,
  updatedAt: 0,
  status,
  terms: { maxUnavailable: '1', pools: [], waitNewMs: 1, maxFailures: 0, place: 'same-host', slots: 'as-many' },
  members: [],
});
const change = (parts: Partial<RestartChange> = {}): RestartChange => ({
  driver: 'd1',
  leaseMs: 10_000,
  revision: 0,
  restart: restart(),
  ...parts,
});

test('one driver holds a restart, until its lease is over or given up', async () => {
  const { restarts, clock } = await open();
  expect(await restarts.read()).toBeUndefined();
  expect(await restarts.save(change())).toEqual({ answer: 'saved', revision: 1 });
  expect(await restarts.save(change({ driver: 'd2', revision: 1 }))).toEqual({
    answer: 'held',
    driver: 'd1',
    leftMs: 10_000,
  });
  clock.now += 9_000;
  expect(await restarts.save(change({ revision: 1, restart: undefined }))).toEqual({ answer: 'saved', revision: 1 });
  clock.now += 9_999;
  expect(await restarts.save(change({ driver: 'd2', revision: 1 }))).toMatchObject({ answer: 'held' });
  clock.now += 1;
  expect(await restarts.save(change({ driver: 'd2', revision: 1 }))).toEqual({ answer: 'saved', revision: 2 });
  expect(await restarts.save(change({ driver: 'd2', revision: 2, leaseMs: 0 }))).toMatchObject({ answer: 'saved' });
  expect(await restarts.save(change({ driver: 'd3', revision: 3 }))).toEqual({ answer: 'saved', revision: 4 });
});

test('a driver that was away for too long tells nobody and changes nothing', async () => {
  const { restarts, workers, clock, dump } = await open();
  await workers.beat(workerInfo({ id: 'w' }), 60_000);
  await restarts.save(change());
  clock.now += 10_001;
  await restarts.save(change({ driver: 'd2', revision: 1 }));
  clock.now += 10_001;
  const before = await dump();
  const tell = { order: ORDER, workers: ['w'] };
  expect(await restarts.save(change({ revision: 1, tell }))).toEqual({ answer: 'stale' });
  expect(await dump()).toEqual(before);
});

test('whom a step tells is told in the step itself', async () => {
  const { restarts, workers } = await open();
  await workers.beat(workerInfo({ id: 'w' }), KEEP_MS);
  const tell = { order: { ...ORDER, restart: 'r' }, workers: ['w', 'gone'] };
  await restarts.save(change({ tell, restart: restart('interrupted') }));
  expect(await workers.orderOf('w')).toEqual({ ...ORDER, restart: 'r' });
  expect(await workers.orderOf('gone')).toBeUndefined();
  expect(await restarts.read()).toMatchObject({ restart: { status: 'interrupted' }, revision: 1, driver: 'd1' });
});
