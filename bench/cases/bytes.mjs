// @ts-check
import { withTroupe } from '../troupe.mjs';

const COUNT = 100_000;
const BATCH = 1_000;
/** Far from now, so that no schedule fires while it is weighed. */
const PATTERN = '0 3 1 1 *';
const YEAR_MS = 366 * 86_400_000;

/** What Redis keeps for a schedule, with a payload of three fields. @type {import('../run_case.mjs').Case} */
export const bytesOfSchedule = {
  figures: [{ name: 'bytes-schedule', unit: 'bytes', better: 'lower' }],
  mostRuns: { belfry: 1, bullmq: 1 },
  async measure({ system }) {
    const first = Date.now();
    const rule = { pattern: PATTERN, first, last: first + 3 * YEAR_MS };
    const bytes = await weigh(system, ({ ask }) => ask('addSchedules', { from: 0, to: COUNT, rule }));
    return { values: { 'bytes-schedule': bytes }, detail: { schedules: COUNT } };
  },
};

/** What Redis keeps for a run that waits, with a payload of three fields. @type {import('../run_case.mjs').Case} */
export const bytesOfRun = {
  figures: [{ name: 'bytes-run', unit: 'bytes', better: 'lower' }],
  mostRuns: { belfry: 1, bullmq: 1 },
  async measure({ system }) {
    const bytes = await weigh(system, ({ ask }) => ask('enqueue', { count: COUNT, batch: BATCH }));
    return { values: { 'bytes-run': bytes }, detail: { runs: COUNT } };
  },
};

/**
 * Memory of Redis after `add`, less memory before, per thing added. Whoever added has left by then, so that its
 * connection's buffers are not weighed.
 * @param {import('../subject.mjs').SystemName} system
 * @param {(actor: import('../troupe.mjs').Actor) => Promise<unknown>} add
 */
function weigh(system, add) {
  return withTroupe(system, async ({ redis, actor }) => {
    const before = await redis.usedBytes();
    const producer = await actor();
    await add(producer);
    await producer.leave();
    return ((await redis.usedBytes()) - before) / COUNT;
  });
}
