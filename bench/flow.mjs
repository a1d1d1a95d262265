// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { PAYLOAD } from './subject.mjs';

/** Calls under way at once. */
const CALLS = 4;
const MOST_A_CALL = 500;

/** Milliseconds on a clock that all processes of a machine share. */
const sharedNowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** @param {string[]} names @param {number} i */
export const nameAt = (names, i) => names[i % names.length] ?? PAYLOAD.partner;

/** A steady stream of runs. @param {import('./subject.mjs').System} system */
export function createFlow(system) {
  return {
    /** Enqueues runs at a steady pace, those of the partners in turns. @param {{ perSecond: number, seconds: number, partners: string[] }} flow */
    async pour({ perSecond, seconds, partners }) {
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
          const payloads = Array.from({ length: due - from }, (_, i) => ({
            ...PAYLOAD,
            partner: nameAt(partners, from + i),
            n,
          }));
          const call = system.enqueue(payloads).finally(() => underWay.delete(call));
          underWay.add(call);
          if (underWay.size >= CALLS) await Promise.race(underWay);
        }
      }
      await Promise.all(underWay);
      return { runs: total, perSecond: total / ((sharedNowMs() - started) / 1_000) };
    },
  };
}
