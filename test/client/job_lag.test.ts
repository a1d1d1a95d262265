import { describe, expect, test } from 'vitest';
import { createLagMemory, type Watched } from '../../src/client/job_lag.ts';
import { startRedis } from '../support/redis.ts';
import { firing, MINUTE, openAsLeader, readSchedule, termsOf } from '../support/stored_schedules.ts';
import { START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

async function open(...names: string[]) {
  const shard = await openAsLeader(redis, ...names);
  const watch = async (job: string, lastStart: number | undefined, overdue?: number): Promise<Watched> => ({
    job,
    lastFired: (await readSchedule(shard, job))?.last,
    lastStart,
    overdue,
  });
  return {
    ...shard,
    watch,
    async fire(job: string) {
      const schedule = await readSchedule(shard, job);
      if (schedule === undefined) throw new Error(`no schedule ${job}`);
      expect(await shard.schedules.fire(termsOf(shard.epoch), [firing(schedule)])).toEqual([true]);
    },
    memory: () => createLagMemory(shard),
  };
}

describe('the lag of a job', () => {
  test('counts from the oldest run that waits, also for a reader that has just begun', async () => {
    const shard = await open('poll');
    for (let i = 0; i < 5; i += 1) await shard.fire('poll');
    const now = START + 10 * MINUTE;
    expect(await shard.memory().read([await shard.watch('poll', undefined)], now)).toEqual(
      new Map([['poll', 10 * MINUTE]]),
    );
    await shard.claimOne();
    await shard.claimOne();
    const lag = await shard.memory().read([await shard.watch('poll', START)], now);
    expect(lag.get('poll')).toBe(8 * MINUTE);
  });

  test('follows the runs as they start, and ends with the last of them', async () => {
    const shard = await open('poll');
    const memory = shard.memory();
    const now = START + 10 * MINUTE;
    await shard.fire('poll');
    await shard.fire('poll');
    const read = async (lastStart: number | undefined): Promise<number | undefined> =>
      (await memory.read([await shard.watch('poll', lastStart)], now)).get('poll');
    expect(await read(undefined)).toBe(10 * MINUTE);
    await shard.fire('poll');
    expect(await read(undefined)).toBe(10 * MINUTE);
    await shard.settle(await shard.claimOne(), succeeded());
    expect(await read(START)).toBe(9 * MINUTE);
    await shard.claimOne();
    await shard.claimOne();
    expect(await read(START)).toBe(0);
    expect(await read(now)).toBe(0);
  });

  test('is that of a fire time which the scheduler has not come to, where no run waits', async () => {
    const shard = await open('poll');
    const watched = await shard.watch('poll', undefined, START);
    expect(await shard.memory().read([watched], START + 90_000)).toEqual(new Map([['poll', 90_000]]));
    expect(await shard.memory().read([{ ...watched, overdue: undefined }], START + 90_000)).toEqual(
      new Map([['poll', 0]]),
    );
  });

  test('does not count a run that waits for another attempt: it has started', async () => {
    const shard = await open('poll');
    await shard.fire('poll');
    await shard.claimOne();
    expect(await shard.memory().read([await shard.watch('poll', undefined)], START + MINUTE)).toEqual(
      new Map([['poll', 0]]),
    );
  });

  test('of very many late jobs takes a few calls, and is right for each from one reading to the next', async () => {
    const names = Array.from({ length: 1_500 }, (_, i) => `j${String(i)}`);
    const shard = await open(...names);
    for (const _ of [1, 2]) for (const name of names) await shard.fire(name);
    const watched = names.map((job) => ({ job, lastFired: START + MINUTE, lastStart: undefined, overdue: undefined }));
    const memory = shard.memory();
    const now = START + 5 * MINUTE;
    const counts = [];
    for (let reading = 0; reading < 15; reading += 1) {
      const lags = [...(await memory.read(watched, now)).values()];
      expect(Math.min(...lags)).toBeGreaterThanOrEqual(4 * MINUTE);
      counts.push(lags.filter((lag) => lag === 5 * MINUTE).length);
    }
    expect(counts[0]).toBe(100);
    expect(counts.at(-1)).toBe(1_500);
  });
});
