import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { job, openEngine } from '../support/engine.ts';
import { startSentinels } from '../support/redis_sentinel.ts';

test('under Sentinel the system goes on after its primary was killed', async () => {
  const sentinels = await startSentinels();
  const jobs = [job('tick', { schedule: { cron: '* * * * * *', overlap: 'allow' } }), job('work')];
  const engine = await openEngine({ target: sentinels.target, jobs });
  let reconciled = 0;
  await engine.startScheduler(async () => {
    reconciled += 1;
    await engine.client.apply(jobs);
  });
  await engine.startWorker();
  await engine.hears('run.finished', ({ job: name }) => name === 'tick');
  const before = await engine.client.enqueue('work');
  await engine.hears('run.finished', ({ run }) => run === before);
  const reconciledBefore = reconciled;

  await sentinels.killPrimary();
  await engine.hears('redis.lost');
  await eventually(() => expect(reconciled).toBe(reconciledBefore + 1), { timeoutMs: 20_000 });
  const fired = engine.said('schedule.verdict').length;
  await eventually(() => expect(engine.said('schedule.verdict').length).toBeGreaterThan(fired + 1), {
    timeoutMs: 10_000,
  });
  const after = await engine.client.enqueue('work');
  await engine.hears('run.finished', ({ run, outcome }) => run === after && outcome === 'succeeded');
}, 60_000);
