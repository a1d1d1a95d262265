// @ts-check
import { partnersOf } from '../subject.mjs';
import { withTroupe } from '../troupe.mjs';

const BATCH = 1_000;
const COUNT = { belfry: 150_000, bullmq: 30_000 };
const TRIAL_COUNT = { belfry: 60_000, bullmq: 15_000 };
/** Runs at once in the worker process; each system is measured with the one that suits it best. */
const CONCURRENCIES = { belfry: [200, 500, 1_000], bullmq: [100, 200, 500] };

/** Keys of the limited case. */
const PARTNERS = 215;

/** A backlog worked off by one worker process, per second. @type {import('../run_case.mjs').Case} */
export const process = {
  figures: [{ name: 'process', unit: 'runs/s', better: 'higher' }],
  tune: (system) => tune(system, 'plain'),
  async measure({ system, tuned }) {
    const { concurrency = 0, tried } = tuned ?? {};
    const count = COUNT[system];
    const { rate, ...cpu } = await workOff(system, { count, concurrency });
    return { values: { process: rate }, detail: { runs: count, concurrency, tried, ...cpu } };
  },
};

/**
 * The same with a rate and slots for each of 215 partners, far above need, and beside it in the same run without: what
 * deciding costs. BullMQ has its limiter for all runs, as it knows none of keys.
 * @type {import('../run_case.mjs').Case}
 */
export const processLimited = {
  figures: [{ name: 'process-limited', unit: 'runs/s', better: 'higher' }],
  tune: (system) => tune(system, 'limited'),
  async measure({ system, tuned }) {
    const { concurrency = 0, tried } = tuned ?? {};
    const backlog = { count: COUNT[system], concurrency };
    const plain = await workOff(system, backlog);
    const { rate, ...cpu } = await workOff(system, { ...backlog, terms: 'limited' });
    const detail = {
      runs: backlog.count,
      partners: PARTNERS,
      concurrency,
      tried,
      plain,
      share: rate / plain.rate,
      ...cpu,
    };
    return { values: { 'process-limited': rate }, detail };
  },
};

/**
 * @param {import('../subject.mjs').SystemName} system
 * @param {import('../subject.mjs').Terms} terms
 * @returns {Promise<import('../run_case.mjs').Tuned>}
 */
async function tune(system, terms) {
  /** @type {Record<string, number>} */
  const tried = {};
  let best = { concurrency: 0, rate: 0 };
  for (const concurrency of CONCURRENCIES[system]) {
    const { rate } = await workOff(system, { count: TRIAL_COUNT[system], concurrency, terms });
    tried[concurrency] = rate;
    if (rate > best.rate) best = { concurrency, rate };
  }
  return { concurrency: best.concurrency, tried };
}

/**
 * @param {import('../subject.mjs').SystemName} system
 * @param {{ count: number, concurrency: number, terms?: import('../subject.mjs').Terms }} backlog
 */
function workOff(system, { terms = 'plain', ...backlog }) {
  const partners = terms === 'plain' ? {} : { partners: partnersOf(PARTNERS) };
  const play = async (/** @type {import('../troupe.mjs').Troupe} */ { redis, actor }) => {
    const producer = await actor();
    await producer.ask('enqueue', { count: backlog.count, batch: BATCH, ...partners });
    await producer.leave();
    const scheduler = await actor();
    await scheduler.ask('schedule');
    const worker = await actor();
    const redisBefore = await redis.cpuSeconds();
    const { seconds, cpuSeconds } = await worker.ask('drain', { ...backlog, terms });
    const redisCpuSeconds = (await redis.cpuSeconds()) - redisBefore;
    return {
      rate: backlog.count / seconds,
      redisCpuSecondsPer1000: redisCpuSeconds / (backlog.count / 1_000),
      workerCpuSecondsPer1000: cpuSeconds / (backlog.count / 1_000),
    };
  };
  return withTroupe(system, play, terms);
}
