import { defineJob } from 'belfry';
import { createTestBelfry, type TestBelfry, type TestBelfryOptions } from 'belfry/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function open(jobs: NonNullable<TestBelfryOptions['jobs']>, now = '2026-01-01T00:00:00Z'): Promise<TestBelfry> {
  const belfry = await createTestBelfry({ redis: redis.url, jobs, now });
  onTestFinished(() => belfry.close());
  return belfry;
}

const at = (iso: string): number => Date.parse(iso);
const noon = defineJob({ schedule: { cron: '0 12 * * *', timezone: 'UTC' }, run: ({ run }) => run.fireTime });
const often = defineJob({ schedule: { every: '10m', overlap: 'allow' }, run: () => 1 });

describe('advance', () => {
  test('fires what schedules name on the way, at the instants that they name', async () => {
    const belfry = await open({ noon, often: defineJob({ schedule: { every: '10m' }, run: () => 1 }) });
    await belfry.advance('11h 59m');
    expect((await belfry.drain()).map(({ job }) => job)).not.toContain('noon');
    await belfry.advance('1m');
    expect(belfry.now()).toBe(at('2026-01-01T12:00:00Z'));
    expect((await belfry.drain()).find(({ job }) => job === 'noon')).toMatchObject({
      schedule: 'noon',
      result: at('2026-01-01T12:00:00Z'),
    });
  });

  test('runs nothing, so a fire time is skipped while the run before it waits, as the overlap policy says', async () => {
    const skipping = defineJob({ schedule: { every: '10m', overlap: 'skip' }, run: () => 1 });
    const belfry = await open({ skipping, often });
    await belfry.advance('30m');
    const ran = (await belfry.drain()).map(({ job }) => job).sort();
    expect(ran).toEqual(['often', 'often', 'often', 'skipping']);
  });

  test('makes delayed runs ready, and ends those whose time is over', async () => {
    const belfry = await open({ mail: defineJob({ run: () => 1 }) });
    const late = await belfry.client.enqueue('mail', null, { deadline: '1m' });
    const delayed = await belfry.client.enqueue('mail', null, { delay: '1h' });
    await belfry.advance('59m');
    expect(await belfry.drain()).toEqual([]);
    expect(await belfry.client.runs.get(late)).toMatchObject({ state: 'cancelled', error: { name: 'Expired' } });
    await belfry.advance('1m');
    expect((await belfry.drain()).map(({ id }) => id)).toEqual([delayed]);
  });

  test('ages what Redis forgets by itself: a throttled key is free after its time', async () => {
    const unique = { key: 'ada', mode: 'throttle' as const, for: '1h' };
    const belfry = await open({ mail: defineJob({ run: () => 1 }) });
    const enqueue = () => belfry.client.enqueueTold('mail', null, { unique });
    await enqueue();
    await belfry.advance('59m');
    expect((await enqueue()).outcome).toBe('duplicate');
    await belfry.advance('2m');
    expect((await enqueue()).outcome).not.toBe('duplicate');
  });
});

describe('play', () => {
  test('runs everything when it gets ready: schedules, retries, rate limits', async () => {
    const seen: string[] = [];
    const belfry = await open({
      tick: defineJob({ schedule: { every: '10m' }, run: ({ run }) => void seen.push(`tick ${run.fireTime}`) }),
      flaky: defineJob({
        retry: { attempts: 3, backoff: { type: 'fixed', initial: '1m' } },
        run({ attempt }) {
          seen.push(`flaky ${attempt}`);
          if (attempt < 3) throw new Error('not yet');
        },
      }),
      slow: defineJob({ limits: [{ rate: '1/1m', burst: 1 }], run: () => void seen.push('slow') }),
    });
    await belfry.client.enqueue('flaky');
    await belfry.client.enqueueMany('slow', [null, null, null]);
    const ran = await belfry.play('20m');
    expect(seen.filter((what) => what.startsWith('flaky'))).toEqual(['flaky 1', 'flaky 2', 'flaky 3']);
    expect(seen.filter((what) => what.startsWith('tick'))).toEqual([
      `tick ${at('2026-01-01T00:10:00Z')}`,
      `tick ${at('2026-01-01T00:20:00Z')}`,
    ]);
    expect(seen.filter((what) => what === 'slow')).toHaveLength(3);
    expect(ran).toHaveLength(8);
    expect(belfry.now()).toBe(at('2026-01-01T00:20:00Z'));
  });
});

describe('freeze', () => {
  test.each(['2025-06-01T11:00:00Z', '2027-06-01T11:00:00Z'])(
    'to %s has schedules choose their next fire time from there, and fires nothing in between',
    async (instant) => {
      const belfry = await open({ noon });
      await belfry.freeze(instant);
      expect(belfry.now()).toBe(at(instant));
      expect(await belfry.drain()).toEqual([]);
      await belfry.advance('1h');
      expect(await belfry.drain()).toMatchObject([{ job: 'noon', fireTime: at(instant) + 3_600_000 }]);
    },
  );

  test('begins at an instant with its offset only', async () => {
    const belfry = await open({ noon });
    await expect(belfry.freeze('2026-01-01')).rejects.toMatchObject({ code: 'BAD_USAGE' });
    await belfry.freeze('2026-01-01T12:00:00+02:00');
    expect(belfry.now()).toBe(at('2026-01-01T10:00:00Z'));
  });
});
