import { describe, expect, test } from 'vitest';
import { catchUpId, type Backfill } from '../../src/core/backfill.ts';
import { packHead } from '../../src/core/stored_schedule.ts';
import { startRedis } from '../support/redis.ts';
import { firing, MINUTE, readSchedule, storedSchedule, termsOf, openAsLeader } from '../support/stored_schedules.ts';
import { START } from '../support/test_shard.ts';

const redis = await startRedis();
const NOTE = { at: START, by: 'belfry', note: 'three dead letters in a row' };

const catchUp = (released = 0): Backfill => ({
  id: catchUpId('a', START - MINUTE),
  cursor: START - MINUTE,
  released,
  spec: {
    schedule: 'a',
    kind: 'catch-up',
    from: START - MINUTE,
    to: START,
    overlap: 'buffer-all',
    rate: [60, 60_000],
    ruleJson: '{"c":"* * * * *"}',
    at: START,
  },
});

describe('a commit', () => {
  test('under other freezes than it was planned with is stale as a whole, and changes nothing', async () => {
    const shard = await openAsLeader(redis, 'a', 'b');
    const entries = [firing(storedSchedule('a')), firing(storedSchedule('b'))];
    await shard.connection.set(shard.shard.key('freezes'), '[1]');
    const before = await shard.dump();
    expect(await shard.schedules.fire(termsOf(shard.epoch), entries)).toEqual([false, false]);
    expect(await shard.schedules.fire(termsOf(shard.epoch, { freezes: '[2]' }), entries)).toEqual([false, false]);
    expect(await shard.dump()).toEqual(before);
    expect(await shard.schedules.fire(termsOf(shard.epoch, { freezes: '[1]' }), entries)).toEqual([true, true]);
  });

  test('leaves missed fire times to be released, once', async () => {
    const shard = await openAsLeader(redis, 'a');
    await shard.schedules.fire(termsOf(shard.epoch), [firing(storedSchedule('a'), { catchUp: catchUp() })]);
    expect(await shard.backfills.list()).toEqual([catchUp()]);
    expect((await shard.backfills.due(9)).due).toMatchObject([{ backfill: catchUp(), state: 'active', live: 1 }]);
    const again = (await readSchedule(shard, 'a')) ?? storedSchedule('a');
    await shard.schedules.fire(termsOf(shard.epoch), [firing(again, { catchUp: catchUp(7) })]);
    expect(await shard.backfills.list()).toEqual([catchUp()]);
  });

  test('that pauses keeps the note, and one that lets it go on forgets it with the dead letters in a row', async () => {
    const shard = await openAsLeader(redis, 'a');
    await shard.connection.hset(shard.shard.key('failing'), 'a', 3, 'b', 1);
    const active = storedSchedule('a');
    const paused = { ...active, revision: 2, state: 'paused' as const };
    const pause = { fire: undefined, verdicts: '', due: undefined, newHead: packHead(paused), pause: NOTE };
    expect(await shard.schedules.fire(termsOf(shard.epoch), [firing(active, pause)])).toEqual([true]);
    expect(await readSchedule(shard, 'a')).toEqual(paused);
    expect(await shard.schedules.pauseNotes(['a', 'b'])).toEqual([NOTE, undefined]);
    expect(await shard.schedules.dueTimes(['a'])).toEqual([undefined]);
    expect(await shard.history.ledger('a', 9)).toEqual([]);

    const resumed = { ...active, revision: 3 };
    const resume = { newHead: packHead(resumed), pause: 'forget' as const };
    expect(await shard.schedules.fire(termsOf(shard.epoch), [firing(paused, resume)])).toEqual([true]);
    expect(await readSchedule(shard, 'a')).toEqual(resumed);
    expect(await shard.schedules.pauseNotes(['a'])).toEqual([undefined]);
    expect(await shard.connection.hgetall(shard.shard.key('failing'))).toEqual({ b: '1' });
  });

  test('that is the last one of a schedule removes it and all that is kept of it; its run stays', async () => {
    const shard = await openAsLeader(redis, 'a', 'b');
    await shard.connection.hset(shard.shard.key('failing'), 'a', 1);
    await shard.schedules.fire(termsOf(shard.epoch), [firing(storedSchedule('a'), { due: undefined, end: 'delete' })]);
    expect(await shard.schedules.read(['a'])).toEqual([undefined]);
    expect(await shard.schedules.dueTimes(['a', 'b'])).toEqual([undefined, START]);
    expect(await shard.connection.exists(shard.shard.key('failing'))).toBe(0);
    expect(await shard.claimIds({ want: 9 })).toEqual([`a@${String(START)}`]);
  });

  test('that is stale does nothing of what goes with it, while others in the call do', async () => {
    const shard = await openAsLeader(redis, 'a', 'b');
    const stale = firing(storedSchedule('a', { revision: 9 }), {
      fire: { fireTime: START, how: 'terminate' },
      catchUp: catchUp(),
      pause: NOTE,
      end: 'delete',
      afterRun: 'resume',
    });
    const held = firing(storedSchedule('b'), { fire: { fireTime: START, how: 'hold' } });
    expect(await shard.schedules.fire(termsOf(shard.epoch), [stale, held])).toEqual([false, true]);
    expect(await shard.schedules.read(['a'])).not.toEqual([undefined]);
    const dump = await shard.dump();
    expect(Object.keys(dump).filter((key) => /^(backfill|paused|followers|holds|history)/.test(key))).toEqual([]);
    expect(dump['runs']).toEqual({ [`b@${String(START)}`]: `${String(START)} b default 5 p1 0 0 0 null` });
  });
});
