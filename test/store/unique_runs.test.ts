import { describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, openTestShard, retrying, START, succeeded, type TestShard } from '../support/test_shard.ts';
import { enqueueUnique } from '../support/unique_runs.ts';

const redis = await startRedis();

async function open(): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['a', 'b']);
  return shard;
}

const keyHolders = ({ connection, shard }: TestShard) => connection.hgetall(shard.key('unique'));

describe('mode unique', () => {
  test('makes no second run while the first is ready, running, retrying or waiting', async () => {
    const shard = await open();
    expect(await enqueueUnique(shard, '1')).toEqual({ id: '1', outcome: 'enqueued' });
    const duplicate = { id: '1', outcome: 'duplicate' };
    expect(await enqueueUnique(shard, '2')).toEqual(duplicate);
    const attempt = await shard.claimOne();
    expect(await enqueueUnique(shard, '3')).toEqual(duplicate);
    await shard.settle(attempt, retrying(5_000));
    expect(await enqueueUnique(shard, '4')).toEqual(duplicate);
    expect(await shard.connection.hkeys(shard.shard.key('runs'))).toEqual(['1']);
  });

  test.each([
    ['succeeded', succeeded()],
    ['dead', dead()],
    ['cancelled', { outcome: 'cancelled' as const, bodyJson: '', logged: false }],
  ])('lets the next one in when the first has %s', async (_, settlement) => {
    const shard = await open();
    await enqueueUnique(shard, '1');
    await shard.settle(await shard.claimOne(), settlement);
    expect(await keyHolders(shard)).toEqual({});
    expect(await enqueueUnique(shard, '2')).toEqual({ id: '2', outcome: 'enqueued' });
  });

  test('lets the next one in when the first was cancelled while it waited, or marked as succeeded', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { delayMs: 1_000 });
    await shard.runs.cancel('1', '', KEEP_ALL);
    expect(await enqueueUnique(shard, '2')).toMatchObject({ outcome: 'enqueued' });
    await shard.marks.run('2', KEEP_ALL);
    expect(await enqueueUnique(shard, '3')).toMatchObject({ outcome: 'enqueued' });
  });

  test('lets the next one in when the run of the first was deleted behind its back', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1');
    await shard.connection.hdel(shard.shard.key('runs'), '1');
    expect(await enqueueUnique(shard, '2')).toMatchObject({ id: '2', outcome: 'enqueued' });
  });

  test('lets the next one in when another run has the id of the first by now', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1');
    await shard.connection.hdel(shard.shard.key('runs'), '1');
    await shard.enqueue('a', ['1']);
    expect(await enqueueUnique(shard, '2')).toMatchObject({ id: '2', outcome: 'enqueued' });
  });

  test('frees the key after `for`, and the end of the first one leaves the second one its key', async () => {
    const shard = await open();
    const rule = { mode: 'unique' as const, forMs: 1_000 };
    await enqueueUnique(shard, '1', { rule });
    const first = await shard.claimOne();
    shard.clock.now = START + 999;
    expect(await enqueueUnique(shard, '2', { rule })).toMatchObject({ id: '1' });
    shard.clock.now = START + 1_000;
    expect(await enqueueUnique(shard, '3', { rule })).toMatchObject({ id: '3', outcome: 'enqueued' });
    await shard.settle(first, succeeded());
    expect(await enqueueUnique(shard, '4', { rule })).toMatchObject({ id: '3', outcome: 'duplicate' });
  });

  test('keeps keys of different jobs and different keys apart', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1');
    expect(await enqueueUnique(shard, '2', { job: 'b' })).toMatchObject({ outcome: 'enqueued' });
    expect(await enqueueUnique(shard, '3', { key: 'other' })).toMatchObject({ outcome: 'enqueued' });
  });

  test('answers a call that was sent again as it answered the first time, also when its run is over', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1');
    expect(await enqueueUnique(shard, '2')).toMatchObject({ outcome: 'duplicate' });
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await enqueueUnique(shard, '1')).toEqual({ id: '1', outcome: 'enqueued' });
    expect(await enqueueUnique(shard, '2')).toEqual({ id: '1', outcome: 'duplicate' });
    expect(await shard.connection.hkeys(shard.shard.key('runs'))).toEqual([]);
  });

  test('makes a run with an own id once, whatever its key', async () => {
    const shard = await open();
    await enqueueUnique(shard, 'own', { ids: 'own' });
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await enqueueUnique(shard, 'own', { ids: 'own' })).toEqual({ id: 'own', outcome: 'duplicate' });
    expect(await enqueueUnique(shard, 'next', { ids: 'own' })).toMatchObject({ outcome: 'enqueued' });
  });
});

describe('mode throttle', () => {
  const rule = { mode: 'throttle' as const, forMs: 1_000 };

  test('makes one run in each while, and answers with it also when it has ended', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule });
    await shard.settle(await shard.claimOne(), succeeded());
    shard.clock.now = START + 999;
    expect(await enqueueUnique(shard, '2', { rule })).toEqual({ id: '1', outcome: 'duplicate' });
    shard.clock.now = START + 1_000;
    expect(await enqueueUnique(shard, '3', { rule })).toEqual({ id: '3', outcome: 'enqueued' });
  });

  test('leaves nothing behind once its while is over', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule });
    const ttl = await shard.connection.pttl(shard.shard.key('throttle:a|k'));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(1_000);
    expect(await keyHolders(shard)).toEqual({});
  });
});

describe('mode debounce', () => {
  const rule = { mode: 'debounce' as const, forMs: 1_000, maxWaitMs: 2_500 };
  const at = (shard: TestShard, ms: number): void => {
    shard.clock.now = START + ms;
  };

  test('starts one run a while after the last enqueue, with its payload', async () => {
    const shard = await open();
    expect(await enqueueUnique(shard, '1', { rule, payload: 1 })).toEqual({ id: '1', outcome: 'enqueued' });
    at(shard, 900);
    expect(await enqueueUnique(shard, '2', { rule, payload: 2 })).toEqual({ id: '1', outcome: 'moved' });
    at(shard, 1_899);
    expect(await shard.claimIds()).toEqual([]);
    at(shard, 1_900);
    const { run } = await shard.claimOne();
    expect(run).toMatchObject({ id: '1', payloadJson: '2', fireTime: START + 1_900 });
  });

  test('waits no longer than maxWait after the first enqueue', async () => {
    const shard = await open();
    for (const ms of [0, 900, 1_800, 2_400]) {
      at(shard, ms);
      await enqueueUnique(shard, `r${String(ms)}`, { rule, payload: ms });
    }
    at(shard, 2_499);
    expect(await shard.claimIds()).toEqual([]);
    at(shard, 2_500);
    expect((await shard.claimOne()).run).toMatchObject({ id: 'r0', payloadJson: '2400' });
  });

  test('gives a run whose time is over the new payload, and begins another one beside a run that has started', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule, payload: 1 });
    at(shard, 1_000);
    await shard.runs.promote(10);
    expect(await enqueueUnique(shard, '2', { rule, payload: 2 })).toEqual({ id: '1', outcome: 'replaced' });
    expect((await shard.claimOne()).run).toMatchObject({ id: '1', payloadJson: '2' });
    expect(await enqueueUnique(shard, '3', { rule, payload: 3 })).toEqual({ id: '3', outcome: 'enqueued' });
    at(shard, 2_000);
    expect(await shard.claimIds()).toEqual(['3']);
  });
});

describe('mode replace', () => {
  const rule = { mode: 'replace' as const };

  test('gives a run that has not started the new payload, and leaves it where it was', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule, payload: 1 });
    await shard.enqueue('a', ['behind']);
    expect(await enqueueUnique(shard, '2', { rule, payload: 2 })).toEqual({ id: '1', outcome: 'replaced' });
    const { attempts } = await shard.claim({ want: 5 });
    expect(attempts.map(({ run }) => [run.id, run.payloadJson])).toEqual([
      ['1', '2'],
      ['behind', 'null'],
    ]);
  });

  test('keeps the delay of a waiting run, and takes it to the queue of the new one', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule, delayMs: 1_000 });
    await enqueueUnique(shard, '2', { rule, queue: 'other', payload: 2 });
    shard.clock.now = START + 1_000;
    expect(await shard.claimIds()).toEqual([]);
    expect((await shard.claimOne({ queues: ['other'] })).run).toMatchObject({ id: '1', payloadJson: '2' });
  });

  test('takes a ready run to the lane of its new limit keys', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule, keys: '|t~x' });
    await enqueueUnique(shard, '2', { rule, keys: '|t~y' });
    const { attempts } = await shard.claim({ want: 5 });
    expect(attempts.map(({ run }) => [run.id, run.keys])).toEqual([['1', '|t~y']]);
    expect(await shard.connection.keys(shard.shard.key('lane:*'))).toEqual([]);
  });

  test('makes the next run behind one that runs, at most one, and lets it go when that one is over', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule, payload: 1 });
    const first = await shard.claimOne();
    expect(await enqueueUnique(shard, '2', { rule, payload: 2 })).toEqual({ id: '2', outcome: 'enqueued' });
    expect(await enqueueUnique(shard, '3', { rule, payload: 3 })).toEqual({ id: '2', outcome: 'replaced' });
    expect(await shard.claimIds()).toEqual([]);
    expect(await shard.history.live('2')).toMatchObject({ state: 'waiting', heldBy: { runs: ['1'] } });
    await shard.settle(first, succeeded());
    const second = await shard.claimOne();
    expect(second.run).toMatchObject({ id: '2', payloadJson: '3' });
    await shard.settle(second, succeeded());
    expect(await keyHolders(shard)).toEqual({});
  });

  test('minds the delay of a run that was held behind another one', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule });
    const first = await shard.claimOne();
    await enqueueUnique(shard, '2', { rule, delayMs: 1_000 });
    await shard.settle(first, succeeded());
    expect(await shard.claimIds()).toEqual([]);
    shard.clock.now = START + 1_000;
    expect(await shard.claimIds()).toEqual(['2']);
  });

  test('leaves a run alone that is to be tried again: its attempts may have noted something', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1', { rule, payload: 1 });
    await shard.settle(await shard.claimOne(), retrying(1_000));
    expect(await enqueueUnique(shard, '2', { rule, payload: 2 })).toEqual({ id: '2', outcome: 'enqueued' });
    shard.clock.now = START + 1_000;
    const again = await shard.claimOne();
    expect(again.run).toMatchObject({ id: '1', payloadJson: '1' });
    await shard.settle(again, succeeded());
    expect(await shard.claimIds()).toEqual(['2']);
  });
});

describe('a dead letter that is made again', () => {
  async function makeLetter(shard: TestShard) {
    await enqueueUnique(shard, '1');
    await shard.settle(await shard.claimOne(), dead());
    const letter = await shard.history.finished('1');
    if (!letter) throw new Error('there is no dead letter');
    return letter;
  }

  test('has its key again', async () => {
    const shard = await open();
    expect(await shard.runs.redrive(await makeLetter(shard), 'again', KEEP_ALL)).toEqual({ heldBy: undefined });
    expect(await enqueueUnique(shard, '2')).toEqual({ id: 'again', outcome: 'duplicate' });
  });

  test('is refused while another run has its key, and stays a dead letter', async () => {
    const shard = await open();
    const letter = await makeLetter(shard);
    await enqueueUnique(shard, '2');
    const before = await shard.dump();
    expect(await shard.runs.redrive(letter, 'again', KEEP_ALL)).toEqual({ heldBy: '2' });
    expect(await shard.dump()).toEqual(before);
  });

  test('so is a run that has succeeded', async () => {
    const shard = await open();
    await enqueueUnique(shard, '1');
    await shard.settle(await shard.claimOne(), succeeded());
    const done = await shard.history.finished('1');
    if (!done) throw new Error('there is no record');
    expect(await shard.runs.redrive(done, 'again', KEEP_ALL)).toEqual({ heldBy: undefined });
    expect(await shard.runs.redrive(done, 'third', KEEP_ALL)).toEqual({ heldBy: 'again' });
  });
});
