import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { seededChance } from '../support/seeded.ts';
import { eventually } from '../support/eventually.ts';
import { openFleet } from './fleet.ts';
import { judgeEnqueued } from './judgement.ts';
import { report, untilFinished } from './waits.ts';

const RUNS = 1_000;
const WORKERS = 10;

test('of 1,000 runs none is lost and only those of killed workers are repeated, when all ten workers go at half-time', async () => {
  const chance = seededChance();
  const fleet = await openFleet({
    redis: await startRedis({ persistence: 'aof' }),
    jobs: [{ name: 'work', forMs: [30, 250] }],
    drainMs: 1_000,
    concurrency: 4,
  });
  const { client, jobs, assertRest } = fleet.observer;
  await client.apply(jobs);
  await Promise.all([fleet.start('scheduler'), fleet.start('worker', WORKERS)]);
  // One in twenty outlasts the drain, so that there is something to hand back.
  const payloads = Array.from({ length: RUNS }, (_, i) => (i % 20 === 0 ? { forMs: 4_000 } : null));
  const ids = await client.enqueueMany('work', payloads);

  await untilFinished(fleet, RUNS / 2);
  const workers = chance.shuffle(fleet.up('worker'));
  const [killed, told] = [workers.slice(0, WORKERS / 2), workers.slice(WORKERS / 2)];
  const [ends] = await Promise.all([Promise.all(told.map(fleet.terminate)), Promise.all(killed.map(fleet.kill))]);
  await fleet.start('worker', 4);
  await untilFinished(fleet, RUNS, 60_000);
  await eventually(assertRest);

  const { findings, repeated, handedBack } = await judgeEnqueued(fleet, ids);
  report(
    `seed ${String(chance.seed)}: ${String(RUNS)} runs, ${String(repeated)} repeated, ${String(handedBack)} handed back, ` +
      `findings ${String(findings.length)}`,
  );
  expect(findings).toEqual([]);
  expect(ends.map(({ code }) => code)).toEqual(told.map(() => 0));
  expect(repeated).toBeGreaterThan(0);
  expect(handedBack).toBeGreaterThan(0);
});
