// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../statistics.mjs';
import { withTroupe } from '../troupe.mjs';

/** @typedef {import('../start_log.mjs').Start} Start */
/** @typedef {import('../troupe.mjs').Actor} Actor */

/** Of each catch-up policy; their fire times are spread, so that what is measured is the catch-up and no herd. */
const EACH = 500;
const PERIOD = '15s';
/** @type {NonNullable<import('../subject.mjs').Spec['catchUp']>[]} */
const POLICIES = ['none', 'latest', 'all', { max: 5 }];
const PULSES = 300;
const PULSE_MS = 1_000;

/** What is live: schedules of each second, those 2,000 whenever they are on time, and runs that are enqueued. */
const GROUPS = [
  ...POLICIES.map((catchUp, i) => ({
    from: i * EACH,
    to: (i + 1) * EACH,
    spec: { every: PERIOD, window: PERIOD, catchUp },
  })),
  {
    from: POLICIES.length * EACH,
    to: POLICIES.length * EACH + PULSES,
    spec: { every: `${String(PULSE_MS)}ms`, window: `${String(PULSE_MS)}ms`, overlap: /** @type {const} */ ('allow') },
  },
];
const FIRST_PULSE = POLICIES.length * EACH;
/** @type {[number, number]} */
const IDLE_MS = [4, 10];
const CONCURRENCY = 100;

/** Processes start, connect and compile. */
const WARM_MS = 10_000;
const BEFORE_MS = 30_000;
const DOWN_MS = 120_000;
/** A run that is due so shortly before all schedulers are gone may start when one is back. */
const EDGE_MS = 1_000;
const PATIENCE_MS = { begin: 30_000, end: 300_000 };
const LOOK_AGAIN_MS = 200;

/**
 * All schedulers are down for two minutes. Start − due time of what is live while the missed fire times are caught up:
 * the 99th percentile, and by how much it is above the one before. @type {import('../run_case.mjs').Case}
 */
export const catchUp = {
  figures: [
    { name: 'catch-up-live-p99', unit: 'ms', better: 'lower' },
    { name: 'catch-up-live-delay', unit: 'ms', better: 'lower' },
  ],
  peer: 'none',
  mostRuns: { belfry: 1 },
  measure: ({ system }) =>
    withTroupe(system, async ({ actor }) => {
      const worker = await actor();
      const producer = await actor();
      await worker.ask('watchStarts', GROUPS);
      for (const group of GROUPS) await producer.ask('saveSchedules', group);
      await worker.ask('work', { concurrency: CONCURRENCY });
      await producer.ask('beginLoad', { idleMs: IDLE_MS });

      const first = await actor();
      await first.ask('schedule');
      await pause(WARM_MS);
      const before = { from: Date.now(), to: Date.now() + BEFORE_MS - EDGE_MS };
      await pause(BEFORE_MS);
      await first.ask('close');
      await first.leave();
      await pause(DOWN_MS);
      const returned = Date.now();
      const second = await actor();
      await second.ask('schedule');
      await untilCaughtUp(second);
      const to = Date.now();
      await producer.ask('endLoad');

      const starts = await worker.ask('starts');
      const from = firstFired(starts, returned);
      return figuresOf(starts, { before, recovery: { from, to } }, await second.ask('verdicts'));
    }),
};

/** Waits until it has begun, then until it is over. @param {Actor} scheduler */
async function untilCaughtUp(scheduler) {
  const until = async (/** @type {(left: number) => boolean} */ isReached, /** @type {number} */ patienceMs) => {
    for (const end = Date.now() + patienceMs; !isReached(await scheduler.ask('catchUps'));) {
      if (Date.now() > end) throw new Error(`the catch-up took longer than ${String(patienceMs)} ms`);
      await pause(LOOK_AGAIN_MS);
    }
  };
  await until((left) => left > 0, PATIENCE_MS.begin);
  await until((left) => left === 0, PATIENCE_MS.end);
}

/** When a schedule fired first from an instant on. @param {Start[]} starts @param {number} since */
function firstFired(starts, since) {
  return starts.find(({ schedule, at }) => schedule !== undefined && at >= since)?.at ?? NaN;
}

/** From and up to instants of the clock: what was due between them. @typedef {{ from: number, to: number }} Phase */

/**
 * @param {Start[]} starts
 * @param {{ before: Phase, recovery: Phase }} phases what was missed was due before the recovery began
 * @param {Record<string, number>} verdicts of the scheduler that came back
 */
function figuresOf(starts, phases, verdicts) {
  const before = lagsOf(starts, phases.before);
  const recovery = lagsOf(starts, phases.recovery);
  return {
    values: { 'catch-up-live-p99': recovery.p99Ms, 'catch-up-live-delay': recovery.p99Ms - before.p99Ms },
    detail: {
      schedules: FIRST_PULSE + PULSES,
      recoverySeconds: (phases.recovery.to - phases.recovery.from) / 1_000,
      before,
      recovery,
      verdicts,
    },
  };
}

/** @param {Start[]} starts @param {Phase} phase */
function lagsOf(starts, { from, to }) {
  const live = starts.filter(({ due }) => due >= from && due < to);
  const lags = live.map(({ due, at }) => at - due).sort((a, b) => a - b);
  const enqueued = live.filter(({ schedule }) => schedule === undefined).length;
  return {
    runs: lags.length,
    enqueued,
    p50Ms: percentile(lags, 0.5),
    p99Ms: percentile(lags, 0.99),
    maxMs: lags.at(-1) ?? NaN,
    early: lags.filter((lag) => lag < 0).length,
    lost: lostPulses(live),
  };
}

/** Fire times of the schedules of each second that lie between others and have no run. @param {Start[]} live */
function lostPulses(live) {
  /** @type {Map<number, { first: number, last: number, count: number }>} */
  const seen = new Map();
  for (const { schedule, due } of live) {
    if (schedule === undefined || schedule < FIRST_PULSE) continue;
    const { first, last, count } = seen.get(schedule) ?? { first: due, last: due, count: 0 };
    seen.set(schedule, { first: Math.min(first, due), last: Math.max(last, due), count: count + 1 });
  }
  let lost = 0;
  for (const { first, last, count } of seen.values()) lost += (last - first) / PULSE_MS + 1 - count;
  return lost;
}
