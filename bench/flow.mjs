// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSecondsSince, sharedNowMs, timed } from './cpu.mjs';
import { PAYLOAD } from './subject.mjs';

/** Calls under way at once. */
const CALLS = 4;
const MOST_A_CALL = 500;

/** @param {string[]} names @param {number} i */
const nameAt = (names, i) => names[i % names.length] ?? PAYLOAD.partner;

/** What puts work in. @param {import('./subject.mjs').System} system */
export function createFlow(system) {
  return {
    /** @param {{ from: number, to: number, rule: import('./subject.mjs').Rule }} schedules */
    addSchedules: ({ from, to, rule }) => timed(() => system.addSchedules(numbersOf(from, to), rule)),

    /** Through the client, as an application would. @param {{ from: number, to: number, spec: import('./subject.mjs').Spec }} schedules */
    saveSchedules: ({ from, to, spec }) => timed(() => system.saveSchedules(numbersOf(from, to), spec)),

    /** Adds runs in batches; the time and the CPU that this took. @param {{ count: number, batch: number, partners?: string[] }} load */
    async enqueue({ count, batch, partners = [PAYLOAD.partner] }) {
      const payloads = Array.from({ length: batch }, (_, i) => ({ ...PAYLOAD, partner: nameAt(partners, i) }));
      let left = count / batch;
      const started = sharedNowMs();
      const cpuBefore = process.cpuUsage();
      const call = async () => {
        while (left > 0) {
          left -= 1;
          await system.enqueue(payloads);
        }
      };
      await Promise.all(Array.from({ length: CALLS }, call));
      return { seconds: (sharedNowMs() - started) / 1_000, cpuSeconds: cpuSecondsSince(cpuBefore) };
    },

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

    /** Enqueues one run at a time with idle time between. @param {{ samples: number, idleMs: [number, number] }} pace */
    async trickle({ samples, idleMs: [least, most] }) {
      for (let i = 0; i < samples; i += 1) {
        await pause(least + Math.random() * (most - least));
        await system.enqueue([{ ...PAYLOAD, n: sharedNowMs() }]);
      }
    },
  };
}

/** @param {number} from @param {number} to one past the last */
function numbersOf(from, to) {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
