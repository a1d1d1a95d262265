import { describe, expect, test } from 'vitest';
import { openBulkPlay, type BulkPlay } from '../support/bulk.ts';
import { startRedis } from '../support/redis.ts';
import { dead, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${String(i)}`);

describe('dead letters', () => {
  async function openWithLetters(count: number): Promise<BulkPlay> {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', names(count));
    for (const [i, attempt] of (await play.claim({ want: count })).attempts.entries())
      await play.settle(attempt, dead(i % 2 === 0 ? 'even trouble' : 'odd trouble'));
    return play;
  }

  test('are redriven once each, even those that die again meanwhile', async () => {
    const play = await openWithLetters(500);
    play.clock.now += 1_000;
    const id = await play.begin({ action: 'retry', filter: { states: ['dead'] } });
    while ((await play.bulks.get(id))?.state === 'running') {
      await play.pass();
      play.clock.now += 10;
      for (const attempt of (await play.claim({ want: 500 })).attempts) await play.settle(attempt, dead('again'));
    }
    expect(await play.bulks.get(id)).toMatchObject({ done: 500, failed: 0 });
    const letters = await play.history.dead(0, 1_000);
    expect(letters).toHaveLength(500);
    expect(new Set(letters.map(({ error }) => error?.message))).toEqual(new Set(['again']));
  });

  test('are chosen by error, and deleted with their logs', async () => {
    const play = await openWithLetters(10);
    await play.connection.set(play.shard.key('log:r0'), 'x');
    await play.connection.hset(
      play.shard.key('letters'),
      'r0',
      (await play.connection.hget(play.shard.key('letters'), 'r0'))?.replace(/^-/, 'L') ?? '',
    );
    const id = await play.begin({ action: 'delete', filter: { states: ['dead'], error: 'EVEN' } });
    expect(await play.finish(id)).toMatchObject({ done: 5 });
    expect((await play.history.dead(0, 99)).map(({ run }) => run.id).sort()).toEqual(['r1', 'r3', 'r5', 'r7', 'r9']);
    expect(await play.connection.exists(play.shard.key('log:r0'))).toBe(0);
  });

  test('that were named by id are taken alone', async () => {
    const play = await openWithLetters(4);
    const id = await play.begin({ action: 'retry', filter: { states: ['dead'], ids: ['r2', 'nothing'] } });
    expect(await play.finish(id)).toMatchObject({ done: 1 });
    expect((await play.history.dead(0, 99)).map(({ run }) => run.id).sort()).toEqual(['r0', 'r1', 'r3']);
  });
});

test('finished runs are run again once each, though the history moves on meanwhile', async () => {
  const play = await openBulkPlay(redis);
  await play.jobs.save([], []);
  await play.enqueue('a', names(450));
  for (const attempt of (await play.claim({ want: 450 })).attempts) await play.settle(attempt, succeeded());
  await play.enqueue('b', ['gone']);
  await play.runs.cancel('gone', '', { count: 10, bytes: 1e6 });
  play.clock.now += 1_000;
  const id = await play.begin({ action: 'retry', filter: { states: ['succeeded'] } });
  while ((await play.bulks.get(id))?.state === 'running') {
    await play.pass();
    play.clock.now += 10;
    for (const attempt of (await play.claim({ want: 500 })).attempts) await play.settle(attempt, succeeded());
  }
  expect(await play.bulks.get(id)).toMatchObject({ done: 450 });
  expect(await play.history.ofJob('a', 0, 2_000)).toHaveLength(900);
  expect(await play.history.ofJob('b', 0, 10)).toHaveLength(1);
  expect(await play.connection.exists(play.shard.key(`bulk_seen:${id}`))).toBe(0);
});
