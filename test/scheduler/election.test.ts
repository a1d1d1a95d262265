import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createEngine, job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const TICK = job('tick', { schedule: { cron: '* * * * * *' } });

async function openReplicas(namespace: string, count: number, config = {}): Promise<Engine[]> {
  const engines = await Promise.all(
    Array.from({ length: count }, () => openEngine({ target: redis.target, namespace, config })),
  );
  await engines[0]?.client.apply([TICK]);
  return engines;
}

const leaderIds = (engines: Engine[]): string[] =>
  engines.flatMap((engine) => engine.said('leader.elected').map(({ id }) => id));

describe('an election', () => {
  test('among three replicas has one winner, and Redis names it', async () => {
    const engines = await openReplicas('three', 3);
    const schedulers = await Promise.all(engines.map((engine) => engine.startScheduler()));
    await eventually(() => expect(schedulers.flatMap((scheduler) => scheduler.leads())).toHaveLength(1));
    const { leaders } = await (engines[0] as Engine).client.overview();
    expect([leaders[0]?.id]).toEqual(leaderIds(engines));
    expect(leaders[0]?.about).toMatchObject({ host: 'test' });
  });

  test('gives each of four shards one leader among two replicas, and all of them to the one that is left', async () => {
    const [one, two] = (await openReplicas('shares', 2, { shards: 4 })) as [Engine, Engine];
    const [first, second] = await Promise.all([one.startScheduler(), two.startScheduler()]);
    const led = (): number[] =>
      [first, second].flatMap((scheduler) => scheduler.leads().map(({ shard }) => shard)).sort((a, b) => a - b);
    await eventually(() => expect(led()).toEqual([0, 1, 2, 3]));
    await first.stop();
    await eventually(() => expect(second.leads().map(({ shard }) => shard)).toEqual([0, 1, 2, 3]));
  });

  test('is held again for half of the shards when a second replica joins the one that leads them all', async () => {
    const [one, two] = (await openReplicas('joins', 2, { shards: 4 })) as [Engine, Engine];
    const first = await one.startScheduler();
    await eventually(() => expect(first.leads()).toHaveLength(4));
    const second = await two.startScheduler();
    await eventually(
      () => {
        expect(second.leads()).toHaveLength(2);
        expect(first.leads()).toHaveLength(2);
      },
      { timeoutMs: 20_000 },
    );
  });

  test('is won by another within a second after the leader stopped', async () => {
    const engines = await openReplicas('handover', 2);
    const first = await (engines[0] as Engine).startScheduler();
    await (engines[0] as Engine).hears('leader.elected');
    const second = await (engines[1] as Engine).startScheduler();
    const stoppedAt = performance.now();
    await first.stop();
    await (engines[1] as Engine).hears('leader.elected');
    expect(performance.now() - stoppedAt).toBeLessThan(1_000);
    expect(second.leads()).toHaveLength(1);
    expect(first.leads()).toEqual([]);
  });

  test('gives each term a greater epoch', async () => {
    const [engine] = await openReplicas('epochs', 1);
    for (let term = 0; term < 3; term += 1) {
      const scheduler = await (engine as Engine).startScheduler();
      await eventually(() => expect(scheduler.leads()).toHaveLength(1));
      await scheduler.stop();
    }
    const epochs = (engine as Engine).said('leader.elected').map(({ epoch }) => Number(epoch));
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect(epochs).toHaveLength(3);
  });
});

describe('a leader steps down', () => {
  test('when its lock is gone and another holds it', async () => {
    const [one, two] = (await openReplicas('lost-lock', 2)) as [Engine, Engine];
    const first = await one.startScheduler();
    await one.hears('leader.elected');
    const { shard } = one.store.shards[0] as Engine['store']['shards'][number];
    await shard.connection.del(shard.key('lock'));
    const second = await two.startScheduler();
    await one.hears('leader.lost');
    await eventually(() => {
      expect(second.leads()).toHaveLength(1);
      expect(first.leads()).toEqual([]);
    });
  });

  test('when a newer epoch has fenced it, and what it tried meanwhile changed nothing', async () => {
    // A tick comes long before the next renewal, also on a machine that stands still for a second.
    const [engine] = (await openReplicas('fenced', 1, { leaderTtlMs: 8_000 })) as [Engine];
    await engine.startScheduler();
    const { epoch } = await engine.hears('leader.elected');
    await engine.store.shards[0]?.leadership.take('usurper', '{}');
    expect(await engine.hears('leader.write_refused')).toMatchObject({ epoch }); // of whichever duty comes first
    expect(await engine.hears('leader.lost')).toMatchObject({ epoch });
    // With nobody else at the lock it leads again, under a newer epoch, and fires on.
    await engine.hears('leader.elected', (event) => Number(event.epoch) > Number(epoch));
  });

  test('when the connection to Redis is cut, and comes back by itself', async () => {
    const [engine] = (await openReplicas('cut', 1)) as [Engine];
    await engine.startScheduler();
    await engine.hears('leader.elected');
    const watcher = await openEngine({ target: redis.target, namespace: 'cut' });
    await (watcher.store.connection as unknown as { client(verb: string, ...args: string[]): Promise<unknown> }).client(
      'KILL',
      'TYPE',
      'normal',
      'SKIPME',
      'yes',
    );
    await engine.hears('leader.lost');
    await eventually(() => expect(engine.said('leader.elected').length).toBeGreaterThan(1), { timeoutMs: 8_000 });
  });
});

test('jobs that could not be registered on a new primary are registered by whoever leads next, and then no more', async () => {
  const [engine] = (await openReplicas('reconciles', 1)) as [Engine];
  let calls = 0;
  const scheduler = await engine.startScheduler(() => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error('Redis is slow')) : Promise.resolve();
  });
  await engine.hears('tick.done');
  expect(calls).toBe(2);
  await scheduler.stop();
  const successor = await engine.startScheduler(() => Promise.resolve(void (calls += 1)));
  await eventually(() => expect(successor.leads()).toHaveLength(1));
  expect(calls).toBe(2);
});

test('a replica that starts before Redis is there waits, and leads once it is', async () => {
  const own = await startRedis();
  await own.kill();
  const engine = await createEngine({ target: own.target });
  expect(await engine.connect()).toBe('waiting');
  const scheduler = await engine.startScheduler();
  await own.restart();
  await eventually(() => expect(scheduler.leads()).toHaveLength(1), { timeoutMs: 10_000 });
});
