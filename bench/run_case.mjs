// @ts-check
import { round, spreadOf } from './statistics.mjs';

/** @typedef {import('./subject.mjs').SystemName} SystemName */
/** @typedef {import('./statistics.mjs').Spread} Spread */

/** @typedef {{ name: string, unit: string, better: 'higher' | 'lower' }} Figure */
/** @typedef {{ concurrency: number, tried: Record<string, number> }} Tuned */
/** @typedef {{ values: Record<string, number>, detail?: Record<string, unknown> }} Measurement a value per figure of the case */

/**
 * Something that is measured for both systems; it may yield several figures.
 * @typedef {object} Case
 * @property {Figure[]} figures
 * @property {string} [group] asked for by this name as a whole, and measured only when it is
 * @property {'cron-parser' | 'none'} [peer] what Belfry is compared with, where it is not BullMQ
 * @property {Partial<Record<import('./subject.mjs').SystemName, number>>} [mostRuns] where more would only take time
 * @property {(system: import('./subject.mjs').SystemName) => Promise<Tuned>} [tune] finds the settings that suit the system best
 * @property {(options: { system: import('./subject.mjs').SystemName, tuned: Tuned | undefined, minutes: number }) => Promise<Measurement>} measure `minutes`: of what lasts as long as one wants
 */

/**
 * `ratio` says how many times better Belfry is than its peer, whichever way is better.
 * @typedef {Figure & {
 *   belfry: Spread, peer: (Spread & { name: string }) | null, ratio: number | null,
 *   detail: { belfry: unknown[], peer: unknown[] }
 * }} Result
 */

/** @type {SystemName[]} */
const SYSTEMS = ['belfry', 'bullmq'];

/**
 * Measures both systems in turns, so that what else the machine does falls on both.
 * @param {Case} one
 * @param {{ runs: number, minutes: number, peers: { bullmq: string, 'cron-parser': string }, progress: (line: string) => void }} options
 * @returns {Promise<Result[]>}
 */
export async function runCase(one, { runs, minutes, peers, progress }) {
  const label = one.figures.map(({ name }) => name).join(', ');
  /** @type {Record<SystemName, Measurement[]>} */
  const measured = { belfry: [], bullmq: [] };
  /** @type {Partial<Record<SystemName, Tuned>>} */
  const tuned = {};
  const systems = one.peer === 'none' ? SYSTEMS.slice(0, 1) : SYSTEMS;
  for (let run = 1; run <= runs; run += 1) {
    for (const system of systems) {
      const wanted = Math.min(runs, one.mostRuns?.[system] ?? runs);
      if (run > wanted) continue;
      if (one.tune && tuned[system] === undefined) tuned[system] = await one.tune(system);
      const measurement = await one.measure({ system, tuned: tuned[system], minutes });
      measured[system].push(measurement);
      const values = one.figures.map(({ name, unit }) => `${format(measurement.values[name])} ${unit}`);
      const who = system === 'belfry' ? 'belfry' : (one.peer ?? system);
      progress(`${label}: ${who} ${String(run)}/${String(wanted)}: ${values.join(', ')}`);
    }
  }
  const peerName = one.peer === 'none' ? undefined : peers[one.peer ?? 'bullmq'];
  return one.figures.map((figure) => summarize(figure, measured, peerName));
}

/**
 * @param {Figure} figure
 * @param {Record<SystemName, Measurement[]>} measured
 * @param {string | undefined} peerName
 * @returns {Result}
 */
function summarize(figure, measured, peerName) {
  const spread = (/** @type {SystemName} */ system) =>
    spreadOf(measured[system].map(({ values }) => values[figure.name] ?? NaN));
  const detail = (/** @type {SystemName} */ system) => measured[system].map((one) => roundAll(one.detail));
  const belfry = spread('belfry');
  if (peerName === undefined) {
    return { ...figure, belfry, peer: null, ratio: null, detail: { belfry: detail('belfry'), peer: [] } };
  }
  const peer = { name: peerName, ...spread('bullmq') };
  const ratio = figure.better === 'higher' ? belfry.median / peer.median : peer.median / belfry.median;
  return { ...figure, belfry, peer, ratio: round(ratio), detail: { belfry: detail('belfry'), peer: detail('bullmq') } };
}

/** @param {unknown} value @returns {unknown} */
function roundAll(value) {
  if (typeof value === 'number') return Number.isInteger(value) ? value : round(value);
  if (Array.isArray(value)) return value.map(roundAll);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, roundAll(inner)]));
}

/** @param {number | undefined} value */
export function format(value) {
  return value === undefined ? '-' : round(value).toLocaleString('en-US', { maximumFractionDigits: 3 });
}
