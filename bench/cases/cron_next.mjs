// @ts-check
import { CronExpressionParser } from 'cron-parser';
import { spreadOf } from '../statistics.mjs';

const ZONE = 'America/New_York';
const COMMON = [
  '* * * * *',
  '*/5 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '0 9 * * 1-5',
  '15 14 1 * *',
  '0 0 L * *',
  '0 22 * * 5',
];
const LEAP_DAY = '17 3 29 2 *';
const FROM = Date.UTC(2026, 0, 1);
/** Per expression and run; steps are taken in slices of this many, so that the clock is seldom read. */
const SLICE = 20;
const BUDGET_MS = 150;
const MOST_STEPS = 100_000;

/** Time for one next fire time of common expressions, in a zone with DST. */
export const cronNext = caseOf('cron-next', COMMON);
/** The same for a date that comes every four years. */
export const cronNextLeap = caseOf('cron-next-leap', [LEAP_DAY]);

/**
 * The figure is the median over the expressions. They are parsed before.
 * @param {string} name
 * @param {string[]} expressions
 * @returns {import('../run_case.mjs').Case}
 */
function caseOf(name, expressions) {
  return {
    figures: [{ name, unit: 'µs', better: 'lower' }],
    peer: 'cron-parser',
    async measure({ system }) {
      const open = system === 'belfry' ? await openBelfry() : openPeer;
      /** @type {Record<string, number>} */
      const byExpression = {};
      for (const expression of expressions) {
        measureSteps(open(expression)); // warm-up
        byExpression[expression] = Number(measureSteps(open(expression)).toPrecision(3));
      }
      const { median } = spreadOf(Object.values(byExpression));
      return { values: { [name]: median }, detail: { zone: ZONE, microsecondsByExpression: byExpression } };
    },
  };
}

/** Steps from fire time to fire time; false when there is none any more. @typedef {() => boolean} Step */

/** @param {Step} step @returns {number} µs per step */
function measureSteps(step) {
  const started = performance.now();
  let steps = 0;
  let elapsedMs = 0;
  let goesOn = true;
  while (goesOn && elapsedMs < BUDGET_MS && steps < MOST_STEPS) {
    for (let i = 0; i < SLICE && goesOn; i += 1) {
      goesOn = step();
      steps += 1;
    }
    elapsedMs = performance.now() - started;
  }
  return (elapsedMs * 1_000) / steps;
}

/** @returns {Promise<(expression: string) => Step>} */
async function openBelfry() {
  const path = new URL('../../dist/core/time/timing.js', import.meta.url).href;
  const { compileTiming } = /** @type {typeof import('../../src/core/time/timing.ts')} */ (await import(path));
  return (expression) => {
    const timing = compileTiming({ c: expression, z: ZONE }, '');
    let at = FROM;
    return () => {
      const next = timing.next(at);
      // The calendar ends in 2199: begin again.
      at = next ?? FROM;
      return true;
    };
  };
}

/** @param {string} expression @returns {Step} */
function openPeer(expression) {
  const iterator = CronExpressionParser.parse(expression, { tz: ZONE, currentDate: new Date(FROM) });
  return () => iterator.next().getTime() > 0;
}
