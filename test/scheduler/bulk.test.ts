import { describe, expect, test } from 'vitest';
import { openBulkPlay, type BulkPlay } from '../support/bulk.ts';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL, retrying, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();
const names = (count: number, stem = 'r'): string[] => Array.from({ length: count }, (_, i) => `${stem}${String(i)}`);

/** Runs in each state that a run without an end can be in. */
async function openWithStates(): Promise<BulkPlay> {
  const play = await openBulkPlay(redis);
  await play.enqueue('a', ['running', 'retrying']);
  const { attempts } = await play.claim({ want: 2 });
  const failed = attempts.find(({ run }) => run.id === 'retrying');
  if (!failed) throw new Error('it was not claimed');
  await play.settle(failed, retrying(60_000));
  await play.enqueue('a', ['waiting'], { delayMs: 60_000 });
  await play.enqueue('a', ['ready1', 'ready2']);
  await play.enqueue('b', ['other']);
  return play;
}

const statesOf = async (play: BulkPlay): Promise<Record<string, string>> => {
  const { runs } = await play.history.scanLive('0', 10_000);
  const live = await Promise.all(runs.map(play.history.describe));
  const states = live.map(({ run, state }) => [run.id, `${run.queue} ${state}`] as const);
  return Object.fromEntries<string>(states.sort(([a], [b]) => (a < b ? -1 : 1)));
};

describe('a bulk cancel', () => {
  test('ends everything that waits, and tells who did it; what runs goes on', async () => {
    const play = await openWithStates();
    const id = await play.begin({ action: 'cancel', note: 'wrong payload' });
    expect(await play.finish(id)).toMatchObject({ state: 'done', done: 5, failed: 0, total: 6 });
    expect(await statesOf(play)).toEqual({ running: 'default running' });
    expect(await play.history.ofJob('a', 0, 1)).toMatchObject([
      { state: 'cancelled', error: { name: 'Cancelled', message: 'cancelled by ada: wrong payload' } },
    ]);
    expect(play.said).toEqual([{ shard: 0, bulk: id, action: 'cancel', done: 5, failed: 0 }]);
    expect(await play.claimIds({ want: 9 })).toEqual([]);
  });

  test('of running runs asks their workers to stop, each once', async () => {
    const play = await openWithStates();
    const id = await play.begin({ action: 'cancel', filter: { states: ['running'] } });
    expect(await play.finish(id)).toMatchObject({ done: 1 });
    expect(await play.connection.hgetall(play.shard.key('cancels'))).toEqual({ running: '1' });
    expect(Object.keys(await statesOf(play))).toHaveLength(6);
  });

  test.each<[string, Parameters<BulkPlay['begin']>[0]['filter'], string[]]>([
    ['a state', { states: ['retrying'] }, ['retrying']],
    ['several states', { states: ['waiting', 'retrying'] }, ['retrying', 'waiting']],
    ['a job', { states: ['ready'], job: 'b' }, ['other']],
    ['ids', { states: ['ready', 'waiting'], ids: ['ready2', 'waiting', 'gone', 'running'] }, ['ready2', 'waiting']],
    ['an error', { states: ['waiting', 'ready', 'retrying'], error: 'AGAIN' }, ['retrying']],
    ['a fire time', { states: ['waiting', 'ready', 'retrying'], since: START + 1 }, ['waiting']],
    ['an age', { states: ['waiting', 'ready', 'retrying'], until: START }, []],
    ['a queue', { states: ['ready'], queue: 'elsewhere' }, []],
  ])('takes only what fits in %s', async (_, filter, expected) => {
    const play = await openWithStates();
    const before = Object.keys(await statesOf(play));
    const id = await play.begin({ action: 'cancel', ...(filter === undefined ? {} : { filter }) });
    expect((await play.finish(id)).done).toBe(expected.length);
    const after = Object.keys(await statesOf(play));
    expect(before.filter((run) => !after.includes(run))).toEqual(expected);
  });

  test('finds the runs of schedules with a tag', async () => {
    const play = await openBulkPlay(redis);
    await play.schedules.save([
      { id: 'a', before: undefined, after: '1 5 - - {"e":1000,"tg":["vip"]}', due: 5 },
      { id: 'b', before: undefined, after: '1 5 - - {"e":1000}', due: 5 },
    ]);
    for (const id of ['a@1', 'b@1', 'a@2'])
      await play.connection.hset(play.shard.key('runs'), id, `1 ${id[0] as string} default 5 p 0 0 0 null`);
    const id = await play.begin({ action: 'cancel', filter: { states: ['ready'], tag: 'vip' } });
    expect((await play.finish(id)).done).toBe(2);
    expect(Object.keys(await statesOf(play))).toEqual(['b@1']);
  });
});

describe('a bulk delete', () => {
  test('leaves nothing of the runs, in no index and no history', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', names(120));
    await play.enqueue('a', names(60, 'late'), { delayMs: 60_000 });
    await play.enqueue('a', names(60, 'keyed'), { keys: '|11111~k:1' });
    const id = await play.begin({ action: 'delete' });
    expect(await play.finish(id)).toMatchObject({ done: 240 });
    const left = Object.keys(await play.dump()).filter((key) => !/^(?:bulk|leader|code|own:|queues|wake)/.test(key));
    expect(left).toEqual([]);
    expect(await play.history.ofJob('a', 0, 9)).toEqual([]);
  });

  test('lets go what was held behind a deleted run', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', ['first', 'held']);
    await play.connection.hset(play.shard.key('holds'), 'held', `${String(START)} first`);
    await play.connection.hset(play.shard.key('followers'), 'first', 'held -');
    await play.connection.lrem(play.shard.key('lane:default|5:a'), 1, 'held');
    const id = await play.begin({ action: 'delete', filter: { states: ['ready'], ids: ['first'] } });
    await play.finish(id);
    expect(await play.claimIds({ want: 9 })).toEqual(['held']);
  });
});

describe('a bulk move', () => {
  test('keeps ids, delays, keys and the order of each lane', async () => {
    const play = await openWithStates();
    await play.enqueue('a', names(450));
    await play.enqueue('a', names(3, 'k'), { keys: '|11111~k:1' });
    const before = await play.history.live('waiting');
    const id = await play.begin({
      action: 'move',
      filter: { states: ['waiting', 'ready', 'retrying'], job: 'a' },
      to: 'new',
    });
    expect(await play.finish(id)).toMatchObject({ done: 457 });
    expect(await play.history.live('waiting')).toEqual({ ...before, run: { ...before?.run, queue: 'new' } });
    expect(await play.history.live('retrying')).toMatchObject({ state: 'retrying', readyAt: START + 60_000 });
    const taken = await play.claimIds({ want: 1_000, queues: ['new'] });
    expect(taken.filter((run) => run.startsWith('r'))).toEqual(
      ['ready1', 'ready2', ...names(450)].filter((run) => run.startsWith('r')),
    );
    expect(taken.filter((run) => run.startsWith('k'))).toEqual(names(3, 'k'));
    expect(await play.claimIds({ want: 9 })).toEqual(['other']);
    play.clock.now += 60_000;
    expect((await play.claimIds({ want: 9, queues: ['new'] })).sort()).toEqual(['retrying', 'waiting']);
  });

  test('moves a held run without starting it', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', ['first', 'held']);
    await play.connection.hset(play.shard.key('holds'), 'held', `${String(START)} first`);
    await play.connection.hset(play.shard.key('followers'), 'first', 'held -');
    await play.connection.lrem(play.shard.key('lane:default|5:a'), 1, 'held');
    const id = await play.begin({ action: 'move', filter: { states: ['waiting'] }, to: 'new' });
    await play.finish(id);
    expect(await play.claimIds({ want: 9, queues: ['new'] })).toEqual([]);
    const attempt = await play.claimOne();
    await play.settle(attempt, succeeded());
    expect(await play.claimIds({ want: 9, queues: ['new'] })).toEqual(['held']);
  });

  test('of every second run of a long lane takes these, in order, and leaves the others in theirs', async () => {
    const play = await openBulkPlay(redis);
    const ids = names(3_000);
    for (let from = 0; from < ids.length; from += 1_000)
      await play.enqueue('a', ids.slice(from, from + 1_000), { payload: 'x' });
    const wanted = ids.filter((_, i) => i % 2 === 0);
    await Promise.all(
      wanted.map((run) =>
        play.connection.hset(play.shard.key('errors'), run, '{"error":{"name":"E","message":"boom"}}'),
      ),
    );
    const id = await play.begin({ action: 'move', filter: { states: ['ready'], error: 'boom' }, to: 'new' });
    expect(await play.finish(id)).toMatchObject({ done: 1_500 });
    expect(await play.claimIds({ want: 4_000, queues: ['new'] })).toEqual(wanted);
    const left: string[] = [];
    for (let more = true; more;) {
      const claim = await play.claim({ want: 4_000 });
      left.push(...claim.attempts.map(({ run }) => run.id));
      more = claim.more;
    }
    expect(left).toEqual(ids.filter((_, i) => i % 2 === 1));
  });

  test('goes on beside workers that claim, and no run is lost or started twice', async () => {
    const play = await openBulkPlay(redis);
    const ids = names(2_000);
    await play.enqueue('a', ids);
    const id = await play.begin({ action: 'move', to: 'new', filter: { states: ['ready'], queue: 'default' } });
    const claimed: string[] = [];
    for (let i = 0; (await play.bulks.get(id))?.state === 'running'; i += 1) {
      const [, taken] = await Promise.all([play.pass(), play.claimIds({ want: 37 })]);
      claimed.push(...taken);
    }
    for (const queue of ['new', 'default']) claimed.push(...(await play.claimIds({ want: 4_000, queues: [queue] })));
    expect(claimed.toSorted()).toEqual(ids.toSorted());
  });
});

describe('a bulk operation', () => {
  test('far behind the front of a lane ends its runs and no others, though workers have claimed since it was read', async () => {
    const play = await openBulkPlay(redis);
    const ids = names(1_500);
    await play.enqueue('a', ids);
    await play.begin({ action: 'cancel' });
    const { epoch } = await play.leadership.take('me', '{}');
    const [stored] = (await play.bulks.due(1)).due;
    if (!stored) throw new Error('it is not due');
    const wanted = ids.slice(1_100, 1_110);
    const claimed = await play.claimIds({ want: 5 });
    const lane = { queue: 'default', lane: '5:a', first: 1_100, length: 10 };
    const slice = { action: 'cancel', to: '', states: ['ready'], bodyJson: '{}', ids: wanted, lane } as const;
    await play.bulks.actOnLive({ epoch, retention: KEEP_ALL, stored }, { cursor: 'lanes', seen: 10, ...slice });
    const left: string[] = [];
    for (let more = true; more;) {
      const claim = await play.claim({ want: 2_000 });
      left.push(...claim.attempts.map(({ run }) => run.id));
      more = claim.more;
    }
    expect(left).toEqual(ids.filter((run) => !wanted.includes(run) && !claimed.includes(run)));
  });

  test('is carried on by the next leader where the last one stopped, and counts nothing twice', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', names(1_500));
    await play.enqueue('b', names(700, 'late'), { delayMs: 1_000 });
    const id = await play.begin({ action: 'cancel' });
    for (let i = 0; i < 3; i += 1) {
      await play.pass();
      await play.succeed();
    }
    expect((await play.bulks.get(id))?.done).toBe(600);
    expect(await play.finish(id)).toMatchObject({ done: 2_200 });
    expect(await play.history.ofJob('a', 0, 3_000)).toHaveLength(1_500);
  });

  test('changes nothing under an old leader', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', names(10));
    await play.begin({ action: 'cancel' });
    await play.leadership.take('successor', '{}');
    await expect(play.pass()).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(Object.keys(await statesOf(play))).toHaveLength(10);
  });

  test('that is cancelled goes no further', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', names(1_000));
    const id = await play.begin({ action: 'delete' });
    await play.pass();
    expect(await play.bulks.cancel(id, START)).toBe(true);
    await play.pass();
    expect(await play.bulks.get(id)).toMatchObject({ state: 'cancelled', done: 200 });
    expect(Object.keys(await statesOf(play))).toHaveLength(800);
    expect(await play.bulks.cancel(id, START)).toBe(false);
  });

  test('keeps to its rate', async () => {
    const play = await openBulkPlay(redis);
    await play.enqueue('a', names(100), { delayMs: 1e9 });
    const id = await play.begin({ action: 'cancel', paceMs: 50 });
    const doneAt: [number, number][] = [];
    const begun = play.clock.now;
    while ((await play.bulks.get(id))?.state === 'running') {
      play.clock.now += Math.max(1, await play.pass());
      doneAt.push([play.clock.now, (await play.bulks.get(id))?.done ?? 0]);
    }
    expect(doneAt.at(-1)?.[1]).toBe(100);
    for (const [at, done] of doneAt) expect(done).toBeLessThanOrEqual((at - begun) / 50 + 10);
  });

  test('over runs of a lane that waits for a slot finds them, and opens the lane elsewhere', async () => {
    const play = await openBulkPlay(redis);
    await play.connection.hset(play.shard.key('limits'), 'job:a', '0 0 1 1 -');
    await play.enqueue('a', names(4));
    expect(await play.claimIds({ want: 9 })).toEqual(['r0']);
    const id = await play.begin({ action: 'move', to: 'new', filter: { states: ['ready'] } });
    expect(await play.finish(id)).toMatchObject({ done: 3 });
    expect(await play.claimIds({ want: 9, queues: ['new'] })).toEqual([]);
    expect(await play.connection.zrange(play.shard.key('blocked:job:a'), '0', '-1')).toContain('new 5:a');
  });
});
