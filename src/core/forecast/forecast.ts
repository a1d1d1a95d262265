import type { EpochMs } from '../time/units.ts';
import { busiestMinutes, whoFires, type BusyMinute } from './busiest.ts';
import { createDemand, type Demand, type MinuteLoad } from './demand.ts';
import { reachMs, visitFires, type ForecastEntry } from './entry.ts';
import { NO_POOL, poolsOfQueue, type PoolSlots } from './pool_shares.ts';

const MINUTE_MS = 60_000;

/** What a pool needs against what it has. */
export type PoolForecast = MinuteLoad & {
  name: string;
  /** Slots that it has. */
  has: number;
  queues: readonly string[];
  /** The most slots that are needed at once, and the first minute that needs them. */
  peak: { slots: number; at: EpochMs };
  longestWait: { ms: number; at: EpochMs };
};

/** Fires per minute, and what they need of each pool. Arrays have one value a minute, from `from` on. */
export type Forecast = {
  from: EpochMs;
  minutes: number;
  fires: Float64Array;
  total: number;
  busiest: BusyMinute[];
  pools: PoolForecast[];
};

export type ForecastRequest = {
  entries: readonly ForecastEntry[];
  pools: readonly PoolSlots[];
  /** Moved back to the beginning of its minute. */
  from: EpochMs;
  minutes: number;
  /** How many of the busiest minutes are named. */
  busiest: number;
};

/**
 * Fires per minute of the coming days × expected duration = slots needed, per pool: every fire time of every entry is
 * walked once, so a million schedules of a thousand rules cost as much as a thousand.
 */
export function forecast({ entries, pools, from, minutes, busiest }: ForecastRequest): Forecast {
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  const end = start + minutes * MINUTE_MS;
  const leadMs = Math.max(0, ...entries.map(reachMs));
  const demands = new Map<string, Demand>();
  const demandOf = (pool: string): Demand => {
    const demand = demands.get(pool) ?? createDemand({ from: start, minutes, leadMs });
    demands.set(pool, demand);
    return demand;
  };
  for (const { name } of pools) demandOf(name);
  for (const entry of entries) {
    const taking = poolsOfQueue(entry.queue, pools).map(demandOf);
    // The lead is for fires before the span that reach into it; runs that are counted (maxRuns) begin with it.
    const lookFrom = entry.mostRuns === undefined ? start - reachMs(entry) : start;
    visitFires(entry, lookFrom, end, (fire) => {
      for (const demand of taking) demand.add(fire, 1 / taking.length);
    });
  }
  const loads = [...demands].map(([name, demand]) => describePool(name, demand, { pools, start }));
  const fires = new Float64Array(minutes);
  for (const load of loads) load.fires.forEach((value, i) => (fires[i] = (fires[i] ?? 0) + value));
  return {
    from: start,
    minutes,
    fires,
    total: Math.round(fires.reduce((sum, value) => sum + value, 0)),
    busiest: whoFires(
      entries,
      busiestMinutes(fires, busiest).map((minute) => start + minute * MINUTE_MS),
      start,
    ),
    pools: loads.filter(({ name, peak }) => name !== NO_POOL || peak.slots > 0),
  };
}

function describePool(
  name: string,
  demand: Demand,
  { pools, start }: { pools: readonly PoolSlots[]; start: EpochMs },
): PoolForecast {
  const pool = pools.find((candidate) => candidate.name === name);
  const has = pool?.slots ?? 0;
  const load = demand.read(has);
  const peak = highest(load.slots);
  const wait = highest(load.waitMs);
  return {
    name,
    has,
    queues: pool?.queues ?? [],
    ...load,
    peak: { slots: Math.ceil(peak.value), at: start + peak.minute * MINUTE_MS },
    longestWait: { ms: Math.round(wait.value), at: start + wait.minute * MINUTE_MS },
  };
}

function highest(values: Float64Array): { value: number; minute: number } {
  let minute = 0;
  for (let i = 1; i < values.length; i += 1) if ((values[i] ?? 0) > (values[minute] ?? 0)) minute = i;
  return { value: values[minute] ?? 0, minute };
}
