// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { withTroupe } from '../troupe.mjs';

/** @typedef {import('../subject.mjs').SystemName} SystemName */

const MILLION = 1_000_000;
/** BullMQ adds a few thousand a second; its rate and its bytes are taken from fewer. */
const COUNT = { belfry: MILLION, bullmq: 20_000 };
const PERIOD_MS = 60_000;
const ROUNDS = 10;
/** Once a minute each, spread evenly over the minute. */
const SPEC = { every: '1m', window: '1m' };
/** BullMQ's schedulers know no spread; far from now, so that none fires while it is weighed. */
const FAR = { pattern: '0 3 1 1 *', first: Date.now(), last: Date.now() + 3 * 366 * 86_400_000 };

/** Processes start, connect and compile before the idle minute. */
const START_MS = 20_000;
const IDLE_MS = 60_000;
/** Creating a million takes about this long; the first round waits for it. */
const CREATE_MS = 60_000;
/** After the last due time: Belfry drops nothing, so its last run is waited for. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;
const CONCURRENCY = 500;

/** A million schedules are put in through the client. @type {import('../run_case.mjs').Case} */
export const schedules1mCreate = {
  figures: [
    { name: 'schedules-1m-create', unit: 'schedules/s', better: 'higher' },
    { name: 'schedules-1m-bytes', unit: 'bytes', better: 'lower' },
  ],
  mostRuns: { bullmq: 1 },
  measure: ({ system }) =>
    withTroupe(system, async ({ redis, actor }) => {
      const count = COUNT[system];
      const bytesBefore = await redis.usedBytes();
      const cpuBefore = await redis.cpuSeconds();
      const producer = await actor();
      const { seconds, cpuSeconds } =
        system === 'belfry'
          ? await producer.ask('saveSchedules', { from: 0, to: count, spec: SPEC })
          : await producer.ask('addSchedules', { from: 0, to: count, rule: FAR });
      await producer.leave();
      const redisCpuSeconds = (await redis.cpuSeconds()) - cpuBefore;
      return {
        values: {
          'schedules-1m-create': count / seconds,
          'schedules-1m-bytes': ((await redis.usedBytes()) - bytesBefore) / count,
        },
        detail: { schedules: count, seconds, producerCpuSeconds: cpuSeconds, redisCpuSeconds },
      };
    }),
};

/**
 * A million schedules once a minute for ten minutes: start − due time. BullMQ has no figure: it adds 2,000 schedulers a
 * second and fires about as many.
 * @type {import('../run_case.mjs').Case}
 */
export const schedules1mLag = {
  figures: [{ name: 'schedules-1m-lag-p99', unit: 'ms', better: 'lower' }],
  peer: 'none',
  mostRuns: { belfry: 1 },
  measure: ({ system }) =>
    withTroupe(system, async ({ redis, actor }) => {
      const producer = await actor();
      const earliest = Date.now() + CREATE_MS + START_MS + IDLE_MS;
      const first = Math.ceil(earliest / PERIOD_MS) * PERIOD_MS;
      const spec = { ...SPEC, start: new Date(first).toISOString() };
      await producer.ask('saveSchedules', { from: 0, to: MILLION, spec });
      await producer.leave();

      const worker = await actor();
      await worker.ask('watchSpread', { count: MILLION, first, periodMs: PERIOD_MS, rounds: ROUNDS, spec });
      await worker.ask('work', { concurrency: CONCURRENCY });
      const scheduler = await actor();
      await scheduler.ask('schedule');
      if (Date.now() > first - IDLE_MS)
        throw new Error('a million schedules could not be put in before the first round');
      const meter = meterOf({ redis, scheduler, worker });
      await pause(first - IDLE_MS - Date.now());
      await meter.lap();
      await pause(first - Date.now());
      const idle = await meter.lap();
      await pause(ROUNDS * PERIOD_MS);
      const busy = await meter.lap();

      const expected = MILLION * ROUNDS;
      await untilStarted(worker, { expected, until: Date.now() + PATIENCE_MS });
      const seen = await worker.ask('seen');
      const lag = await worker.ask('spreadLags');
      const verdicts = await scheduler.ask('verdicts');
      return {
        values: { 'schedules-1m-lag-p99': lag.p99Ms },
        detail: { ...seen, expected, lost: expected - seen.started, lag, verdicts, idle, busy },
      };
    }),
};

/**
 * CPU per second of wall time since the lap before, in percent of one core.
 * @param {{ redis: import('../redis_server.mjs').RedisServer, scheduler: import('../troupe.mjs').Actor, worker: import('../troupe.mjs').Actor }} parts
 */
function meterOf({ redis, scheduler, worker }) {
  const read = async () => ({
    at: Date.now() / 1_000,
    redis: await redis.cpuSeconds(),
    leader: await scheduler.ask('cpuSeconds'),
    worker: await worker.ask('cpuSeconds'),
  });
  /** @type {Awaited<ReturnType<typeof read>> | undefined} */
  let before;
  return {
    async lap() {
      const now = await read();
      const since = before ?? now;
      before = now;
      const percent = (/** @type {'redis' | 'leader' | 'worker'} */ part) =>
        (100 * (now[part] - since[part])) / (now.at - since.at);
      return {
        redisCpuPercent: percent('redis'),
        leaderCpuPercent: percent('leader'),
        workerCpuPercent: percent('worker'),
      };
    },
  };
}

/**
 * @param {import('../troupe.mjs').Actor} worker
 * @param {{ expected: number, until: number }} goal
 */
async function untilStarted(worker, { expected, until }) {
  while (Date.now() < until) {
    if ((await worker.ask('seen')).started >= expected) return;
    await pause(LOOK_AGAIN_MS);
  }
}
