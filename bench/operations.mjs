// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSecondsSince, sharedNowMs } from './cpu.mjs';
import { createFlow } from './flow.mjs';
import { createHistogram } from './histogram.mjs';
import { createRoundLog } from './round_log.mjs';
import { createStartLog } from './start_log.mjs';
import { createSteadyLoad } from './steady_load.mjs';

/** What a process of a benchmark can be asked to do, and what it answers. */

const LOOK_AGAIN_MS = 5;
/** What is below is no instant: the `n` of a payload that nobody measures. */
const LEAST_INSTANT = 1_000;

/** @typedef {import('./subject.mjs').Work} Work */
/** @typedef {import('./round_log.mjs').Rounds} Rounds */
/** @typedef {ReturnType<typeof createOperations>} Operations */

/** @param {import('./subject.mjs').System} system */
export function createOperations(system) {
  let handled = 0;
  /** @type {import('./subject.mjs').OnRun} */
  let onRun = () => undefined;
  /** @type {number[]} */
  const latencies = [];
  let waits = createHistogram();
  const roundLog = createRoundLog();
  const startLog = createStartLog(system);
  const steadyLoad = createSteadyLoad(system);

  return {
    register: system.register,
    schedule: system.schedule,
    verdicts: system.verdicts,
    unfinished: system.unfinished,
    catchUps: system.catchUps,
    close: system.close,

    cpuSeconds: () => cpuSecondsSince({ user: 0, system: 0 }),

    /** Of this process, bytes. */
    memory: () => process.memoryUsage.rss(),

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
    watchRounds(rounds) {
      onRun = roundLog.watch(rounds, (_n, fireTime) => fireTime);
    },
    /**
     * The same where each schedule has a due time of its own within the period: lags are counted from there.
     * @param {Rounds & { spec: import('./subject.mjs').Spec }} rounds
     */
    watchSpread({ spec, ...rounds }) {
      onRun = roundLog.watch(rounds, system.dueTimes(spec));
    },
    spreadLags: roundLog.spreadLags,
    seen: roundLog.seen,
    lags: roundLog.lags,

    /** Notes when each run starts and when it was due. @param {import('./start_log.mjs').Group[]} groups */
    watchStarts(groups) {
      startLog.watch(groups);
      onRun = startLog.note;
    },
    starts: startLog.starts,
    beginLoad: steadyLoad.begin,
    endLoad: steadyLoad.end,

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

    ...createFlow(system),
  };
}
