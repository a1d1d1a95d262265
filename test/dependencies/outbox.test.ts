import { describe, expect, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { createCourier } from '../../src/scheduler/courier.ts';
import { createDependencyStore } from '../../src/store/dependencies.ts';
import { createOutboxStore } from '../../src/store/outbox.ts';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL, openTestShard, START, succeeded, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const LIMIT = { messages: 100, bytes: 1e6 };

type Posted = TestShard & { outbox: ReturnType<typeof createOutboxStore>; epoch: string };

/** A shard on which `child` comes after `parent`, both known to the workers. */
async function open(record = 'all 0000 default 5:child parent child default 5 p1 0 0 0 null'): Promise<Posted> {
  const shard = await openTestShard(redis);
  await shard.knows(['parent', 'child']);
  const dependencies = createDependencyStore(shard.shard);
  await dependencies.save({
    dependents: new Map([['parent', 'child 0 s']]),
    after: new Map([['child', record]]),
  });
  const { epoch } = await shard.leadership.take('leader', '{}');
  return { ...shard, outbox: createOutboxStore(shard.shard), epoch };
}

async function runParent({ enqueue, claimOne, settle }: TestShard, id: string): Promise<void> {
  await enqueue('parent', [id]);
  await settle(await claimOne(), succeeded());
}

const courierOf = (shard: Posted, receiver: Pick<Posted['outbox'], 'receive'> | undefined = shard.outbox) =>
  createCourier({ outbox: shard.outbox, inboxOf: () => receiver, events: createEventBus(), retention: KEEP_ALL });
const term = (shard: Posted) => ({ shard: 0, epoch: shard.epoch, primary: 'same' as const });
const readyRuns = ({ connection, shard }: TestShard) => connection.hlen(shard.key('runs'));

describe('the outbox of a shard', () => {
  test('gets one message for each end that somebody waits for, in the script that ends the run', async () => {
    const shard = await open();
    await runParent(shard, 'p1');
    const posts = await shard.outbox.read(LIMIT);
    expect(posts).toEqual([{ target: 0, messages: [`${String(START * 1_000)} a child parent`] }]);
    expect(await shard.runs.promote(10)).toMatchObject({ post: 'waits' });
  });

  test('gets nothing from a job that nobody comes after', async () => {
    const shard = await open();
    await shard.enqueue('child', ['c1']);
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await shard.outbox.read(LIMIT)).toEqual([]);
    expect(await shard.runs.promote(10)).toMatchObject({ post: 'none' });
  });

  test('is read in order, at most so many messages and so many bytes at a time', async () => {
    const shard = await open();
    for (const id of ['p1', 'p2', 'p3']) await runParent(shard, id);
    const [all] = await shard.outbox.read(LIMIT);
    expect(all?.messages.map((message) => Number(message.split(' ')[0]) - START * 1_000)).toEqual([0, 1, 2]);
    expect((await shard.outbox.read({ messages: 2, bytes: 1e6 }))[0]?.messages).toHaveLength(2);
    expect((await shard.outbox.read({ messages: 9, bytes: 1 }))[0]?.messages).toHaveLength(1);
  });

  test('is emptied of what was received and of no more, by the leader alone', async () => {
    const shard = await open();
    await runParent(shard, 'p1');
    const [post] = await shard.outbox.read(LIMIT);
    if (!post) throw new Error('there is no post');
    await runParent(shard, 'p2');
    expect(await shard.outbox.delivered('0', post)).toBe('fenced');
    expect(await shard.outbox.delivered(shard.epoch, post)).toBe(1);
    expect(await shard.outbox.delivered(shard.epoch, post)).toBe(1);
    const [rest] = await shard.outbox.read(LIMIT);
    expect(rest?.messages).toHaveLength(1);
  });
});

describe('a message', () => {
  test('that is delivered again changes nothing', async () => {
    const shard = await open();
    await runParent(shard, 'p1');
    const [post] = await shard.outbox.read(LIMIT);
    expect(await shard.outbox.receive(0, post?.messages ?? [], KEEP_ALL)).toMatchObject({ fresh: 1 });
    const before = await shard.dump();
    expect(await shard.outbox.receive(0, post?.messages ?? [], KEEP_ALL)).toMatchObject({ fresh: 0 });
    expect(await shard.dump()).toEqual(before);
    expect(await readyRuns(shard)).toBe(1);
  });

  test('of another shard has its own sequence', async () => {
    const shard = await open();
    const message = `${String(START * 1_000)} a child parent`;
    expect(await shard.outbox.receive(7, [message], KEEP_ALL)).toMatchObject({ fresh: 1 });
    expect(await shard.outbox.receive(8, [message], KEEP_ALL)).toMatchObject({ fresh: 1 });
    expect(await readyRuns(shard)).toBe(2);
  });

  test('for a job that comes after nobody any more is dropped', async () => {
    const shard = await open();
    await createDependencyStore(shard.shard).save({ dependents: new Map(), after: new Map() });
    expect(await shard.outbox.receive(0, ['1 a child parent'], KEEP_ALL)).toMatchObject({ fresh: 1 });
    expect(await readyRuns(shard)).toBe(0);
  });
});

describe('the courier', () => {
  test('delivers and forgets, so that the next round finds nothing', async () => {
    const shard = await open();
    await runParent(shard, 'p1');
    expect(await courierOf(shard).deliver(term(shard))).toBeGreaterThan(0);
    expect(await shard.outbox.read(LIMIT)).toEqual([]);
    expect(await readyRuns(shard)).toBe(1);
  });

  test('that dies between delivery and removal leaves the message to the next leader, and nothing happens twice', async () => {
    const shard = await open();
    await runParent(shard, 'p1');
    const { epoch } = await shard.leadership.take('another', '{}'); // its delivery is then fenced on removal
    await expect(courierOf(shard).deliver(term(shard))).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(await readyRuns(shard)).toBe(1);
    expect(await shard.outbox.read(LIMIT)).toHaveLength(1);
    await courierOf(shard).deliver({ ...term(shard), epoch });
    expect(await readyRuns(shard)).toBe(1);
    expect(await shard.outbox.read(LIMIT)).toEqual([]);
  });

  test('keeps the messages for a shard that cannot be reached', async () => {
    const shard = await open();
    await runParent(shard, 'p1');
    const broken = { receive: () => Promise.reject(new Error('gone')) };
    expect(await courierOf(shard, broken).deliver(term(shard))).toBeGreaterThan(0);
    expect(await shard.outbox.read(LIMIT)).toHaveLength(1);
    await courierOf(shard).deliver(term(shard));
    expect(await readyRuns(shard)).toBe(1);
  });
});
