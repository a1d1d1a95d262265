import { expect, test } from 'vitest';
import { create, entry } from '../support/entries.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

test('an outlook has the schedules that will fire, put together, with queues, durations, calendars and live pools', async () => {
  const poll = job('poll', { queue: 'polling', schedule: { cron: '0 3 1 1 *', maxRuns: 9 } });
  const engine = await openEngine({
    target: redis.target,
    config: { shards: 2 },
    jobs: [poll, job('mail', { run: () => 'sent' }), job('ended', { schedule: { at: '2020-01-01T00:00:00Z' } })],
  });
  const { client } = engine;
  await create(
    engine,
    entry('a', { payload: { user: 1 } }),
    entry('b', { payload: { user: 2 }, tags: ['vip'] }),
    entry('c', { schedule: { cron: '0 4 * * *' } }),
    entry('paused'),
  );
  await client.schedules.pause(['poll:paused'], { by: 'ada', note: 'not now' });
  await client.calendars.save('holidays', { y: ['12-25'] });
  await engine.startWorker({ concurrency: 7, queues: ['default', 'polling'] });
  const worker = await engine.startWorker({
    concurrency: 4,
    queues: ['default'],
    jobs: [job('mail', { run: () => 'sent' })],
  });
  expect(worker).toBeDefined();
  const id = await client.enqueue('mail');
  await engine.hears('run.finished', ({ run }) => run === id);

  const outlook = await client.outlook.read();
  expect(outlook.own).toEqual([{ job: 'poll', id: 'poll', count: 1, rule: { c: '0 3 1 1 *', mr: 9 } }]);
  const dynamic = outlook.dynamic
    .map(({ rule, count }) => [rule.c, count])
    .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
  expect(dynamic).toEqual([
    ['0 3 1 1 *', 2],
    ['0 4 * * *', 1],
  ]);
  expect(new Map([...outlook.queues].toSorted((a, b) => (String(a) < String(b) ? -1 : 1)))).toEqual(
    new Map([
      ['ended', 'default'],
      ['mail', 'default'],
      ['poll', 'polling'],
    ]),
  );
  expect([...outlook.meanDurationMs.keys()]).toEqual(['mail']);
  expect(outlook.meanDurationMs.get('mail')).toBeGreaterThanOrEqual(0);
  expect(outlook.meanDurationMs.get('mail')).toBeLessThan(5_000);
  expect(outlook.calendars).toEqual(new Map([['holidays', { y: ['12-25'] }]]));
  expect(outlook.livePools).toEqual([{ name: 'default', queues: ['default', 'polling'], slots: 11 }]);
});
