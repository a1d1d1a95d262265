// @ts-check

/** Schedules by number, from the first to one past the last, that share a rule. @typedef {{ from: number, to: number, spec: import('./subject.mjs').Spec }} Group */

/** One run: the number of its schedule, undefined for an enqueued one; epoch ms. @typedef {{ schedule: number | undefined, due: number, at: number }} Start */

/**
 * Notes of each run when it was due and when it started. What an enqueued run carries as `n` is the instant of its enqueue
 * (see steady_load.mjs), which is far beyond the number of any schedule.
 * @param {Pick<import('./subject.mjs').System, 'dueTimes'>} system
 */
export function createStartLog(system) {
  /** @type {Start[]} */
  const starts = [];
  /** By the number of the schedule. @type {ReturnType<import('./subject.mjs').System['dueTimes']>[]} */
  const dueTimes = [];
  return {
    /** @param {Group[]} groups */
    watch(groups) {
      for (const { from, to, spec } of groups) {
        const dueTimeOf = system.dueTimes(spec);
        for (let n = from; n < to; n += 1) dueTimes[n] = dueTimeOf;
      }
    },
    /** @type {import('./subject.mjs').OnRun} */
    note(fireTime, { n }) {
      const at = Date.now();
      const dueTimeOf = dueTimes[n];
      if (dueTimeOf === undefined) starts.push({ schedule: undefined, due: n, at });
      else starts.push({ schedule: n, due: dueTimeOf(n, fireTime), at });
    },
    starts: () => starts,
  };
}
