import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { openFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { judgeEnqueued } from './judgement.ts';
import { report, untilFinished } from './waits.ts';
import type { BelfryProcess } from '../support/processes.ts';

const OTHERS = 1_200;

test('a run that kills its worker is a dead letter after three crashes, and the runs beside it are not', async () => {
  const fleet = await openFleet({
    redis: await startRedis({ persistence: 'aof' }),
    jobs: [
      { name: 'poison', forMs: [0, 0], manner: 'deadly' },
      { name: 'work', forMs: [30, 100] },
    ],
    runLeaseMs: 2_000,
    concurrency: 4,
  });
  const { client, jobs, assertRest } = fleet.observer;
  await client.apply(jobs);
  const [, workers] = await Promise.all([fleet.start('scheduler'), fleet.start('worker', 2)]);
  const { deaths, end } = superviseAll(fleet, workers);
  const others = await client.enqueueMany('work', new Array<null>(OTHERS).fill(null));
  const poison = await client.enqueue('poison');

  const { state, error } = await eventually(
    async () => {
      const view = await client.runs.get(poison);
      if (view.kind !== 'finished') throw new Error(`the poison is ${view.state}`);
      return view;
    },
    { timeoutMs: 60_000 },
  );
  await untilFinished(fleet, OTHERS, 60_000);
  await eventually(assertRest);
  end();

  const lines = fleet.journal.read();
  const { findings, repeated } = await judgeEnqueued(
    fleet,
    others,
    lines.filter(({ job }) => job === 'work'),
  );
  report(
    `${String(deaths.length)} deaths, ${String(repeated)} of ${String(OTHERS)} others repeated, findings ${String(findings.length)}`,
  );
  expect(state).toBe('dead');
  expect(error?.code).toBe('ATTEMPT_CRASHED');
  expect(lines.filter(({ run }) => run === poison).map(({ event, attempt }) => `${event} ${String(attempt)}`)).toEqual([
    'start 1',
    'start 2',
    'start 3',
  ]);
  expect(deaths).toHaveLength(3);
  expect(findings).toEqual([]);
});

/** Puts another worker into the place of each that dies, until it is ended. */
function superviseAll(fleet: Fleet, workers: readonly BelfryProcess[]) {
  const deaths: number[] = [];
  let state: 'watching' | 'ended' = 'watching';
  const supervise = async (worker: BelfryProcess): Promise<void> => {
    const { at } = await worker.whenEnded();
    if (state === 'ended') return;
    deaths.push(worker.pid);
    fleet.note({ pid: worker.pid, kind: 'killed', from: at, to: at });
    for (const next of await fleet.start('worker')) void supervise(next);
  };
  for (const worker of workers) void supervise(worker);
  return { deaths, end: () => void (state = 'ended') };
}
