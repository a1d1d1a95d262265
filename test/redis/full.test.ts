import type { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { ringBell } from '../../src/store/doorbell.ts';
import { connectAdmin, startRedis } from '../support/redis.ts';

const redis = await startRedis();

/** An engine with waiting runs on a Redis that is full from now on. */
async function openFull(
  count: number,
  run: () => Promise<void> = () => Promise.resolve(),
): Promise<{ engine: Engine; admin: Redis }> {
  const admin = connectAdmin(redis);
  const engine = await openEngine({
    target: redis.target,
    jobs: [job('work', { run })],
    config: { runLeaseMs: 1_200 },
  });
  await engine.client.enqueueMany('work', new Array<string>(count).fill('x'.repeat(100)));
  await admin.config('SET', 'maxmemory', '1mb');
  onTestFinished(async () => void (await admin.config('SET', 'maxmemory', '0')));
  return { engine, admin };
}

test('a full Redis refuses new runs with REDIS_FULL and says what to do', async () => {
  const { engine } = await openFull(1);
  await expect(engine.client.enqueue('work')).rejects.toMatchObject({
    code: 'REDIS_FULL',
    hint: expect.stringContaining('maxmemory') as unknown,
  });
});

test('runs that wait in a full Redis are still claimed, run and settled', async () => {
  const { engine } = await openFull(500);
  await engine.startWorker();
  await eventually(() => expect(engine.said('run.finished')).toHaveLength(500));
  expect(engine.said('worker.claim_failed')).toEqual([]);
});

test('a bell that a busy worker passes on, and a word to a worker, get through to a full Redis', async () => {
  const { engine } = await openFull(1);
  const { shard } = engine.store.of('work');
  await ringBell(shard, 'queue:other', '1');
  await engine.store.workers.tell('w', 'cancel x 1');
  expect(await shard.connection.lrange(shard.key('wake:queue:other'), 0, -1)).toEqual(['1']);
});

test('leases are renewed while Redis is full, and a cancel reaches its attempt', async () => {
  let end = (): void => undefined;
  const { engine } = await openFull(1, () => new Promise<void>((resolve) => (end = resolve)));
  await engine.startWorker();
  const { run } = await engine.hears('run.started');
  const { connection, key } = engine.store.of('work').shard;
  const leases = new Set<string | null>();
  await eventually(async () => {
    leases.add(await connection.zscore(key('leases'), run));
    expect(leases.size).toBeGreaterThan(3);
  });
  expect(await engine.client.runs.cancel(run)).toBe('stopping');
  await engine.hears('attempt.stopping', ({ reason }) => reason === 'cancel');
  end();
  await engine.hears('run.finished');
});

test('the system recovers by itself once there is room', async () => {
  const { engine, admin } = await openFull(10);
  await expect(engine.client.enqueue('work')).rejects.toMatchObject({ code: 'REDIS_FULL' });
  await admin.config('SET', 'maxmemory', '0');
  await engine.startScheduler();
  await engine.startWorker();
  const id = await engine.client.enqueue('work');
  await engine.hears('run.finished', ({ run, outcome }) => run === id && outcome === 'succeeded');
  await engine.hears('leader.elected');
});

test('a leader that finds Redis full goes on when there is room again, and catches up', async () => {
  const admin = connectAdmin(redis);
  const engine = await openEngine({ target: redis.target, jobs: [job('tick', { schedule: { cron: '* * * * * *' } })] });
  await engine.startScheduler();
  await engine.hears('schedule.verdict');
  await admin.config('SET', 'maxmemory', '1mb');
  await eventually(() =>
    expect(engine.said('tick.failed').length + engine.said('leader.contended').length).toBeGreaterThan(0),
  );
  await admin.config('SET', 'maxmemory', '0');
  const before = engine.said('schedule.verdict').length;
  await eventually(() => expect(engine.said('schedule.verdict').length).toBeGreaterThan(before), { timeoutMs: 10_000 });
  const ledger = (await engine.store.of('tick').history.ledger('tick', 100)).reverse();
  for (const [i, verdict] of ledger.entries()) {
    if (i > 0) expect(verdict.from).toBe((ledger[i - 1]?.to ?? 0) + 1_000);
  }
});
