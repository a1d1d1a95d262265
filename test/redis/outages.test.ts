import { afterEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { connectAdmin, startRedis, type TestRedis } from '../support/redis.ts';

const CHUNKS = 40;
const CHUNK = 50;

let stopLoad = (): void => undefined;
afterEach(() => stopLoad());

/** A system with a schedule and 2,000 runs on their way; `handled` counts what the handlers saw. */
async function openUnderLoad(redis: TestRedis) {
  const handled = new Map<number, number>();
  const jobs = [
    job('tick', { schedule: { cron: '* * * * * *', overlap: 'allow' } }),
    job('work', {
      run: async ({ payload }) => {
        handled.set(payload as number, (handled.get(payload as number) ?? 0) + 1);
        await new Promise((resolve) => setImmediate(resolve));
      },
    }),
  ];
  const engine = await openEngine({ target: redis.target, jobs, config: { runLeaseMs: 1_500, leaderTtlMs: 1_000 } });
  await engine.startScheduler();
  await engine.startWorker({ concurrency: 20 });
  await engine.hears('schedule.verdict');
  return { engine, handled, acknowledged: enqueueSteadily(engine) };
}

/** Enqueues chunk after chunk, each again until it is acknowledged, as an application would. */
async function enqueueSteadily(engine: Engine): Promise<number> {
  let stopped = false;
  stopLoad = () => (stopped = true);
  for (let chunk = 0; chunk < CHUNKS && !stopped; chunk += 1) {
    const payloads = Array.from({ length: CHUNK }, (_, index) => chunk * CHUNK + index);
    for (;;) {
      try {
        await engine.client.enqueueMany('work', payloads);
        break;
      } catch (error) {
        if ((error as { code?: string }).code !== 'REDIS_UNAVAILABLE') throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return CHUNKS * CHUNK;
}

/** Everything that was acknowledged has been handled, nothing is left over, and the schedule still fires. */
async function expectNothingLost({
  engine,
  handled,
  acknowledged,
}: Awaited<ReturnType<typeof openUnderLoad>>): Promise<void> {
  const count = await acknowledged;
  await eventually(() => expect(handled.size).toBe(count), { timeoutMs: 20_000 });
  const fired = engine.said('schedule.verdict').length;
  await eventually(() => expect(engine.said('schedule.verdict').length).toBeGreaterThan(fired), { timeoutMs: 10_000 });
  await eventually(
    async () => {
      const { running, queues, deadLetters } = await engine.client.overview();
      expect({ running, deadLetters }).toEqual({ running: 0, deadLetters: 0 });
      for (const { ready, delayed } of queues) expect({ ready, delayed }).toEqual({ ready: 0, delayed: 0 });
    },
    { timeoutMs: 10_000 },
  );
  const ledger = await engine.store.of('tick').history.ledger('tick', 1_000);
  const times = ledger.flatMap(({ from, to, count: of }) =>
    Array.from({ length: of }, (_, i) => (of === 1 ? from : from + (i * (to - from)) / (of - 1))),
  );
  const sorted = [...times].sort((a, b) => a - b);
  expect(sorted).toEqual(Array.from({ length: sorted.length }, (_, i) => (sorted[0] ?? 0) + i * 1_000));
}

test('a Redis that is killed and started again under load loses nothing that it has acknowledged', async () => {
  const redis = await startRedis({ persistence: 'aof', args: ['--appendfsync', 'always'] });
  const load = await openUnderLoad(redis);
  await eventually(() => expect(load.handled.size).toBeGreaterThan(200));
  await redis.kill();
  await load.engine.hears('redis.lost');
  await redis.restart();
  await load.engine.hears('redis.back');
  await expectNothingLost(load);
}, 60_000);

test('a flush of the script cache under load is not noticed', async () => {
  const redis = await startRedis();
  const admin = connectAdmin(redis);
  const load = await openUnderLoad(redis);
  for (let flush = 1; flush <= 5; flush += 1) {
    await eventually(() => expect(load.handled.size).toBeGreaterThan(flush * 150));
    await admin.script('FLUSH');
  }
  await expectNothingLost(load);
  expect(load.engine.said('worker.claim_failed')).toEqual([]);
  expect(load.engine.said('tick.failed')).toEqual([]);
  // Each run is handled once: a script that was sent twice took effect once.
  expect([...load.handled.values()].every((times) => times === 1)).toBe(true);
}, 60_000);

test('connections that are cut under load come back, and nothing is lost', async () => {
  const redis = await startRedis();
  const admin = connectAdmin(redis);
  const load = await openUnderLoad(redis);
  for (let cut = 1; cut <= 3; cut += 1) {
    await eventually(() => expect(load.handled.size).toBeGreaterThan(cut * 200));
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
  await expectNothingLost(load);
}, 60_000);

test('a Redis that stops answering for a while is waited for', async () => {
  const redis = await startRedis();
  const load = await openUnderLoad(redis);
  redis.freeze();
  await load.engine.hears('leader.lost');
  redis.thaw();
  await expectNothingLost(load);
}, 60_000);
