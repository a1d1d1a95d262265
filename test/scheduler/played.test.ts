import { describe, expect, test } from 'vitest';
import { createCalendarStore } from '../../src/store/calendars.ts';
import { playSchedule, type PlayedSchedule } from '../support/played_schedule.ts';
import { startRedis } from '../support/redis.ts';
import { MINUTE, readSchedule } from '../support/stored_schedules.ts';
import { dead, START } from '../support/test_shard.ts';

const redis = await startRedis();

/** Passes at each of these instants, counted from START in ms. */
async function tickAt(play: PlayedSchedule, ...offsets: number[]): Promise<void> {
  for (const offset of offsets) {
    play.clock.now = START + offset;
    await play.tick();
  }
}

const running = async (play: PlayedSchedule): Promise<number[]> =>
  (await play.liveRuns()).map(([at]) => (at - START) / MINUTE);
const runAt = (minute: number): string => `a@${String(START + minute * MINUTE)}`;
const words = async (play: PlayedSchedule): Promise<string[]> =>
  (await play.history.ledger('a', 99))
    .toReversed()
    .map(({ word, count }) => (count === 1 ? word : `${word} ${String(count)}`));

describe('a schedule that pauses on failure', () => {
  test('is paused with the reason once so many runs in a row are dead letters, and goes on when it is resumed', async () => {
    const play = await playSchedule(redis, { c: '* * * * *', pf: 2 });
    await tickAt(play, 0);
    await play.end(runAt(0), dead());
    await tickAt(play, MINUTE);
    await play.end(runAt(1), dead());
    await tickAt(play, 2 * MINUTE, 3 * MINUTE);
    expect(await readSchedule(play, 'a')).toMatchObject({ state: 'paused', revision: 2, next: START + 2 * MINUTE });
    expect(await play.schedules.pauseNotes(['a'])).toMatchObject([{ by: 'belfry', at: START + 2 * MINUTE }]);
    expect(await play.schedules.dueTimes(['a'])).toEqual([undefined]);
    expect(await running(play)).toEqual([]);
    await play.resume();
    await tickAt(play, 4 * MINUTE);
    expect(await running(play)).toEqual([4]);
    expect(await words(play)).toEqual(['fired', 'fired', 'skipped(paused) 2', 'fired']);
  });

  test('is not paused while a success lies between', async () => {
    const play = await playSchedule(redis, { c: '* * * * *', pf: 2 });
    for (const [minute, settlement] of [dead(), undefined, dead()].entries()) {
      await tickAt(play, minute * MINUTE);
      await play.end(runAt(minute), settlement);
    }
    await tickAt(play, 3 * MINUTE);
    expect(await running(play)).toEqual([3]);
  });
});

describe('a fixed delay', () => {
  const DELAY = { f: 90_000 };

  test('fires so long after the end of each run, however long that takes', async () => {
    const play = await playSchedule(redis, DELAY);
    await tickAt(play, 0, 10 * MINUTE);
    await play.end(runAt(0));
    await tickAt(play, 11 * MINUTE);
    expect(await running(play)).toEqual([]);
    await tickAt(play, 11.5 * MINUTE);
    expect(await running(play)).toEqual([11.5]);
    expect(await words(play)).toEqual(['fired', 'fired']);
  });

  test('that was paused and resumed while its run lived goes on at its end, as one whose run ended in the pause', async () => {
    for (const ends of ['after', 'in'] as const) {
      const play = await playSchedule(redis, DELAY);
      await tickAt(play, 0, 1_000);
      await play.pause();
      if (ends === 'in') await play.end(runAt(0));
      await tickAt(play, 20 * MINUTE);
      expect(await readSchedule(play, 'a')).toMatchObject({ state: 'paused' });
      await play.resume();
      await tickAt(play, 20 * MINUTE);
      if (ends === 'after') await play.end(runAt(0));
      await tickAt(play, 20 * MINUTE + 1, 22 * MINUTE);
      expect(await running(play)).toHaveLength(1);
    }
  });

  test('ends after as many runs as it may make', async () => {
    const play = await playSchedule(redis, { ...DELAY, mr: 2 });
    await tickAt(play, 0);
    await play.end(runAt(0));
    await tickAt(play, 1.5 * MINUTE);
    await play.end(runAt(1.5));
    await tickAt(play, 60 * MINUTE);
    expect(await running(play)).toEqual([]);
    expect(await readSchedule(play, 'a')).toMatchObject({ next: 0, made: 2 });
    expect(Object.keys(await play.dump())).not.toContain('followers');
  });
});

test('a schedule that is deleted after its last run waits until none of its runs is held', async () => {
  const play = await playSchedule(redis, { c: '* * * * *', o: 'buffer-all', mr: 2, al: 'delete' });
  await tickAt(play, 0, MINUTE);
  expect(await readSchedule(play, 'a')).toMatchObject({ next: 0, made: 2 });
  await play.end(runAt(0));
  await play.end(runAt(1));
  await tickAt(play, 5 * MINUTE);
  expect(await play.schedules.read(['a'])).toEqual([undefined]);
});

test('a calendar that has changed is read before the next plan', async () => {
  const play = await playSchedule(redis, { c: '* * * * *', x: ['off'] });
  const calendars = createCalendarStore(play.shard);
  await calendars.save(new Map([['off', { c: '1-2 * * * *' }]]));
  await tickAt(play, 0);
  expect((await readSchedule(play, 'a'))?.next).toBe(START + 3 * MINUTE);
  await calendars.save(new Map([['off', { c: '4-5 * * * *' }]]));
  await tickAt(play, 3 * MINUTE);
  expect((await readSchedule(play, 'a'))?.next).toBe(START + 6 * MINUTE);
});

test('a calendar that is not known takes the schedule out, with the reason', async () => {
  const play = await playSchedule(redis, { c: '* * * * *', x: ['off'] });
  await tickAt(play, 0);
  expect((await play.schedules.quarantined()).get('a')).toContain('off');
  expect(await play.schedules.dueTimes(['a'])).toEqual([undefined]);
});

test('a freeze that is said between the reading and the commit of a plan keeps it from firing', async () => {
  const play = await playSchedule(redis, { c: '* * * * *' });
  const { fire } = play.schedules;
  play.schedules.fire = async (...args) => {
    play.schedules.fire = fire;
    await play.freeze(START + MINUTE);
    return fire(...args);
  };
  await tickAt(play, 0);
  expect(await running(play)).toEqual([]);
  expect(await words(play)).toEqual(['skipped(freeze)']);
});
