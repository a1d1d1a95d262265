import { expect, test } from 'vitest';
import { createStartStore, STARTS_AT_ONCE } from '../../src/store/starts.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const MOST_MS = 10_000;

async function open() {
  const { shard, clock } = await openTestShard(redis);
  const starts = createStartStore(shard);
  return { clock, takeTurn: (random = 0) => starts.takeTurn(MOST_MS, random) };
}

test('processes that start one after the other do not wait', async () => {
  const { clock, takeTurn } = await open();
  for (let i = 0; i < 20; i += 1) {
    expect(await takeTurn()).toBe(0);
    clock.now += 100;
  }
});

test('of two hundred that start at once only a few start at any moment, and none waits for longer than is said', async () => {
  const { takeTurn } = await open();
  const waits = await Promise.all(Array.from({ length: 200 }, (_, i) => takeTurn(Math.max(0, (i - 105) / 95))));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(STARTS_AT_ONCE);
  expect(Math.max(...waits)).toBeLessThanOrEqual(MOST_MS);
  // Paced: one each 100 ms. The other half, which has no place, is spread over the last five seconds.
  const paced = waits.slice(0, 105).sort((a, b) => a - b);
  expect(paced.slice(STARTS_AT_ONCE)).toEqual(Array.from({ length: 100 }, (_, i) => (i + 1) * 100));
  const inEachSecond = Array.from(
    { length: 10 },
    (_, second) => waits.filter((wait) => wait >= second * 1_000 && wait < (second + 1) * 1_000).length,
  );
  expect(Math.max(...inEachSecond)).toBeLessThanOrEqual(10 + 20 + STARTS_AT_ONCE);
});

test('those that come while others wait get a place behind them, and all is forgotten when they have started', async () => {
  const { clock, takeTurn } = await open();
  await Promise.all(Array.from({ length: 30 }, () => takeTurn()));
  clock.now += 1_000;
  expect(await takeTurn()).toBe(1_600);
  clock.now += 60_000;
  expect(await takeTurn()).toBe(0);
});

test('nobody waits where it is turned off', async () => {
  const { shard } = await openTestShard(redis);
  const starts = createStartStore(shard);
  expect(await Promise.all(Array.from({ length: 50 }, () => starts.takeTurn(0, 1)))).toEqual(new Array(50).fill(0));
  expect(await shard.connection.exists(shard.key('starts'))).toBe(0);
});
