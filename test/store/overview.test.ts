import { expect, test } from 'vitest';
import { createWorkerStore, type WorkerInfo } from '../../src/store/workers.ts';
import { readOverview } from '../../src/store/overview.ts';
import { startRedis } from '../support/redis.ts';
import { plant, storedSchedule } from '../support/stored_schedules.ts';
import { dead, openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();

const info = (id: string): WorkerInfo => ({
  id,
  pool: 'default',
  host: 'h',
  pid: 1,
  version: '0',
  queues: ['*'],
  jobs: 1,
  code: 'all',
  slots: 5,
  busy: 0,
  startedAt: START,
  state: 'running',
});

test('an empty shard has nothing to show', async () => {
  const shard = await openTestShard(redis);
  expect(await readOverview(shard.shard)).toEqual({
    now: START,
    schedules: 0,
    quarantined: 0,
    deadLetters: 0,
    running: 0,
    overdue: undefined,
    lead: 'nobody',
    queues: [],
    limits: [],
  });
});

test('the overview counts schedules, runs and dead letters, and names the oldest ready fire time of each queue', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a', 'b']);
  await plant(shard, storedSchedule('s1'), storedSchedule('s2'));
  const { epoch } = await shard.leadership.take('me', '{}');
  const [value = ''] = await shard.schedules.read(['s1']);
  await shard.schedules.quarantine(epoch, 's1', value, '{}');
  await shard.enqueue('a', ['dead', 'running', 'oldest']);
  await shard.settle(await shard.claimOne(), dead());
  await shard.claimOne();
  shard.clock.now += 1_000;
  await shard.enqueue('b', ['younger', 'youngest'], { priority: 9 });
  await shard.enqueue('b', ['waiting'], { queue: 'slow', delayMs: 5_000 });
  const overview = await readOverview(shard.shard, ['all']);
  expect(overview).toMatchObject({ now: START + 1_000, schedules: 2, quarantined: 1, deadLetters: 1, running: 1 });
  expect(overview.queues.sort((x, y) => (x.queue < y.queue ? -1 : 1))).toEqual([
    { queue: 'default', ready: 3, delayed: 0, oldestReady: START, state: 'open', withoutWorker: 0 },
    { queue: 'slow', ready: 0, delayed: 1, oldestReady: undefined, state: 'open', withoutWorker: 0 },
  ]);
});

test('the overview says of each queue whether it is paused, and how much no live worker has code for', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a'], 'old');
  await shard.knows(['b'], 'new');
  await shard.enqueue('a', ['a1', 'a2']);
  await shard.enqueue('b', ['b1']);
  await shard.enqueue('c', ['c1', 'c2', 'c3'], { priority: 7 });
  await shard.enqueue('c', ['c4'], { queue: 'other' });
  await shard.pauses.pause('other', { by: 'ada', at: START, note: 'why' });
  const without = async (codes: string[]): Promise<Record<string, number>> => {
    const { queues } = await readOverview(shard.shard, codes);
    return Object.fromEntries(queues.map(({ queue, withoutWorker }) => [queue, withoutWorker]));
  };
  expect(await without(['old', 'new'])).toEqual({ default: 3, other: 1 });
  expect(await without(['old'])).toEqual({ default: 4, other: 1 });
  expect(await without([])).toEqual({ default: 6, other: 1 });
  const { queues } = await readOverview(shard.shard);
  expect(Object.fromEntries(queues.map(({ queue, state }) => [queue, state]))).toEqual({
    default: 'open',
    other: 'paused',
  });
});

test('the overview reckons the ready runs of a queue with more lanes than are looked at', async () => {
  const shard = await openTestShard(redis);
  const keys = Array.from({ length: 1_500 }, (_, i) => `|t~k:${String(i)}`);
  await Promise.all(keys.map((key, i) => shard.enqueue('a', [`r${String(i)}`, `s${String(i)}`], { keys: key })));
  expect((await readOverview(shard.shard)).queues).toMatchObject([{ queue: 'default', ready: 3_000 }]);
});

test('the overview says who is overdue, and whether somebody leads the shard now', async () => {
  const shard = await openTestShard(redis);
  await plant(shard, storedSchedule('s1'), storedSchedule('s2'));
  await shard.connection.zadd(shard.shard.key('due'), START - 7_000, 's1', START - 2_000, 's2');
  expect(await readOverview(shard.shard)).toMatchObject({ overdue: START - 7_000, lead: 'nobody' });
  await shard.connection.zadd(shard.shard.key('due'), START + 1, 's1', START + 1, 's2');
  await shard.connection.set(shard.shard.key('lock'), 'me', 'PX', 10_000);
  expect(await readOverview(shard.shard)).toMatchObject({ overdue: undefined, lead: 'led' });
});

test('a worker is listed until its word is too old, and then forgotten', async () => {
  const shard = await openTestShard(redis);
  const workers = createWorkerStore(shard.shard);
  await workers.beat(info('w1'), 10_000);
  shard.clock.now += 6_000;
  await workers.beat({ ...info('w2'), busy: 3 }, 10_000);
  expect((await workers.all(shard.clock.now)).map(({ id }) => id)).toEqual(['w1', 'w2']);
  shard.clock.now += 6_000;
  expect(await workers.all(shard.clock.now)).toEqual([{ ...info('w2'), busy: 3 }]);
  await workers.beat(info('w2'), 10_000);
  expect(await shard.connection.hkeys(shard.shard.key('workers'))).toEqual(['w2']);
});

test('a worker that leaves is gone at once, and what its pool asks for is remembered', async () => {
  const shard = await openTestShard(redis);
  const workers = createWorkerStore(shard.shard);
  await workers.beat(info('w1'), 10_000);
  await workers.remove('w1');
  expect(await shard.dump()).toEqual({ pools: { default: '["*"]' } });
});

test('a word to a worker waits in its inbox for a minute at most', async () => {
  const shard = await openTestShard(redis);
  const workers = createWorkerStore(shard.shard);
  await workers.tell('w1', 'cancel r1 7');
  const inbox = shard.shard.key('wake:worker:w1');
  expect(await shard.connection.lrange(inbox, 0, -1)).toEqual(['cancel r1 7']);
  expect(await shard.connection.pttl(inbox)).toBeGreaterThan(0);
});

test('the code of a version lists its jobs, however many, and is kept while it is published', async () => {
  const shard = await openTestShard(redis);
  const names = Array.from({ length: 9_000 }, (_, index) => `job${String(index)}`);
  await shard.knows(names, 'v1');
  await shard.knows(['more'], 'v1');
  const key = shard.shard.key('code:v1');
  expect(await shard.connection.scard(key)).toBe(9_001);
  expect(await shard.connection.pttl(key)).toBeGreaterThan(500_000);
});
