// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { partnersOf } from '../subject.mjs';
import { withTroupe } from '../troupe.mjs';

const PARTNERS = 215;
/** Waiting runs of the noisy one: more than are worked off meanwhile. */
const BACKLOG = 500_000;
const BATCH = 1_000;
const [NOISY = '', ...QUIET] = partnersOf(PARTNERS);
/**
 * A run takes a while, so that slots are what the partners compete for, and no two take the same, as with real partners:
 * slots that all end on one tick of the clock (`IN_STEP`) are a wait of their own for whoever comes in between.
 */
const VARIED = {
  concurrency: 100,
  forMs: /** @type {[number, number]} */ ([5, 15]),
  terms: /** @type {const} */ ('fair'),
};
const IN_STEP = { ...VARIED, forMs: /** @type {[number, number]} */ ([10, 10]) };
const WARM_UP_SECONDS = 3;
const FLOW = { perSecond: 1_000, seconds: 20, partners: QUIET };
const LOOK_AGAIN_MS = 100;
const PATIENCE_MS = 60_000;

/**
 * From the enqueue of a quiet partner's run to its start, while another partner has half a million runs waiting, and the
 * same without that one.
 * @type {import('../run_case.mjs').Case}
 */
export const fairness = {
  figures: [{ name: 'fairness-p99', unit: 'ms', better: 'lower' }],
  peer: 'none',
  mostRuns: { belfry: 1 },
  async measure({ system }) {
    const alone = await waitsBeside(system, { backlog: 0, work: VARIED });
    const beside = await waitsBeside(system, { backlog: BACKLOG, work: VARIED });
    const inStep = await waitsBeside(system, { backlog: BACKLOG, work: IN_STEP });
    const ratio = beside.p99Ms / alone.p99Ms;
    return {
      values: { 'fairness-p99': beside.p99Ms },
      detail: { partners: PARTNERS, backlog: BACKLOG, ratio, beside, alone, inStep },
    };
  },
};

/**
 * @param {import('../subject.mjs').SystemName} system
 * @param {{ backlog: number, work: typeof VARIED }} scene
 */
function waitsBeside(system, { backlog, work }) {
  const play = async (/** @type {import('../troupe.mjs').Troupe} */ { actor }) => {
    const producer = await actor();
    if (backlog > 0) await producer.ask('enqueue', { count: backlog, batch: BATCH, partners: [NOISY] });
    await (await actor()).ask('schedule');
    const worker = await actor();
    await worker.ask('work', work);
    await producer.ask('pour', { ...FLOW, seconds: WARM_UP_SECONDS });
    await pause(LOOK_AGAIN_MS);
    await worker.ask('watchWaits');
    const flow = await producer.ask('pour', FLOW);
    const waits = await untilStarted(worker, flow.runs);
    return { ...waits, perSecond: flow.perSecond, backlogLeft: await producer.ask('unfinished') };
  };
  return withTroupe(system, play, work.terms);
}

/** @param {import('../troupe.mjs').Actor} worker @param {number} count */
async function untilStarted(worker, count) {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    const waits = await worker.ask('waits');
    if (waits.count >= count) return waits;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`not all of ${String(count)} runs of quiet partners have started`);
}
