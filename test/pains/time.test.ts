import { expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

test('a fire time that comes while the process is blocked is fired late, and only once', async () => {
  const engine = await openEngine({ target: redis.target });
  await engine.startScheduler();
  await engine.hears('tick.done');
  const at = systemClock.now() + 700;
  await engine.client.apply([job('nightly', { schedule: { at: new Date(at).toISOString() } })]);
  // Longer than a renewal and a third of the TTL: it gives its term up, and leads again under another epoch.
  const blockedUntil = systemClock.monotonic() + 1_300;
  while (systemClock.monotonic() < blockedUntil);
  const { fireTime, lagMs } = await engine.hears('schedule.verdict');
  expect(fireTime).toBe(at);
  expect(lagMs).toBeGreaterThan(300);
  expect(await engine.hears('leader.lost')).toMatchObject({ reason: 'the event loop stalled' });
  expect((await engine.client.runs.list({ job: 'nightly', limit: 9 })).map(({ run }) => run.id)).toEqual([
    `nightly@${String(at)}`,
  ]);
});
