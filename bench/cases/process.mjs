// @ts-check
import { withTroupe } from '../troupe.mjs';

const BATCH = 1_000;
const COUNT = { belfry: 150_000, bullmq: 30_000 };
const TRIAL_COUNT = { belfry: 60_000, bullmq: 15_000 };
/** Runs at once in the worker process; each system is measured with the one that suits it best. */
const CONCURRENCIES = { belfry: [200, 500, 1_000], bullmq: [100, 200, 500] };

/** A backlog worked off by one worker process, per second. @type {import('../run_case.mjs').Case} */
export const process = {
  figures: [{ name: 'process', unit: 'runs/s', better: 'higher' }],
  async tune(system) {
    /** @type {Record<string, number>} */
    const tried = {};
    let best = { concurrency: 0, rate: 0 };
    for (const concurrency of CONCURRENCIES[system]) {
      const { rate } = await workOff(system, { count: TRIAL_COUNT[system], concurrency });
      tried[concurrency] = rate;
      if (rate > best.rate) best = { concurrency, rate };
    }
    return { concurrency: best.concurrency, tried };
  },
  async measure({ system, tuned }) {
    const { concurrency = 0, tried } = tuned ?? {};
    const count = COUNT[system];
    const { rate, ...cpu } = await workOff(system, { count, concurrency });
    return { values: { process: rate }, detail: { runs: count, concurrency, tried, ...cpu } };
  },
};

/**
 * @param {import('../subject.mjs').SystemName} system
 * @param {{ count: number, concurrency: number }} backlog
 */
function workOff(system, backlog) {
  return withTroupe(system, async ({ redis, actor }) => {
    const producer = await actor();
    await producer.ask('enqueue', { count: backlog.count, batch: BATCH });
    await producer.leave();
    const scheduler = await actor();
    await scheduler.ask('schedule');
    const worker = await actor();
    const redisBefore = await redis.cpuSeconds();
    const { seconds, cpuSeconds } = await worker.ask('drain', backlog);
    const redisCpuSeconds = (await redis.cpuSeconds()) - redisBefore;
    return {
      rate: backlog.count / seconds,
      redisCpuSecondsPer1000: redisCpuSeconds / (backlog.count / 1_000),
      workerCpuSecondsPer1000: cpuSeconds / (backlog.count / 1_000),
    };
  });
}
