import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { waitForTurn } from '../../src/roles/start_turn.ts';
import { jobFile, makePlace, startBelfry } from '../support/belfry_process.ts';
import { openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const WAITS = 'waits for its turn';

/** A namespace in which so many processes have just started that the next turn is that far away. */
async function openBusy(namespace: string, awayMs: number) {
  const connection = new Redis({ path: redis.path });
  onTestFinished(() => connection.disconnect());
  await connection.set(`{${namespace}:0}:starts`, String(Date.now() + awayMs), 'PX', awayMs);
  const place = makePlace({ 'quick.ts': jobFile(`schedule: { every: '1h' }, run: () => null`) });
  const variables = { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace };
  const count = (name: string): Promise<number> => connection.hlen(`{${namespace}:0}:${name}`);
  return { place, variables, count };
}

describe('a process that starts while many others do', () => {
  test('waits for its turn before it registers jobs and claims runs, and does both then', async () => {
    const { place, variables, count } = await openBusy('busy', 300_000);
    const belfry = startBelfry(place, ['start', '--role', 'scheduler'], variables);
    const worker = startBelfry(place, ['start', '--role', 'worker'], variables);
    const nothingYet = async (one: typeof belfry, name: string): Promise<void> => {
      await one.untilSays(WAITS);
      expect(await count(name)).toBe(0);
      await one.untilSays('is up');
    };
    await Promise.all([nothingYet(belfry, 'jobs'), nothingYet(worker, 'workers')]);
    expect(await Promise.all([count('jobs'), count('workers')])).toEqual([1, 1]);
  });

  test('ends at once when it is told to stop while it waits', async () => {
    const { place, variables } = await openBusy('stopped', 300_000);
    const belfry = startBelfry(place, ['start', '--role', 'worker'], { ...variables, BELFRY_START_STAGGER: '10m' });
    await belfry.untilSays(WAITS);
    belfry.signal('SIGTERM');
    expect(await belfry.ended).toBe(0);
  });

  test('waits for nothing where that is turned off', async () => {
    const { place, variables } = await openBusy('off', 300_000);
    const belfry = startBelfry(place, ['start', '--role', 'worker'], { ...variables, BELFRY_START_STAGGER: '0s' });
    await belfry.untilSays('is up');
    expect(belfry.output()).not.toContain(WAITS);
  });
});

test('neither dev nor a process that only serves the API waits or takes a turn', async () => {
  const engine = await openEngine({ target: redis.target });
  const starting = { config: { startStaggerMs: 60_000 }, host: { random: () => 0 }, events: createEventBus() };
  for (let i = 0; i < 10; i += 1) {
    await waitForTurn({ ...starting, manners: 'dev', roles: ['scheduler', 'worker', 'api'] }, engine);
    await waitForTurn({ ...starting, manners: 'start', roles: ['api'] }, engine);
  }
  const [{ shard }] = engine.store.shards as [(typeof engine.store.shards)[number]];
  expect(await shard.connection.exists(shard.key('starts'))).toBe(0);
});
