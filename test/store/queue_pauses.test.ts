import { expect, test } from 'vitest';
import { openBulkPlay } from '../support/bulk.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const note = { at: START, by: 'ada', note: 'the partner is down' };

test('nothing of a paused queue is claimed, what runs ends, and other queues go on', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['1', '2'], { queue: 'q' });
  await shard.enqueue('a', ['3'], { queue: 'other' });
  const running = await shard.claimOne({ queues: ['q'] });
  expect(await shard.pauses.pause('q', note)).toBe('paused');
  expect(await shard.claimIds({ queues: ['q', 'other'], want: 9 })).toEqual(['3']);
  expect(await shard.settle(running, succeeded())).toBe(true);
  expect(await shard.pauses.resume('q')).toBe('resumed');
  expect(await shard.claimIds({ queues: ['q'], want: 9 })).toEqual(['2']);
});

test('a pause says who and why, a second one changes that, and resuming forgets it', async () => {
  const shard = await openTestShard(redis);
  await shard.pauses.pause('q', { ...note, until: START + 5 });
  expect(await shard.pauses.pause('q', { ...note, note: 'still down' })).toBe('changed');
  expect(await shard.pauses.all()).toEqual(new Map([['q', { ...note, note: 'still down' }]]));
  expect(await shard.connection.exists(shard.shard.key('pause_ends'))).toBe(0);
  await shard.connection.sadd(shard.shard.key('paused_queues'), 'by hand');
  await shard.pauses.resume('q');
  expect(await shard.pauses.all()).toEqual(new Map([['by hand', undefined]]));
  expect(await shard.pauses.resume('q')).toBe('unchanged');
});

test('a worker that waits is told when a queue goes on', async () => {
  const shard = await openTestShard(redis);
  await shard.pauses.pause('q', note);
  await shard.connection.del(shard.shard.key('wake:queue:q'));
  await shard.pauses.resume('q');
  expect(await shard.connection.llen(shard.shard.key('wake:queue:q'))).toBe(1);
});

test('the leader ends a pause when its time has come, and not before', async () => {
  const play = await openBulkPlay(redis);
  await play.enqueue('a', ['1']);
  await play.pauses.pause('default', { ...note, until: START + 300 });
  await play.pauses.pause('other', note);
  expect(await play.pass()).toBe(300);
  play.clock.now = START + 299;
  await play.pass();
  expect(await play.claimIds()).toEqual([]);
  play.clock.now = START + 300;
  await play.pass();
  expect([...(await play.pauses.all()).keys()]).toEqual(['other']);
  expect(await play.claimIds()).toEqual(['1']);
});
