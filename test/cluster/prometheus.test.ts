import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { jobFile } from '../support/belfry_process.ts';
import { eventually } from '../support/eventually.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus/server.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { openObserved, type Replica } from './observed.ts';
import { openObserver, type Observer } from './observer.ts';
import { report } from './waits.ts';

/**
 * The rules of the chart in a real Prometheus over a running system. Time passes twelve times faster for the rules: a
 * minute is 5 s, which a fail-over with a leader TTL of 1 s and two scrapes still fit into; what is compared stays as it is
 * shipped. Every phase lists all alerts that may fire, and no other may fire at any evaluation of the phase.
 */
const FACTOR = 12;
const SCRAPE_SECONDS = 2;
const RULES = fileURLToPath(new URL('../../charts/belfry/files/rules', import.meta.url));
const WAIT = { timeoutMs: 200_000, everyMs: 500 };

const WATCHDOG = 'BelfryWatchdog severity=none';
/** What the rule of a flapping lead counts: the changes that one and the same process was seen to tell of. */
const CHANGES = 'max(changes(belfry_shard_leader_since_timestamp_seconds[150s]))';
/** Fires until the changes of the lead are half an hour (150 s here) old, whatever happens meanwhile. */
const FLAPPING = 'BelfryLeaderFlapping severity=warning shard=0';

const JOBS = {
  'tick.ts': jobFile(`schedule: { every: '1s' }, queue: 'light', slo: { lag: '60s' }, run: () => null`),
  'heavy.ts': jobFile(`schedule: { every: '2s' }, queue: 'heavy', slo: { lag: '30s' }, run: () => null`),
  'hang.ts': jobFile(`queue: 'light', slo: { duration: '2s' }, run: ({ payload, signal }) =>
    payload === 'hang' && new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)))`),
};
const POOLS = {
  light: { queues: ['light'], concurrency: 4 },
  heavy: { queues: ['heavy'], concurrency: 4 },
};

let redis: TestRedis;
let prometheus: TestPrometheus;
let observer: Observer;
let schedulers: Replica[] = [];
let heavy: Replica[] = [];
let startedAt = 0;
/** Every alert that a phase has asked for. */
const named = new Set([WATCHDOG]);

beforeAll(async () => {
  redis = await startRedis({ persistence: 'aof' });
  prometheus = await startPrometheus({ rules: RULES, factor: FACTOR, scrapeSeconds: SCRAPE_SECONDS });
  const system = openObserved({ redis, prometheus, jobs: JOBS, pools: POOLS });
  observer = await openObserver(redis.url, `${system.folder}/jobs`);
  schedulers = [await system.add('scheduler'), await system.add('scheduler'), await system.add('scheduler')];
  await system.add('api');
  await system.add('worker', ['--pool', 'light']);
  heavy = [await system.add('worker', ['--pool', 'heavy']), await system.add('worker', ['--pool', 'heavy'])];
  await observer.client.enqueue('hang', 'once'); // it has succeeded before
}, 120_000);

/** Waits until exactly these fire, with the watchdog, and the ones that an earlier phase has left. */
async function checkFiring(expected: readonly string[], left: readonly string[] = []): Promise<void> {
  await eventually(async () => {
    const firing = await prometheus.firing();
    expect(firing.filter((alert) => !left.includes(alert) || expected.includes(alert))).toEqual(
      [WATCHDOG, ...expected].toSorted(),
    );
  }, WAIT);
}

type Phase = {
  alerts: readonly string[];
  /** May still fire from an earlier phase. */
  left?: readonly string[];
  cause: () => Promise<void> | void;
  mend: () => Promise<void> | void;
};

/** Breaks something, sees the alerts fire, mends it, sees them resolved, and asks whether any other fired meanwhile. */
async function checkPhase({ alerts, left = [], cause, mend }: Phase): Promise<void> {
  const since = Date.now();
  for (const alert of alerts) named.add(alert);
  await cause();
  const broken = Date.now();
  await checkFiring(alerts, left);
  const fired = Date.now();
  await mend();
  await checkFiring([], left);
  report(`${alerts.join(', ')}: fired after ${seconds(fired - broken)}, resolved after ${seconds(Date.now() - fired)}`);
  const all = await prometheus.firedSince(since);
  expect(all.filter((alert) => !left.includes(alert) || alerts.includes(alert))).toEqual(
    [WATCHDOG, ...alerts].toSorted(),
  );
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const leader = async (): Promise<Replica> =>
  eventually(
    async () => {
      const pid = await observer.leaderPid();
      const found = schedulers.find((one) => one.isUp() && one.process().pid === pid);
      if (found === undefined) throw new Error(`pid ${String(pid)} leads, which is no scheduler of this test`);
      return found;
    },
    { timeoutMs: 30_000, everyMs: 50 },
  );

describe('alerts of a running system', { timeout: 400_000 }, () => {
  test('a system that is well raises none but the watchdog', async () => {
    await eventually(async () => {
      expect({
        leaders: await prometheus.value('sum(belfry_scheduler_leader)'),
        processes: await prometheus.value('count(up == 1)'),
        pools: await prometheus.value('count(group by (pool) (belfry_workers))'),
      }).toEqual({ leaders: 1, processes: 7, pools: 2 });
    }, WAIT);
    startedAt = Date.now();
    expect(await prometheus.firing()).toEqual([WATCHDOG]);
  });

  test('leaders that end one after the other: the lead flaps', async () => {
    const since = Date.now();
    for (let change = 1; change <= 5; change += 1) {
      const before = await prometheus.value(CHANGES);
      const victim = await leader();
      await victim.end('SIGTERM');
      await victim.start();
      // A change counts once Prometheus has seen it: another one before that would be one and the same to it.
      await eventually(async () => {
        expect(await prometheus.value(CHANGES)).toBeGreaterThan(before ?? Infinity);
      }, WAIT);
    }
    await checkFiring([FLAPPING]);
    named.add(FLAPPING);
    expect(await prometheus.firedSince(since)).toEqual([FLAPPING, WATCHDOG]);
  });

  test('a pool without workers: its queue stands still and its job is late', async () => {
    await checkPhase({
      alerts: [
        'BelfryNoWorkers pool=heavy reason=pool_lost severity=critical',
        // What follows from it: the runs of the queue wait, all the longer the more the job of the queue is late.
        'BelfryJobLate job_name=heavy severity=warning',
        'BelfryQueueStalled queue=heavy reason=not_claimed severity=critical',
      ],
      left: [FLAPPING],
      cause: async () => void (await Promise.all(heavy.map((worker) => worker.end('SIGTERM')))),
      mend: async () => void (await Promise.all(heavy.map((worker) => worker.start()))),
    });
  });

  test('a job that hangs', async () => {
    let run = '';
    await checkPhase({
      alerts: ['BelfryJobStuck job_name=hang severity=warning'],
      left: [FLAPPING],
      cause: async () => void (run = await observer.client.enqueue('hang', 'hang')),
      mend: async () => void (await observer.client.runs.cancel(run)),
    });
  });

  test('a Redis that stands still', async () => {
    onTestFinished(redis.thaw);
    await checkPhase({
      alerts: ['BelfryRedisDown severity=critical'],
      left: [FLAPPING],
      cause: redis.freeze,
      mend: redis.thaw,
    });
  });

  test('the leader is killed, and those that would take over', async () => {
    await checkPhase({
      alerts: ['BelfryNoLeader reason=no_leader severity=critical shard=0'],
      left: [FLAPPING],
      async cause() {
        const first = await leader();
        const rest = schedulers.filter((one) => one !== first);
        await Promise.all([first, ...rest].map((one) => one.end('SIGKILL')));
      },
      mend: async () => void (await Promise.all(schedulers.map((one) => one.start()))),
    });
  });

  test('in the end all is well again, and nothing but what was named has ever fired', async () => {
    await checkFiring([]);
    expect(await prometheus.firedSince(startedAt)).toEqual([...named].toSorted());
  });
});
