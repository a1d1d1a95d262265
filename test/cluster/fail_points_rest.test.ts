import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { makePlace, runBelfry } from '../support/belfry_process.ts';
import type { BelfryProcess } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { describePoint, doom, doomVariables, pointsOf, type FailPoint } from './doom.ts';
import { provoke } from './fail_points/provoke.ts';
import { OF_DUTIES, OF_HANDLERS, OF_RESTARTS } from './fail_points/tables.ts';
import { openFleet, type Fleet, type FleetJob } from './fleet.ts';
import { judgeEnqueued } from './judgement.ts';
import { supervise } from './supervisor.ts';
import { report, untilSaid } from './waits.ts';

const LIMIT = { timeout: 200_000 };
const short = { forMs: [0, 50] } satisfies Partial<FleetJob>;

const ofHandlers: FleetJob[] = [
  { name: 'thorough', forMs: [200, 400], manner: 'thorough' },
  { name: 'child', ...short },
  { name: 'member', ...short },
  { name: 'last', ...short },
];

test(
  'a worker that dies while a handler logs, keeps a checkpoint, spawns or adds to a batch leaves nothing out and nothing twice',
  LIMIT,
  async () => {
    const redis = await startRedis({ persistence: 'aof' });
    const fleet = await openFleet({ redis, jobs: ofHandlers, runLeaseMs: 5_000, concurrency: 1 });
    const { client, jobs, assertRest } = fleet.observer;
    await client.apply(jobs);
    await fleet.start('scheduler');
    const points = pointsOf(OF_HANDLERS);
    const { id, runs } = await client.batches.create({
      runs: points.map(() => ({ job: 'thorough' })),
      callbacks: { complete: { job: 'last' } },
    });
    const doomed = await Promise.all(points.map((point) => doom(fleet, 'worker', point)));
    await fleet.start('worker', 2);
    const batch = await eventually(
      async () => {
        const now = await client.batches.get(id);
        expect(now.state).toBe('done');
        return now;
      },
      { timeoutMs: 60_000 },
    );
    await eventually(assertRest);

    const lines = fleet.journal.read();
    const own = (job: string) => lines.filter((line) => line.job === job);
    const idsOf = (job: string) => [...new Set(own(job).map(({ run }) => run))];
    const { findings, repeated } = await judgeEnqueued(fleet, runs, own('thorough'));
    report(`${points.map(describePoint).join(', ')}: ${String(repeated)} of ${String(runs.length)} runs repeated`);
    expect(findings).toEqual([]);
    const others = ['child', 'member', 'last'].flatMap(idsOf);
    expect(
      (
        await judgeEnqueued(
          fleet,
          others,
          lines.filter(({ job }) => job !== 'thorough'),
        )
      ).findings,
    ).toEqual([]);
    expect(batch).toMatchObject({ total: 2 * runs.length, succeeded: 2 * runs.length, dead: 0, cancelled: 0 });
    const counts = ['child', 'member', 'last'].map((job) => idsOf(job).length);
    expect(counts).toEqual([runs.length, runs.length, 1]);
    expectCheckpoint(fleet, points, doomed);
  },
);

/** What the attempt after the death finds: a checkpoint that was sent is there, one that was not is not. */
function expectCheckpoint({ journal }: Fleet, points: readonly FailPoint[], doomed: readonly BelfryProcess[]): void {
  const starts = journal.read().filter(({ event, job }) => event === 'start' && job === 'thorough');
  const found = points.flatMap(({ script, moment }, i) => {
    if (script !== 'set_note') return [];
    const died = starts.find(({ pid }) => pid === doomed[i]?.pid);
    const next = starts.find(({ run, attempt }) => run === died?.run && attempt === died.attempt + 1);
    return [[moment, died?.checkpointed === 'nothing' ? next?.checkpointed : 'another one was there']];
  });
  expect(found).toEqual([
    ['before', 'nothing'],
    ['after', 1],
  ]);
}

const ofDuties: FleetJob[] = [
  { name: 'each', schedule: { every: '1s', overlap: 'allow' }, ...short },
  { name: 'work', ...short },
  { name: 'cancelled', queue: 'nowhere', ...short },
  { name: 'redriven', queue: 'nowhere', ...short },
  { name: 'mortal', queue: 'nowhere', ...short },
  { name: 'delayed', queue: 'nowhere', schedule: { afterCompletion: '1s' }, ...short },
];

test('a leader that dies in the middle of any duty leaves it to the next, which does it once', LIMIT, async () => {
  const redis = await startRedis({ persistence: 'aof' });
  const pools = { default: { queues: ['default'], concurrency: 4 } };
  const fleet = await openFleet({ redis, jobs: ofDuties, pools, leaderTtlMs: 1_000, runLeaseMs: 2_000 });
  const { client, jobs, assertRest, store } = fleet.observer;
  await client.apply(jobs);
  await fleet.start('worker');
  const asked = await client.enqueueMany('work', [1, 2]);
  const points = pointsOf(OF_DUTIES);
  const provoked = provoke(fleet);
  for (const point of points) {
    await provoked.occasion(point.script);
    await doom(fleet, 'scheduler', point, async (doomed) => {
      if (point.script !== 'resign') return;
      await untilSaid(doomed, 'leader elected', 0);
      doomed.send('SIGTERM');
    });
  }
  const [last] = await fleet.start('scheduler');
  if (last === undefined) throw new Error('no scheduler was started');
  await untilSaid(last, 'leader elected', 0);
  const { bulk, limits, quarantined } = await provoked.untilOver();
  report(`${points.map(describePoint).join(', ')}: ${JSON.stringify(bulk)}`);

  expect({ limits, quarantined }).toEqual({ limits: [], quarantined: ['work:after', 'work:before'] });
  expect(bulk.cancelled).toEqual({ done: provoked.counts.bulk_live, runs: provoked.counts.bulk_live });
  expect(bulk.redriven).toEqual({ done: provoked.counts.bulk_letters, runs: provoked.counts.bulk_letters });
  expect(bulk.again.runs).toBe(asked.length + bulk.again.done);
  expect(await provoked.expired()).toEqual(provoked.counts.expire_runs);
  // What it has pruned, it has taken off the account once.
  const records = await store.shard.connection.lrange(store.shard.key('history:work'), 0, -1);
  const bytes = Number(await store.shard.connection.hget(store.shard.key('history_bytes'), 'work'));
  expect(records.filter((record) => record.includes(' ancient'))).toEqual([]);
  expect(bytes).toBe(records.reduce((sum, record) => sum + Buffer.byteLength(record), 0));
  // A fixed delay goes on from the end of its one run.
  const delayed = (await client.runs.list({ job: 'delayed' })).filter(({ kind }) => kind === 'live');
  expect(delayed).toHaveLength(1);
  const ran = fleet.journal.read().filter(({ job }) => job === 'work');
  expect((await judgeEnqueued(fleet, [...new Set(ran.map(({ run }) => run))], ran)).findings).toEqual([]);
  await provoked.clear();
  await eventually(assertRest);
});

test('a restart in waves whose driver dies is gone on with, and each worker restarts once', LIMIT, async () => {
  const redis = await startRedis({ persistence: 'aof' });
  const fleet = await openFleet({ redis, jobs: [{ name: 'work', ...short }] });
  const { client, jobs, store } = fleet.observer;
  await client.apply(jobs);
  const supervisor = supervise(fleet, 'blue');
  await supervisor.start(2);
  supervisor.deploy('green');
  const statuses: unknown[] = [];
  const words = ['workers', 'restart', '--max-unavailable', '1'];
  const driven = async (more: string[], variables = {}) => {
    // The driver that died keeps the restart for a while: that while is over.
    if ((await client.workers.lastRestart()) !== undefined) {
      await store.shard.connection.hset(store.shard.key('restart'), 'until', '0');
    }
    return runBelfry(makePlace(), [...words, ...more], { REDIS_URL: redis.url, ...variables });
  };
  for (const nth of [1, OF_RESTARTS['save_restart'] ?? 0]) {
    for (const moment of ['before', 'after'] as const) {
      const { code } = await driven([], doomVariables({ script: 'save_restart', moment, nth }));
      const last = await client.workers.lastRestart();
      const told = last?.members.filter(({ toldAt }) => toldAt !== undefined).length;
      statuses.push([code, last?.status, told]);
    }
  }
  expect(statuses).toEqual([
    [null, undefined, undefined],
    [null, 'running', 0],
    [null, 'running', 0],
    [null, 'running', 1],
  ]);
  expect(await driven([])).toMatchObject({ code: 1 });
  expect(await driven(['--resume'])).toMatchObject({ code: 0 });
  expect(await client.workers.lastRestart()).toMatchObject({ status: 'done' });
  expect(supervisor.started.map(({ deployment }) => deployment)).toEqual(['blue', 'blue', 'green', 'green']);
  supervisor.stop();
});
