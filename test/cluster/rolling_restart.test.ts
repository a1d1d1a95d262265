import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { openFleet } from './fleet.ts';
import { judgeEnqueued } from './judgement.ts';
import { report, untilBusy, untilFinished, untilLed, untilSaid, untilStarted } from './waits.ts';

/** For each worker that is restarted: more than the others can do meanwhile on a fast machine. */
const RUNS_EACH = 400;

test('a rolling restart of four workers under load loses nothing and repeats nothing', async () => {
  const fleet = await openFleet({
    redis: await startRedis({ persistence: 'aof' }),
    jobs: [{ name: 'work', forMs: [30, 250] }],
    concurrency: 6,
  });
  const { client, jobs, assertRest } = fleet.observer;
  await client.apply(jobs);
  const [, workers] = await Promise.all([fleet.start('scheduler'), fleet.start('worker', 4)]);
  const ids: string[] = [];

  for (const worker of workers) {
    ids.push(...(await client.enqueueMany('work', new Array<null>(RUNS_EACH).fill(null))));
    await untilBusy(fleet, worker);
    expect(await fleet.terminate(worker)).toMatchObject({ code: 0 });
    await fleet.start('worker');
  }
  await untilFinished(fleet, ids.length, 60_000);
  await eventually(assertRest);

  const { findings, repeated, handedBack } = await judgeEnqueued(fleet, ids);
  report(`${String(ids.length)} runs, findings ${String(findings.length)}`);
  expect({ findings, repeated, handedBack }).toEqual({ findings: [], repeated: 0, handedBack: 0 });
});

test('a leader that is told to stop hands over within a second', async () => {
  const fleet = await openFleet({
    redis: await startRedis({ persistence: 'aof' }),
    jobs: [{ name: 'each-second', schedule: { every: '1s' }, forMs: [0, 0] }],
    leaderTtlMs: 5_000,
  });
  await fleet.start('scheduler', 2);
  const leader = await untilLed(fleet);
  const since = Date.now();

  const { code } = await fleet.terminate(leader);
  const next = await untilLed(fleet, leader);

  await untilSaid(next, 'leader elected', since);
  const resignedAt = leader.said.find(({ event }) => event === 'leader lost')?.at ?? Number.NaN;
  const electedAt = next.said.find(({ event, at }) => event === 'leader elected' && at >= since)?.at ?? Number.NaN;
  report(`handed over in ${String(electedAt - resignedAt)} ms`);
  expect(code).toBe(0);
  expect(electedAt - resignedAt).toBeLessThanOrEqual(1_000);
});

test('a rolling restart of three schedulers, the leader each time, costs no fire time and makes none late', async () => {
  const fleet = await openFleet({
    redis: await startRedis({ persistence: 'aof' }),
    jobs: [{ name: 'each-second', schedule: { every: '1s', overlap: 'allow' }, forMs: [0, 0] }],
    leaderTtlMs: 5_000,
  });
  await fleet.start('worker');
  await fleet.start('scheduler', 3);
  let leader = await untilLed(fleet);
  await untilStarted(fleet, 2);

  for (let restarts = 0; restarts < 3; restarts += 1) {
    expect(await fleet.terminate(leader)).toMatchObject({ code: 0 });
    leader = await untilLed(fleet, leader);
    await fleet.start('scheduler');
    await untilStarted(fleet, 2);
  }

  const verdicts = (await fleet.observer.client.jobs.ledger('each-second', 1_000)).sort((a, b) => a.from - b.from);
  const starts = fleet.journal.read().filter(({ event }) => event === 'start');
  const gaps = verdicts.slice(1).filter(({ from }, i) => from - (verdicts[i]?.to ?? 0) !== 1_000);
  report(
    `${String(verdicts.length)} fire times, last lag ${String((starts.at(-1)?.at ?? 0) - (starts.at(-1)?.fireTime ?? 0))} ms`,
  );
  expect(gaps).toEqual([]);
  expect(new Set(verdicts.map(({ word }) => word))).toEqual(new Set(['fired']));
  expect(new Set(starts.map(({ fireTime }) => fireTime)).size).toBe(starts.length);
});
