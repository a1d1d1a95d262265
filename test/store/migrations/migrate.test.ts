import { describe, expect, test } from 'vitest';
import { BelfryError } from '../../../src/core/errors.ts';
import { judgeFormats, meetShards } from '../../../src/store/formats.ts';
import { bringUp } from '../../../src/store/migrations/bring_up.ts';
import { migrateShard } from '../../../src/store/migrations/migrate.ts';
import type { Migration } from '../../../src/store/migrations/migration.ts';
import { createEngine, openEngine, type Engine } from '../../support/engine.ts';
import { startRedis } from '../../support/redis.ts';

const redis = await startRedis();
const NAMES = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`);

/** Writes each field of the hash `letters` in capitals, ten in a slice. */
const CAPITALS: Migration = {
  to: 2,
  says: 'capitals',
  oldest: 1,
  async plan({ connection, key }, cursor) {
    const from = Number(cursor === '' ? 0 : cursor);
    const part = NAMES.slice(from, from + 10);
    const values = await connection.hmget(key('letters'), ...part);
    const changes = part.map((field, i) => ({
      key: 'letters',
      field,
      before: values[i] ?? undefined,
      after: values[i]?.toUpperCase(),
    }));
    return { changes, next: from + 10 < NAMES.length ? String(from + 10) : undefined };
  },
};
const migrations = [CAPITALS];

async function openState() {
  const engine = await openEngine({ target: redis.target });
  const { store } = engine;
  const { shard } = store.shards[0] as (typeof store.shards)[number];
  await shard.connection.hset(
    shard.key('letters'),
    Object.fromEntries(NAMES.map((name) => [name, `value of ${name}`])),
  );
  const formatOf = async (): Promise<number> => (await meetShards([shard]))[0]?.format ?? -1;
  const letters = () => shard.connection.hgetall(shard.key('letters'));
  return { engine, shard, formatOf, letters };
}

const CAPITAL = Object.fromEntries(NAMES.map((name) => [name, `VALUE OF ${name.toUpperCase()}`]));

describe('a migration that older code could not work beside', () => {
  const breaking = [{ ...CAPITALS, oldest: 2 }];
  const worker = { id: 'w', pool: 'p', host: 'h', pid: 7, version: '0.1.0', queues: ['*'], jobs: 0, code: 'c' };
  const beats = { ...worker, slots: 1, busy: 0, startedAt: 0, state: 'running' as const };

  test('is refused while a process of an older release lives, and changes nothing', async () => {
    const { engine, letters, formatOf } = await openState();
    await engine.store.workers.beat(beats, 60_000);
    const options = { holder: 'a', migrations: breaking, events: engine.events };
    await expect(bringUp(engine.store, options)).rejects.toThrow(
      '1 live process could not work on state of the new format: pid 7 on h',
    );
    expect(await formatOf()).toBe(1);
    expect(await letters()).not.toEqual(CAPITAL);
    await engine.store.workers.remove('w');
    expect(await bringUp(engine.store, options)).toMatchObject([{ state: 'done', from: 1, to: 2 }]);
    expect(await letters()).toEqual(CAPITAL);
  });

  test('goes on beside processes that know the new format, and one that older code can read beside all', async () => {
    const { engine } = await openState();
    await engine.store.workers.beat({ ...beats, format: 2 }, 60_000);
    const options = { holder: 'a', migrations: breaking, events: engine.events };
    expect(await bringUp(engine.store, options)).toMatchObject([{ to: 2 }]);
    const other = await openState();
    await other.engine.store.workers.beat(beats, 60_000);
    expect(await bringUp(other.engine.store, { ...options, migrations })).toMatchObject([{ to: 2 }]);
  });
});

describe('a migration', () => {
  test('runs once, in slices, and leaves the new format', async () => {
    const { shard, formatOf, letters } = await openState();
    const sizes: number[] = [];
    const onSlice = ({ changes }: { changes: unknown[] }): void => void sizes.push(changes.length);
    expect(await migrateShard(shard, 1, { holder: 'a', migrations, onSlice })).toEqual({
      state: 'done',
      shard: 0,
      from: 1,
      to: 2,
      changed: 25,
    });
    expect(sizes).toEqual([10, 10, 5]);
    expect(await letters()).toEqual(CAPITAL);
    expect(await formatOf()).toBe(2);
    expect(await migrateShard(shard, 1, { holder: 'b', migrations, onSlice })).toMatchObject({ changed: 0 });
    expect(sizes).toHaveLength(3);
  });

  test('goes on where a process that died has left off, when its time is over', async () => {
    const { shard, formatOf, letters } = await openState();
    let slices = 0;
    const dies = migrateShard(shard, 1, {
      holder: 'dying',
      migrations,
      onSlice: () => {
        slices += 1;
        if (slices === 2) throw new Error('killed');
      },
    });
    await expect(dies).rejects.toThrow('killed');
    expect(await migrateShard(shard, 1, { holder: 'b', migrations })).toMatchObject({ state: 'busy' });
    await shard.connection.hset(shard.key('meta'), 'migration_until', '1');
    const cursors: string[] = [];
    const plan: Migration['plan'] = (of, cursor) => {
      cursors.push(cursor);
      return CAPITALS.plan(of, cursor);
    };
    const outcome = await migrateShard(shard, 1, { holder: 'b', migrations: [{ ...CAPITALS, plan }] });
    expect(outcome).toMatchObject({ state: 'done', changed: 15 });
    expect(cursors).toEqual(['10', '20']);
    expect(await letters()).toEqual(CAPITAL);
    expect(await formatOf()).toBe(2);
  });

  test('is held by one of many processes at once', async () => {
    const { shard, letters } = await openState();
    const holders = ['a', 'b', 'c', 'd'];
    const outcomes = await Promise.all(holders.map((holder) => migrateShard(shard, 1, { holder, migrations })));
    expect(outcomes.filter((outcome) => outcome.state === 'done' && outcome.changed === 25)).toHaveLength(1);
    expect(await letters()).toEqual(CAPITAL);
  });

  test('refuses what a process sends that was taken for dead, and never ends twice', async () => {
    const { shard, formatOf, letters } = await openState();
    let isSlow = true;
    const slow: Migration = {
      ...CAPITALS,
      async plan(of, cursor) {
        const slice = await CAPITALS.plan(of, cursor);
        if (isSlow) {
          isSlow = false;
          await shard.connection.hset(shard.key('meta'), 'migration_until', '1');
          expect(await migrateShard(shard, 1, { holder: 'quick', migrations })).toMatchObject({ changed: 25 });
        }
        return slice;
      },
    };
    expect(await migrateShard(shard, 1, { holder: 'slow', migrations: [slow] })).toMatchObject({ state: 'busy' });
    expect(await letters()).toEqual(CAPITAL);
    expect(await formatOf()).toBe(2);
  });

  test('does not overwrite what somebody changes beside it: the slice is read again', async () => {
    const { shard, letters } = await openState();
    let looks = 0;
    const onSlice = (): void => void (looks += 1);
    const raced: Migration = {
      ...CAPITALS,
      async plan(of, cursor) {
        const slice = await CAPITALS.plan(of, cursor);
        if (looks === 0) await shard.connection.hset(shard.key('letters'), 'n03', 'newer');
        return slice;
      },
    };
    await migrateShard(shard, 1, { holder: 'a', migrations: [raced], onSlice });
    expect(looks).toBe(4);
    expect(await letters()).toEqual({ ...CAPITAL, n03: 'NEWER' });
  });
});

test('the number of shards is fixed by whoever comes first, also when several come at once', async () => {
  const counts = [2, 3, 2, 3];
  const engines = await Promise.all(
    counts.map((shards) => createEngine({ target: redis.target, namespace: 'race', config: { shards } })),
  );
  const outcomes = await Promise.allSettled(engines.map((engine) => engine.connect()));
  const [{ store }] = engines as [Engine];
  const fixed = Number(await store.connection.hget('{race:0}:meta', 'shards'));
  expect(counts).toContain(fixed);
  expect(outcomes.map(({ status }) => status)).toEqual(
    counts.map((shards) => (shards === fixed ? 'fulfilled' : 'rejected')),
  );
});

describe('the format of the state', () => {
  test('is noted at first contact, and is 0 where something older than the first note is there', async () => {
    const { store } = await openEngine({ target: redis.target, config: { shards: 2 } });
    const shards = store.shards.map(({ shard }) => shard);
    expect(await meetShards(shards)).toEqual([
      { shard: 0, format: 1, oldest: 1 },
      { shard: 1, format: 1, oldest: 1 },
    ]);
    const [first, second] = shards as [(typeof shards)[number], (typeof shards)[number]];
    await first.connection.hdel(first.key('meta'), 'format', 'oldest');
    await second.connection.hdel(second.key('meta'), 'format', 'oldest');
    await first.connection.hset(first.key('jobs'), 'a', '{}');
    expect(await meetShards(shards)).toMatchObject([{ format: 0 }, { format: 0 }]);
  });

  test('of a shard that has lost its note with everything else is what its processes know', async () => {
    const { store } = await openEngine({ target: redis.target });
    const { shard } = store.shards[0] as (typeof store.shards)[number];
    await shard.connection.del(shard.key('meta'));
    await shard.connection.hset(shard.key('jobs'), 'a', '{}');
    expect(await meetShards([shard], 1)).toEqual([{ shard: 0, format: 1, oldest: 1 }]);
  });

  test.each<[string, { format: number; oldest: number }, number, 'current' | 'older' | 'refused']>([
    ['the same', { format: 1, oldest: 1 }, 1, 'current'],
    ['older', { format: 1, oldest: 1 }, 2, 'older'],
    ['newer, and readable: a downgrade goes on', { format: 3, oldest: 2 }, 2, 'current'],
    ['newer, and not readable: a downgrade is refused', { format: 3, oldest: 3 }, 2, 'refused'],
  ])('is judged: %s', (_, stored, own, expected) => {
    const judge = (): string => judgeFormats([{ shard: 0, ...stored }], own);
    if (expected !== 'refused') {
      expect(judge()).toBe(expected);
      return;
    }
    expect(judge).toThrow(BelfryError);
    expect(judge).toThrow(
      'the state in Redis has format 3, which needs code of format 3 at least; this Belfry knows 2',
    );
  });
});
