import { afterAll, expect, test } from 'vitest';
import { createLeaderBell } from '../../src/scheduler/bell.ts';
import { ringBell } from '../../src/store/doorbell.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

test('a ring for the leader is heard by the leader, however many followers listen, and a call for a successor by one of these', async () => {
  const { shard } = await openTestShard(redis);
  const heard: string[] = [];
  for (const name of ['leader', 'follower 1', 'follower 2']) {
    const { connection } = await openTestShard(redis);
    const bell = createLeaderBell({
      shard,
      blocking: connection,
      isLeading: () => name === 'leader',
      onRing: () => heard.push(`${name}: ring`),
      onSuccession: () => heard.push(`${name}: succession`),
      onError: (error) => heard.push(error),
    });
    await bell.start();
    closing.push(async () => {
      await bell.stop();
      connection.disconnect();
    });
  }
  for (let rung = 1; rung <= 10; rung += 1) {
    await ringBell(shard, 'leader', '1');
    await eventually(() => expect(heard).toHaveLength(rung));
  }
  expect([...new Set(heard)]).toEqual(['leader: ring']);
  await ringBell(shard, 'succession', '1');
  await eventually(() => expect(heard).toHaveLength(11));
  expect(heard.at(-1)).toMatch(/^follower \d: succession$/);
});
