// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../statistics.mjs';
import { withTroupe } from '../troupe.mjs';

const SAMPLES = 600;
const WARM_UP = 100;
const CONCURRENCY = 20;
/** @type {[number, number]} */
const IDLE_MS = [4, 10];
const LOOK_AGAIN_MS = 50;
const PATIENCE_MS = 30_000;

/** From the call that enqueues a run to the start of its handler in another process, on an idle system. @type {import('../run_case.mjs').Case} */
export const latency = {
  figures: [
    { name: 'latency-idle-p50', unit: 'ms', better: 'lower' },
    { name: 'latency-idle-p99', unit: 'ms', better: 'lower' },
  ],
  measure: ({ system }) =>
    withTroupe(system, async ({ actor }) => {
      const worker = await actor();
      await worker.ask('watchLatency');
      await worker.ask('work', { concurrency: CONCURRENCY });
      await (await actor()).ask('schedule');
      const producer = await actor();
      await producer.ask('trickle', { samples: WARM_UP + SAMPLES, idleMs: IDLE_MS });
      const all = await collect(worker);
      const sorted = all.slice(WARM_UP).sort((a, b) => a - b);
      return {
        values: { 'latency-idle-p50': percentile(sorted, 0.5), 'latency-idle-p99': percentile(sorted, 0.99) },
        detail: { samples: sorted.length, p90Ms: percentile(sorted, 0.9), maxMs: sorted.at(-1) },
      };
    }),
};

/** @param {import('../troupe.mjs').Actor} worker */
async function collect(worker) {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    const latencies = await worker.ask('latencies');
    if (latencies.length === WARM_UP + SAMPLES) return latencies;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`not all of ${String(WARM_UP + SAMPLES)} runs have started`);
}
