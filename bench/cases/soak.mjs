// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { readInfo } from '../redis_server.mjs';
import { PAYLOAD } from '../subject.mjs';
import { withTroupe } from '../troupe.mjs';

const PER_SECOND = 12_000;
const CONCURRENCY = 500;
const WARM_UP_SECONDS = 5;
const SAMPLES = 30;
const MIB = 2 ** 20;

/** Runs enqueued and worked off at a steady pace: how late they start, and that nothing grows. @type {import('../run_case.mjs').Case} */
export const soak = {
  figures: [{ name: 'soak-lag-p99', unit: 'ms', better: 'lower' }],
  peer: 'none',
  mostRuns: { belfry: 1 },
  measure: ({ system, minutes }) =>
    withTroupe(system, async ({ redis, actor }) => {
      const seconds = Math.max(1, Math.round(minutes * 60));
      const flow = { perSecond: PER_SECOND, partners: [PAYLOAD.partner] };
      await (await actor()).ask('schedule');
      const worker = await actor();
      await worker.ask('work', { concurrency: CONCURRENCY });
      const producer = await actor();
      await producer.ask('pour', { ...flow, seconds: WARM_UP_SECONDS });
      await worker.ask('watchWaits');
      const watch = sample({ redis, worker, everyMs: (seconds * 1_000) / SAMPLES });
      const poured = await producer.ask('pour', { ...flow, seconds });
      const grown = await watch.end();
      await untilEmpty(producer);
      const lag = await worker.ask('waits');
      if (lag.count < poured.runs) throw new Error(`${String(poured.runs - lag.count)} runs have not started`);
      return { values: { 'soak-lag-p99': lag.p99Ms }, detail: { seconds, ...poured, lag, ...grown } };
    }),
};

const LOOK_AGAIN_MS = 50;
const PATIENCE_MS = 60_000;

/** @param {import('../troupe.mjs').Actor} producer */
async function untilEmpty(producer) {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    if ((await producer.ask('unfinished')) === 0) return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error('the queue has not run empty');
}

/**
 * Looks at the depth of the queue and at memory again and again; `end` tells how the last third compares with the first.
 * @param {{ redis: import('../redis_server.mjs').RedisServer, worker: import('../troupe.mjs').Actor, everyMs: number }} subject
 */
function sample({ redis, worker, everyMs }) {
  /** @type {{ depth: number, redisMiB: number, workerMiB: number }[]} */
  const samples = [];
  const ending = new AbortController();
  const look = async () => {
    while (!ending.signal.aborted) {
      samples.push({
        depth: await worker.ask('unfinished'),
        redisMiB: Number((await readInfo(redis.admin, 'memory')).get('used_memory')) / MIB,
        workerMiB: (await worker.ask('memory')) / MIB,
      });
      await pause(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const looking = look();
  return {
    async end() {
      ending.abort();
      await looking;
      const trend = (/** @type {'depth' | 'redisMiB' | 'workerMiB'} */ what) => {
        const values = samples.map((one) => one[what]);
        const third = Math.ceil(values.length / 3);
        return { first: meanOf(values.slice(0, third)), last: meanOf(values.slice(-third)), max: Math.max(...values) };
      };
      return { depth: trend('depth'), redisMiB: trend('redisMiB'), workerMiB: trend('workerMiB') };
    },
  };
}

/** @param {number[]} values */
function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
