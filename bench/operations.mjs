// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { createHistogram } from './histogram.mjs';
import { pour, sharedNowMs } from './pour.mjs';
import { partnerAt, PAYLOAD } from './subject.mjs';

/** What a process of a benchmark can be asked to do, and what it answers. */

const LOOK_AGAIN_MS = 5;
/** Calls under way at once. */
const CALLS = 4;
/** What is below is no instant: the `n` of a payload that nobody measures. */
const LEAST_INSTANT = 1_000;

/** @typedef {import('./subject.mjs').Work} Work */
/** @typedef {{ count: number, first: number, periodMs: number, rounds: number }} Rounds */
/** @typedef {ReturnType<typeof createOperations>} Operations */

/** What a system does by itself, and what its process can say. @param {import('./subject.mjs').System} system */
const passedOn = (system) => ({
  register: system.register,
  schedule: system.schedule,
  verdicts: system.verdicts,
  unfinished: system.unfinished,
  close: system.close,
  cpuSeconds: () => cpuSecondsSince({ user: 0, system: 0 }),
  /** Resident, bytes. */
  memory: () => process.memoryUsage.rss(),
  /** @param {import('./pour.mjs').Flow} flow */
  pour: (flow) => pour(system, flow),
});

/** @param {import('./subject.mjs').System} system */
export function createOperations(system) {
  let handled = 0;
  /** @type {import('./subject.mjs').OnRun} */
  let onRun = () => undefined;
  /** Start − fire time in ms, round by round; NaN where none was seen. @type {Float64Array} */
  let lags = new Float64Array();
  const seen = { started: 0, repeated: 0, other: 0 };
  /** @type {number[]} */
  const latencies = [];
  let waits = createHistogram();

  return {
    ...passedOn(system),

    /** Adds runs in batches; the time and the CPU that this took. @param {{ count: number, batch: number, partners?: string[] }} load */
    async enqueue({ count, batch, partners = [PAYLOAD.partner] }) {
      const payloads = Array.from({ length: batch }, (_, i) => ({ ...PAYLOAD, partner: partnerAt(partners, i) }));
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

    /** @param {{ from: number, to: number, rule: import('./subject.mjs').Rule }} schedules */
    addSchedules: ({ from, to, rule }) => timed(() => system.addSchedules(numbersOf(from, to), rule)),

    /** Through the client, as an application would. @param {{ from: number, to: number, spec: import('./subject.mjs').Spec }} schedules */
    saveSchedules: ({ from, to, spec }) => timed(() => system.saveSchedules(numbersOf(from, to), spec)),

    /** @param {Work} options */
    work: (options) =>
      system.work({
        ...options,
        onRun: (fireTime, payload) => {
          handled += 1;
          onRun(fireTime, payload);
        },
      }),

    /** Works off a backlog: from the start of the first run to the settlement of the last. @param {Work & { count: number }} backlog */
    async drain({ count, ...work }) {
      let started = 0;
      let cpuBefore = process.cpuUsage();
      await new Promise((resolve, reject) => {
        const take = () => {
          if (handled === 0) {
            started = sharedNowMs();
            cpuBefore = process.cpuUsage();
          }
          handled += 1;
          if (handled === count) resolve(undefined);
        };
        system.work({ ...work, onRun: take }).catch(reject);
      });
      while ((await system.unfinished()) > 0) await pause(LOOK_AGAIN_MS);
      return { seconds: (sharedNowMs() - started) / 1_000, cpuSeconds: cpuSecondsSince(cpuBefore) };
    },

    /** Notes for each fire time of these rounds when its run starts. The payload's `n` tells the schedule. @param {Rounds} rounds */
    watchRounds({ count, first, periodMs, rounds }) {
      lags = new Float64Array(count * rounds).fill(NaN);
      onRun = (fireTime, { n }) => {
        const round = (fireTime - first) / periodMs;
        const at = round * count + n;
        if (!Number.isInteger(round) || round < 0 || round >= rounds) seen.other += 1;
        else if (!Number.isNaN(lags[at])) seen.repeated += 1;
        else {
          lags[at] = Date.now() - fireTime;
          seen.started += 1;
        }
      };
    },
    /**
     * The same where each schedule has a due time of its own within the period: lags are counted from there.
     * @param {Rounds & { spec: import('./subject.mjs').Spec }} rounds
     */
    watchSpread({ count, first, periodMs, rounds, spec }) {
      lags = new Float64Array(count * rounds).fill(NaN);
      const dueTimeOf = system.dueTimes(spec);
      onRun = (fireTime, { n }) => {
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
    seen: () => ({ ...seen }),
    lags: () => lags,

    /** Collects how long runs take to start; the `n` of their payload is the instant of the enqueue. */
    watchLatency() {
      onRun = (_fireTime, { n }) => void latencies.push(sharedNowMs() - n);
    },
    latencies: () => latencies,

    /** Counts from now on how long runs take to start that have the instant of their enqueue as `n`. */
    watchWaits() {
      waits = createHistogram();
      onRun = (_fireTime, { n }) => {
        if (n > LEAST_INSTANT) waits.add(sharedNowMs() - n);
      };
    },
    waits: () => waits.read(),

    /** Enqueues one run at a time with idle time between. @param {{ samples: number, idleMs: [number, number] }} pace */
    async trickle({ samples, idleMs: [least, most] }) {
      for (let i = 0; i < samples; i += 1) {
        await pause(least + Math.random() * (most - least));
        await system.enqueue([{ ...PAYLOAD, n: sharedNowMs() }]);
      }
    },
  };
}

/** The time and the CPU that something takes. @param {() => Promise<unknown>} act */
async function timed(act) {
  const started = sharedNowMs();
  const cpuBefore = process.cpuUsage();
  await act();
  return { seconds: (sharedNowMs() - started) / 1_000, cpuSeconds: cpuSecondsSince(cpuBefore) };
}

/** @param {number} from @param {number} to one past the last */
function numbersOf(from, to) {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** @param {NodeJS.CpuUsage} before */
function cpuSecondsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
