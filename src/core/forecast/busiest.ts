import type { EpochMs } from '../time/units.ts';
import { secondsOf } from './demand.ts';
import { reachMs, visitFires, type ForecastEntry } from './entry.ts';

const MINUTE_MS = 60_000;

/** A minute and who fires in it, most first. */
export type BusyMinute = { at: EpochMs; fires: number; jobs: { job: string; fires: number }[] };

/** Indices of the `count` minutes with the most fires, most first, and where they are level the earlier one; none without a fire. */
export function busiestMinutes(fires: Float64Array, count: number): number[] {
  const top: number[] = [];
  const at = (minute: number | undefined): number => (minute === undefined ? 0 : (fires[minute] ?? 0));
  fires.forEach((value, minute) => {
    if (value <= 0 || (top.length === count && value <= at(top.at(-1)))) return;
    const place = top.findIndex((other) => at(other) < value);
    top.splice(place < 0 ? top.length : place, 0, minute);
    if (top.length > count) top.pop();
  });
  return top;
}

/**
 * Who fires in some minutes of a forecast that starts at `start` (there schedules with a number of runs begin to count),
 * in the order of the minutes.
 */
export function whoFires(entries: readonly ForecastEntry[], minutes: readonly EpochMs[], start: EpochMs): BusyMinute[] {
  const asked = new Map(minutes.map((at) => [at, new Map<string, number>()]));
  const end = Math.max(0, ...minutes) + MINUTE_MS;
  for (const entry of entries) {
    const { job } = entry;
    visitFires(entry, entry.mostRuns === undefined ? start - reachMs(entry) : start, end, (fire) => {
      const [from, to] = secondsOf(fire);
      const first = Math.floor(from / 60) * MINUTE_MS;
      for (let at = first; at < to * 1_000; at += MINUTE_MS) {
        const jobs = asked.get(at);
        if (jobs === undefined) continue;
        const seconds = Math.min(to, at / 1_000 + 60) - Math.max(from, at / 1_000);
        jobs.set(job, (jobs.get(job) ?? 0) + (fire.weight * seconds) / (to - from));
      }
    });
  }
  return [...asked].map(([at, byJob]) => toBusyMinute(at, byJob));
}

function toBusyMinute(at: EpochMs, byJob: Map<string, number>): BusyMinute {
  const jobs = [...byJob].map(([job, fires]) => ({ job, fires: Math.round(fires * 1e6) / 1e6 }));
  jobs.sort((a, b) => b.fires - a.fires || (a.job < b.job ? -1 : 1));
  return { at, fires: jobs.reduce((sum, { fires }) => sum + fires, 0), jobs };
}
