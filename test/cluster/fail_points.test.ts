import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { finishedRuns } from '../support/journal.ts';
import { makePlace, runBelfry } from '../support/belfry_process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { BOTH_MOMENTS, describePoint, doom, doomVariables, pointsOf, type FailPoint } from './doom.ts';
import { OF_LEADERS, OF_WORKERS, type OfApplication } from './fail_points/tables.ts';
import { openFleet, type Fleet, type FleetJob } from './fleet.ts';
import { judgeEnqueued, judgeFireTimes } from './judgement.ts';
import { report, untilSettled, untilStarted } from './waits.ts';

const LEASE_MS = 2_000;

async function untilEnded({ journal }: Fleet, ids: readonly string[]): Promise<void> {
  await eventually(
    () => {
      const finished = finishedRuns(journal.read());
      const open = ids.filter((id) => !finished.has(id));
      if (open.length > 0) throw new Error(`have not ended: ${open.join(', ')}`);
    },
    { timeoutMs: 40_000, everyMs: 20 },
  );
}

test('a worker that dies in the middle of any call loses no run and repeats none that it had not begun', async () => {
  const redis = await startRedis({ persistence: 'aof' });
  const limits = [{ key: 'partner:{partner}', concurrency: 3, rate: '100/1s' }];
  const jobs: FleetJob[] = [{ name: 'work', forMs: [20, 200], limits }];
  const fleet = await openFleet({ redis, jobs, runLeaseMs: LEASE_MS, concurrency: 4 });
  const { client, assertRest } = fleet.observer;
  await client.apply(fleet.observer.jobs);
  await fleet.start('scheduler');
  const ids: string[] = [];
  const points = pointsOf(OF_WORKERS);
  for (const point of points) {
    // One outlasts the first renewal of its lease.
    const payloads = Array.from({ length: 8 }, (_, i) => ({ partner: i % 2, ...(i === 0 ? { forMs: 1_200 } : {}) }));
    const own = await client.enqueueMany('work', payloads);
    ids.push(...own);
    await doom(fleet, 'worker', point);
    const [heir] = await fleet.start('worker');
    await untilEnded(fleet, own);
    if (heir) expect(await fleet.terminate(heir)).toMatchObject({ code: 0 });
  }
  await eventually(assertRest);
  const { findings, repeated } = await judgeEnqueued(fleet, ids);
  report(
    `${points.map(describePoint).join(', ')}: ${String(ids.length)} runs, ${String(repeated)} repeated, findings ${String(findings.length)}`,
  );
  expect(findings).toEqual([]);
}, 400_000);

const scheduled: FleetJob[] = [
  { name: 'each', schedule: { every: '1s', overlap: 'allow' }, forMs: [0, 300] },
  { name: 'alone', schedule: { every: '2s', overlap: 'skip' }, forMs: [0, 300] },
  { name: 'rested', schedule: { every: '3s', overlap: 'allow', catchUp: 'all' }, forMs: [0, 300] },
];
const unscheduled: FleetJob[] = [
  { name: 'parent', forMs: [0, 50] },
  { name: 'child', after: { jobs: ['parent'] }, forMs: [0, 50] },
  { name: 'late', forMs: [0, 50] },
  { name: 'moved', schedule: { every: '1s', overlap: 'allow' }, forMs: [0, 50] },
];

/** What makes a leader call the script soon; answers the runs that it has enqueued. */
const OCCASIONS: Record<string, (fleet: Fleet) => Promise<string[]>> = {
  save_jobs: forget,
  save_schedules: forget,
  promote: async ({ observer }) => [await observer.client.enqueue('late', null, { delay: '500ms' })],
  reap: loseRun,
  backfill_fire: backfill,
  receive: async ({ observer }) => [await observer.client.enqueue('parent')],
  delivered: async ({ observer }) => [await observer.client.enqueue('parent')],
};

/** Kills the worker of a run. */
async function loseRun(fleet: Fleet): Promise<string[]> {
  const run = await fleet.observer.client.enqueue('late', { forMs: 2_000 });
  const { pid } = await eventually(() => {
    const start = fleet.journal.read().find((line) => line.run === run);
    if (start === undefined) throw new Error(`${run} has not started`);
    return start;
  });
  const victim = fleet.up('worker').find((worker) => worker.pid === pid);
  if (victim) await fleet.kill(victim);
  await fleet.start('worker');
  return [run];
}

/** Six fire times of an hour ago. */
async function backfill({ observer: { client } }: Fleet): Promise<string[]> {
  const to = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000;
  await client.backfills.start({
    schedule: 'each',
    from: to - 6_000,
    to,
    overlap: 'allow',
    rate: '600/1m',
    by: 'a test',
  });
  return [];
}

/** Redis forgets a job and its schedule, so that whoever starts next has something to register. */
async function forget({ observer: { client, jobs } }: Fleet): Promise<string[]> {
  await client.apply(jobs.filter(({ name }) => name !== 'moved'));
  return [];
}

test('a leader that dies in the middle of any call leaves every fire time with one verdict, and every run once', async () => {
  const redis = await startRedis({ persistence: 'aof' });
  const fleet = await openFleet({
    redis,
    jobs: [...scheduled, ...unscheduled],
    leaderTtlMs: 1_500,
    runLeaseMs: LEASE_MS,
  });
  const { client } = fleet.observer;
  await client.apply(fleet.observer.jobs);
  const from = Date.now();
  await fleet.start('worker', 2);
  const points = pointsOf(OF_LEADERS);
  const asked: string[] = [];
  for (const point of points) {
    asked.push(...((await OCCASIONS[point.script]?.(fleet)) ?? []));
    await doom(fleet, 'scheduler', point);
  }
  await fleet.start('scheduler');
  await untilStarted(fleet, 10);
  const until = Date.now();
  await eventually(async () => expect(await client.backfills.list()).toEqual([]), { timeoutMs: 60_000 });
  await untilSettled(fleet, until);

  const { findings, fireTimes, runs } = await judgeFireTimes(fleet, { jobs: scheduled, from, until });
  report(
    `${points.map(describePoint).join(', ')}: ${String(fireTimes)} fire times, ${String(runs)} runs, findings ${String(findings.length)}`,
  );
  expect(findings).toEqual([]);
  const own = fleet.journal.read().filter(({ run }) => asked.includes(run));
  expect((await judgeEnqueued(fleet, asked, own)).findings).toEqual([]);
  expectOnce(fleet, from);
}, 400_000);

/** What nobody has named the runs of: those that come after others, and backfilled fire times. */
function expectOnce({ journal }: Fleet, from: number): void {
  const ended = journal.read().filter(({ event }) => event === 'end');
  const runsOf = (name: string) => ended.filter(({ job }) => job === name).map(({ run }) => run);
  const backfilled = ended.filter(({ job, fireTime }) => job === 'each' && fireTime <= from).map(({ run }) => run);
  expect([...new Set(runsOf('child'))]).toEqual(runsOf('child'));
  expect(runsOf('child')).toHaveLength(runsOf('parent').length);
  expect([...new Set(backfilled)]).toEqual(backfilled);
  expect(backfilled).toHaveLength(12);
}

type Caller = { job: string; flags: string[]; again: 'nothing more' | 'one more' };

/** What an application calls: a command does the same, in a process of its own. */
const CALLERS: Record<OfApplication, (name: string) => Caller> = {
  enqueue: (name) => ({ job: 'work', flags: ['--id', name], again: 'nothing more' }),
  enqueue_unique: (name) => ({ job: 'work', flags: ['--unique-key', name], again: 'nothing more' }),
  trigger: () => ({ job: 'yearly', flags: ['--force'], again: 'one more' }),
};
const called: FleetJob[] = [
  { name: 'work', forMs: [0, 50] },
  { name: 'yearly', schedule: { cron: '0 0 1 1 *' }, forMs: [0, 50] },
];

test.each(Object.entries(CALLERS))(
  'an application that dies in the middle of %s has made one run or none',
  async (script, callerOf) => {
    const redis = await startRedis({ persistence: 'aof' });
    const fleet = await openFleet({ redis, jobs: called });
    const { client, jobs, assertRest } = fleet.observer;
    await client.apply(jobs);
    const listRuns = async () =>
      (await Promise.all(called.map(({ name }) => client.runs.list({ job: name, limit: 100 })))).flat();
    for (const moment of BOTH_MOMENTS) {
      const { length: before } = await listRuns();
      const { job, flags, again } = callerOf(`own-${moment}`);
      const words = ['jobs', 'run', job, ...flags];
      await expectDoomed(redis, words, { script, moment, nth: 1 });
      const made = moment === 'after' ? 1 : 0;
      expect(await listRuns()).toHaveLength(before + made);
      expect(await runBelfry(makePlace(), words, { REDIS_URL: redis.url })).toMatchObject({ code: 0 });
      expect(await listRuns()).toHaveLength(before + (again === 'one more' ? made + 1 : 1));
    }
    const ids = (await listRuns()).map(({ run }) => run.id);
    await Promise.all([fleet.start('scheduler'), fleet.start('worker')]);
    await untilEnded(fleet, ids);
    await eventually(assertRest);
    expect((await judgeEnqueued(fleet, ids)).findings).toEqual([]);
  },
);

async function expectDoomed(redis: TestRedis, words: string[], point: FailPoint): Promise<void> {
  const { code, stdout } = await runBelfry(makePlace(), words, { REDIS_URL: redis.url, ...doomVariables(point) });
  expect([code, stdout]).toEqual([null, expect.stringContaining(`fail point ${point.script} ${point.moment}`)]);
}
