// @ts-check
import { withTroupe } from '../troupe.mjs';

const BATCH = 500;
const COUNT = { belfry: 300_000, bullmq: 60_000 };
const WARM_UP = 5_000;

/** Runs added per second by one process, in batches. @type {import('../run_case.mjs').Case} */
export const enqueue = {
  figures: [{ name: 'enqueue', unit: 'runs/s', better: 'higher' }],
  measure: ({ system }) =>
    withTroupe(system, async ({ redis, actor }) => {
      const count = COUNT[system];
      const { ask } = await actor();
      await ask('enqueue', { count: WARM_UP, batch: BATCH });
      const redisBefore = await redis.cpuSeconds();
      const { seconds, cpuSeconds } = await ask('enqueue', { count, batch: BATCH });
      const redisCpuSeconds = (await redis.cpuSeconds()) - redisBefore;
      return {
        values: { enqueue: count / seconds },
        detail: {
          runs: count,
          batch: BATCH,
          redisCpuSecondsPer1000: redisCpuSeconds / (count / 1_000),
          producerCpuSecondsPer1000: cpuSeconds / (count / 1_000),
        },
      };
    }),
};
