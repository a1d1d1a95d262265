import type { DurationMs, EpochMs } from '../time/units.ts';
import type { Fire } from './entry.ts';

const SECONDS_PER_MINUTE = 60;
/** What repeated addition leaves of 0. */
const DUST = 1e-6;

/** A span of whole minutes; `leadMs` is what comes before it and still reaches into it. */
export type Span = { from: EpochMs; minutes: number; leadMs: DurationMs };

/** What a pool has to do in each minute of a span. */
export type MinuteLoad = {
  /** Runs that start. */
  fires: Float64Array;
  /** Runs that would live at once in the busiest second, if each started at its due time. */
  slots: Float64Array;
  /** How long the last run that is due in the minute waits for one of the slots there are. */
  waitMs: Float64Array;
};

/**
 * Adds up fires in steps of a second. Each fire changes a rate at two instants, so its cost does not depend on how far
 * it is spread or how long its runs take; the sums are made once, when they are read.
 */
export type Demand = {
  /** `part` of the fire's runs come here. */
  add(fire: Fire, part: number): void;
  /** With so many slots in the pool. */
  read(slots: number): MinuteLoad;
};

export function createDemand({ from, minutes, leadMs }: Span): Demand {
  const lead = Math.ceil(leadMs / 1_000);
  const start = from / 1_000 - lead;
  const length = lead + minutes * SECONDS_PER_MINUTE;
  const starts = new Float64Array(length);
  const work = new Float64Array(length);
  /** Second difference of the living runs: starts less ends. */
  const living = new Float64Array(length);
  const bump = (rates: Float64Array, second: number, by: number): void => {
    if (second < length) rates[Math.max(0, second)] = (rates[Math.max(0, second)] ?? 0) + by;
  };
  return {
    add(fire, part) {
      const [first, end] = secondsOf(fire, start);
      const rate = (fire.weight * part) / (end - first);
      const slotSeconds = Math.max(1, Math.ceil(fire.occupiedMs / 1_000));
      const workRate = (rate * fire.occupiedMs) / 1_000;
      bump(starts, first, rate);
      bump(starts, end, -rate);
      bump(work, first, workRate);
      bump(work, end, -workRate);
      bump(living, first, rate);
      bump(living, end, -rate);
      bump(living, first + slotSeconds, -rate);
      bump(living, end + slotSeconds, rate);
    },
    read: (slots) => sumUp({ starts, work, living, lead, minutes }, slots),
  };
}

/** First second and one past the last in which a fire's runs start, counted from `start`; one second at least. */
export function secondsOf({ at, spreadMs }: Pick<Fire, 'at' | 'spreadMs'>, start = 0): [first: number, end: number] {
  const first = Math.floor(at / 1_000) - start;
  return [first, Math.max(first + 1, Math.ceil((at + spreadMs) / 1_000) - start)];
}

type Rates = { starts: Float64Array; work: Float64Array; living: Float64Array; lead: number; minutes: number };

function sumUp({ starts, work, living, lead, minutes }: Rates, slots: number): MinuteLoad {
  const load = {
    fires: new Float64Array(minutes),
    slots: new Float64Array(minutes),
    waitMs: new Float64Array(minutes),
  };
  let startRate = 0;
  let workRate = 0;
  let netRate = 0;
  let alive = 0;
  let backlog = 0;
  for (let second = 0; second < starts.length; second += 1) {
    startRate += starts[second] ?? 0;
    workRate += work[second] ?? 0;
    netRate += living[second] ?? 0;
    alive += netRate;
    // Work is a fluid here: what comes in within a second, less what the slots do in it, is left for the next one.
    backlog = Math.max(0, backlog + workRate - slots);
    if (second < lead) continue;
    const minute = Math.floor((second - lead) / SECONDS_PER_MINUTE);
    load.fires[minute] = (load.fires[minute] ?? 0) + startRate;
    load.slots[minute] = Math.max(load.slots[minute] ?? 0, alive);
    if (slots > 0) load.waitMs[minute] = Math.max(load.waitMs[minute] ?? 0, (backlog / slots) * 1_000);
  }
  for (const values of Object.values(load)) values.forEach((value, i) => (values[i] = tidy(value)));
  return load;
}

function tidy(value: number): number {
  const rounded = Math.round(value / DUST) * DUST;
  const whole = Math.round(rounded);
  return Math.abs(rounded - whole) < 10 * DUST ? whole : rounded;
}
