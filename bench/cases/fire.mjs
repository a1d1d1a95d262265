// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { percentile, round as rounded } from '../statistics.mjs';
import { withTroupe } from '../troupe.mjs';

/** @typedef {{ count: number, periodS: number, rounds: number }} Size */
/** @typedef {import('../subject.mjs').SystemName} SystemName */

const CONCURRENCY = { belfry: 500, bullmq: 100 };
/** Putting one schedule in takes about so long; the first round waits for the last of them. */
const ADD_MS = { belfry: 0.05, bullmq: 0.6 };
/** From the last schedule added to the first round: processes start and connect. */
const SETTLE_MS = 2_500;
/** Belfry drops nothing, so its last run is waited for; what BullMQ still starts after this, it has started too late. */
const PATIENCE_MS = { belfry: 60_000, bullmq: 30_000 };
const LOOK_AGAIN_MS = 200;
const TRIES = 3;

/** 5,000 schedules, all due at the same instant, round after round. */
export const fire5k = fireCase('fire-5k', { count: 5_000, periodS: 5, rounds: 5 });

/** 50,000 of them. One run of BullMQ takes a minute and loses most of its later rounds, so it gets one. */
export const fire50k = { ...fireCase('fire-50k', { count: 50_000, periodS: 10, rounds: 3 }), mostRuns: { bullmq: 1 } };

/** @param {string} name @param {Size} size @returns {import('../run_case.mjs').Case} */
function fireCase(name, size) {
  return {
    figures: [{ name, unit: 'ms', better: 'lower' }],
    async measure({ system }) {
      for (let allowance = 1; ; allowance *= 2) {
        const detail = await fireRounds(system, size, allowance);
        if (detail !== undefined) return { values: { [name]: detail.p99Ms }, detail };
        if (allowance === 2 ** TRIES) throw new Error(`${system} could not add its schedules before their first round`);
      }
    },
  };
}

/**
 * One scheduler process (BullMQ: none, its worker does that) and one worker process. Undefined when the schedules were
 * not all there before the first round.
 * @param {SystemName} system
 * @param {Size} size
 * @param {number} allowance
 */
function fireRounds(system, { count, periodS, rounds }, allowance) {
  return withTroupe(system, async ({ actor }) => {
    const periodMs = periodS * 1_000;
    const earliest = Date.now() + count * ADD_MS[system] * allowance + SETTLE_MS;
    const first = Math.ceil(earliest / periodMs) * periodMs;
    const last = first + (rounds - 1) * periodMs;
    const producer = await actor();
    await producer.ask('addSchedules', {
      from: 0,
      to: count,
      rule: { pattern: `*/${String(periodS)} * * * * *`, first, last },
    });
    await producer.leave();

    const worker = await actor();
    await worker.ask('watchRounds', { count, first, periodMs, rounds });
    await worker.ask('work', { concurrency: CONCURRENCY[system] });
    const scheduler = await actor();
    await scheduler.ask('schedule');
    if (Date.now() > first - SETTLE_MS / 5) return undefined;

    await pause(last - Date.now());
    await untilStarted(worker, { expected: count * rounds, until: last + PATIENCE_MS[system] });
    const seen = await worker.ask('seen');
    const lags = await worker.ask('lags');
    const verdicts = await scheduler.ask('verdicts');
    const expected = count * rounds;
    return {
      ...lagsOf(lags, count),
      schedules: count,
      periodS,
      rounds,
      expected,
      started: seen.started,
      lost: expected - seen.started,
      repeated: seen.repeated,
      ...(system === 'belfry' ? { verdicts } : {}),
      concurrency: CONCURRENCY[system],
    };
  });
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

/**
 * The first round warms both systems up (freshly started processes run uncompiled code): its starts and losses count, its
 * lags are shown in `byRound` only.
 * @param {Float64Array} lags round by round @param {number} count
 */
function lagsOf(lags, count) {
  const all = ascending(lags.subarray(count));
  const byRound = Array.from({ length: lags.length / count }, (_, i) =>
    ascending(lags.subarray(i * count, (i + 1) * count)),
  );
  return {
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    maxMs: all.at(-1) ?? NaN,
    early: lags.filter((lag) => lag < 0).length,
    byRound: byRound.map((round) => ({ started: round.length, p99Ms: rounded(percentile(round, 0.99)) })),
  };
}

/** @param {Float64Array} lags */
function ascending(lags) {
  return [...lags].filter((lag) => !Number.isNaN(lag)).sort((a, b) => a - b);
}
