// @ts-check

/** @typedef {{ count: number, first: number, periodMs: number, rounds: number }} Rounds */

/** Notes for each schedule and each of its fire times, a round of all schedules after the other, how late its run starts. */
export function createRoundLog() {
  /** Start − due time in ms, round by round; NaN where none was seen. @type {Float64Array} */
  let lags = new Float64Array();
  const seen = { started: 0, repeated: 0, other: 0 };
  return {
    /**
     * What is to be told of each run from now on. The payload's `n` tells the schedule.
     * @param {Rounds} rounds
     * @param {(n: number, fireTime: number) => number} dueTimeOf
     * @returns {import('./subject.mjs').OnRun}
     */
    watch({ count, first, periodMs, rounds }, dueTimeOf) {
      lags = new Float64Array(count * rounds).fill(NaN);
      return (fireTime, { n }) => {
        const round = (fireTime - first) / periodMs;
        const at = round * count + n;
        if (!Number.isInteger(round) || round < 0 || round >= rounds) seen.other += 1;
        else if (!Number.isNaN(lags[at])) seen.repeated += 1;
        else {
          lags[at] = Date.now() - dueTimeOf(n, fireTime);
          seen.started += 1;
        }
      };
    },
    seen: () => ({ ...seen }),
    lags: () => lags,
    spreadLags() {
      const ascending = lags.filter((lag) => !Number.isNaN(lag)).sort();
      const at = (/** @type {number} */ part) => ascending[Math.ceil(part * ascending.length) - 1] ?? NaN;
      return {
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        p999Ms: at(0.999),
        maxMs: at(1),
        early: ascending.findIndex((lag) => lag >= 0),
      };
    },
  };
}
