// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { PAYLOAD } from './subject.mjs';

/**
 * Enqueues one run after the other, each with the instant of its enqueue (epoch ms) as `n`, until it is told to end. A
 * failure ends the process, as nobody waits for a load.
 * @param {Pick<import('./subject.mjs').System, 'enqueue'>} system
 */
export function createSteadyLoad(system) {
  let isOn = false;
  let loading = Promise.resolve();
  const load = async (/** @type {[number, number]} */ [least, most]) => {
    while (isOn) {
      await pause(least + Math.random() * (most - least));
      await system.enqueue([{ ...PAYLOAD, n: Date.now() }]);
    }
  };
  return {
    /** @param {{ idleMs: [number, number] }} pace least and most time between two of them */
    begin({ idleMs }) {
      isOn = true;
      loading = load(idleMs);
    },
    async end() {
      isOn = false;
      await loading;
    },
  };
}
