import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackExtras } from '../../src/core/extras.ts';
import { laneOf } from '../../src/core/run.ts';
import { startRedis } from '../support/redis.ts';
import {
  dead,
  KEEP_ALL,
  LEASE_MS,
  openTestShard,
  retrying,
  START,
  succeeded,
  type TestShard,
} from '../support/test_shard.ts';

const redis = await startRedis();

const note = (shard: TestShard, { run, token }: { run: { id: string }; token: string }, field: string, value = '1') =>
  shard.runs.setNote({ id: run.id, token }, { field, value, most: 3 });

async function open() {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  await shard.enqueue('a', ['r'], { payload: { text: 'a b "ü"\n' }, priority: 7 });
  return { shard, attempt: await shard.claimOne() };
}

const ttl = (shard: TestShard, id: string) => shard.connection.pttl(shard.shard.key(`notes:${id}`));

describe('a note of an attempt', () => {
  test('is there for the next attempt, which is told so by the run', async () => {
    const { shard, attempt } = await open();
    expect(await note(shard, attempt, 'checkpoint', '{"row":7}')).toBe('noted');
    expect(await note(shard, attempt, 'once:mail', '')).toBe('noted');
    await shard.settle(attempt, retrying(0));
    const again = await shard.claimOne();
    expect(again.run).toEqual({ ...attempt.run, extras: 'n=1', attempts: 1, failures: 1 });
    expect(await shard.runs.notes('r')).toEqual({ checkpoint: '{"row":7}', 'once:mail': '' });
  });

  test('is there after the attempt was handed back, which does not count it', async () => {
    const { shard, attempt } = await open();
    await note(shard, attempt, 'checkpoint', '7');
    await shard.settle(attempt, { outcome: 'released' });
    expect((await shard.claimOne()).run).toMatchObject({ extras: 'n=1', attempts: 0 });
    expect(await ttl(shard, 'r')).toBe(-1);
  });

  test('is refused once another attempt holds the run, or nobody', async () => {
    const { shard, attempt } = await open();
    await shard.settle(attempt, retrying(0));
    const before = await shard.dump();
    expect(await note(shard, attempt, 'checkpoint')).toBe('fenced');
    expect(await shard.dump()).toEqual(before);
    const next = await shard.claimOne();
    expect(await note(shard, attempt, 'checkpoint')).toBe('fenced');
    expect(await note(shard, next, 'checkpoint')).toBe('noted');
    await shard.settle(next, succeeded());
    expect(await note(shard, next, 'checkpoint')).toBe('fenced');
  });

  test('is refused above the most that a run may have, except in place of an older one', async () => {
    const { shard, attempt } = await open();
    for (const field of ['1', '2', '3']) expect(await note(shard, attempt, field)).toBe('noted');
    expect(await note(shard, attempt, '4')).toBe('full');
    expect(await note(shard, attempt, '3', 'new')).toBe('noted');
    expect(await shard.runs.notes('r')).toEqual({ 1: '1', 2: '1', 3: 'new' });
  });

  test.each([
    ['succeeds', succeeded()],
    ['is cancelled', { outcome: 'cancelled', bodyJson: '', logged: false } as const],
  ])('goes when its run %s', async (_how, settlement) => {
    const { shard, attempt } = await open();
    await note(shard, attempt, 'checkpoint');
    await shard.settle(attempt, settlement);
    expect(await shard.runs.notes('r')).toEqual({});
  });

  test('goes when its run is cancelled while it waits', async () => {
    const { shard, attempt } = await open();
    await note(shard, attempt, 'checkpoint');
    await shard.settle(attempt, retrying(60_000));
    expect(await shard.runs.cancel('r', '', KEEP_ALL)).toEqual({ answer: 'cancelled' });
    expect(await shard.runs.notes('r')).toEqual({});
  });

  test('of a dead letter goes over to the run that it is made into', async () => {
    const { shard, attempt } = await open();
    await note(shard, attempt, 'once:mail', '"sent"');
    await shard.settle(attempt, dead());
    expect(await ttl(shard, 'r')).toBeGreaterThan(29 * 86_400_000);
    const letter = await shard.history.finished('r');
    if (!letter) throw new Error('the letter is not kept');
    await shard.runs.redrive(letter, 'again', KEEP_ALL);
    const next = await shard.claimOne();
    expect(unpackExtras(next.run.extras)).toEqual({ notes: '1', origin: 'r' });
    expect(await shard.runs.notes('again')).toEqual({ 'once:mail': '"sent"' });
    expect(await ttl(shard, 'again')).toBe(-1);
    expect(await shard.runs.notes('r')).toEqual({});
    // A second redrive knows the first origin.
    await shard.settle(next, dead());
    const second = await shard.history.finished('again');
    if (!second) throw new Error('the second letter is not kept');
    await shard.runs.redrive(second, 'thrice', KEEP_ALL);
    expect(unpackExtras((await shard.claimOne()).run.extras).origin).toBe('r');
  });

  test('is not taken over by a run that is made from one that has succeeded', async () => {
    const { shard, attempt } = await open();
    await note(shard, attempt, 'once:mail');
    await shard.settle(attempt, succeeded());
    const finished = await shard.history.finished('r');
    if (!finished) throw new Error('the run is not kept');
    expect(finished.run.extras).toBe('n=1');
    await shard.runs.redrive(finished, 'again', KEEP_ALL);
    expect((await shard.claimOne()).run.extras).toBe('');
  });

  test('outlives a worker that dies', async () => {
    const { shard, attempt } = await open();
    const { epoch } = await shard.leadership.take('leader', '{}');
    await note(shard, attempt, 'checkpoint', '7');
    shard.clock.now = START + LEASE_MS + 1;
    const settlement = {
      outcome: 'retrying',
      delayMs: 0,
      attempts: 1,
      failures: 0,
      crashes: 1,
      bodyJson: '{}',
    } as const;
    expect(await shard.runs.reap(epoch, [{ id: 'r', token: attempt.token, settlement }], KEEP_ALL)).toEqual([true]);
    expect((await shard.claimOne()).run).toMatchObject({ extras: 'n=1', crashes: 1 });
    expect(await shard.runs.notes('r')).toEqual({ checkpoint: '7' });
  });
});

test('the mark of a note leaves the rest of any run as it is, its lane too', async () => {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  const runs = fc.record({
    id: fc.stringMatching(/^[\w./:+@-]{1,40}$/),
    keys: fc.constantFrom('', '|a1b2c~partner:x', '|a1b2c~partner:x|d~account:%2B1'),
    extras: fc.constantFrom('', 'd=99999999999999', 'u=a%20b;t=00-1'),
    payload: fc.jsonValue(),
  });
  const seen = new Set<string>();
  const property = fc.asyncProperty(runs, async ({ id, keys, extras, payload }) => {
    if (seen.has(id)) return;
    seen.add(id);
    await shard.enqueue('a', [id], { keys, extras, payload });
    const attempt = await shard.claimOne();
    await note(shard, attempt, 'checkpoint');
    await shard.settle(attempt, { outcome: 'released' });
    const again = await shard.claimOne();
    const marked = { ...unpackExtras(extras), notes: '1' };
    expect({ ...again.run, extras: unpackExtras(again.run.extras) }).toEqual({ ...attempt.run, extras: marked });
    expect(laneOf('a', again.run.priority, again.run.keys)).toBe(laneOf('a', 5, keys));
    await shard.settle(again, dead());
    const letter = await shard.history.finished(id);
    if (!letter) throw new Error('the letter is not kept');
    await shard.runs.redrive(letter, `new-${id}`, KEEP_ALL);
    const redriven = await shard.claimOne();
    expect(unpackExtras(redriven.run.extras)).toMatchObject({ ...marked, origin: id });
    await shard.settle(redriven, succeeded());
  });
  await fc.assert(property, { numRuns: 60 });
});
