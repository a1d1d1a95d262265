// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { partnerAt, PAYLOAD } from './subject.mjs';

/** @typedef {{ perSecond: number, seconds: number, partners: string[] }} Flow */

/** Calls under way at once, and runs in one. */
const CALLS = 4;
const MOST_A_CALL = 500;

/** Milliseconds on a clock that all processes of a machine share. */
export const sharedNowMs = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * Enqueues runs at a steady pace, those of the partners in turns; the `n` of each is the instant of its enqueue.
 * @param {Pick<import('./subject.mjs').System, 'enqueue'>} system
 * @param {Flow} flow
 */
export async function pour(system, { perSecond, seconds, partners }) {
  const total = Math.round(perSecond * seconds);
  const started = sharedNowMs();
  /** @type {Set<Promise<unknown>>} */
  const underWay = new Set();
  for (let sent = 0; sent < total;) {
    const at = sharedNowMs();
    const due = Math.min(total, Math.floor(((at - started) * perSecond) / 1_000), sent + MOST_A_CALL);
    if (due === sent) await pause(1);
    else {
      const n = Math.round(at * 1_000) / 1_000;
      const from = sent;
      sent = due;
      const runs = Array.from({ length: due - from }, (_, i) => ({
        ...PAYLOAD,
        partner: partnerAt(partners, from + i),
        n,
      }));
      const call = system.enqueue(runs).finally(() => underWay.delete(call));
      underWay.add(call);
      if (underWay.size >= CALLS) await Promise.race(underWay);
    }
  }
  await Promise.all(underWay);
  return { runs: total, perSecond: total / ((sharedNowMs() - started) / 1_000) };
}
