import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startRedis } from './redis.ts';
import { followOrder } from './redis_order.ts';

const redis = await startRedis();

test('finds the runs that were created while their schedule was paused or gone, and no others', async () => {
  const connection = new Redis({ path: redis.path });
  onTestFinished(() => connection.disconnect());
  const order = await followOrder(redis, 'p:');
  const set = (id: string, value: string) => connection.hset('p:schedules', id, value);
  const make = (id: string) => connection.eval("redis.call('HSET', KEYS[1], ARGV[1], 'x')", 1, 'p:runs', id);
  await set('a', '1 5 - - {}');
  await make('a@1');
  await set('a', '2p 5 1 - {}');
  await make('a@2');
  await make('0190-by-hand');
  await set('a', '3 5 1 - {}');
  await make('a@3');
  await connection.hdel('p:schedules', 'a');
  await make('a@4');
  await make('b:k@5');
  await eventually(() => expect(order.runs()).toBe(5));
  expect(order.wrongRuns()).toEqual(['a@2 while paused', 'a@4 while gone', 'b:k@5 while gone']);
});
