import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { ShardStore } from '../store/store.ts';
import type { Outage } from './outage.ts';
import type { SimulationRequest } from './request.ts';
import type { Timeline } from './timeline.ts';

export type Death = 'before-reading' | 'before-commit' | 'after-commit';

/** What happened beside the fire times. */
export type Tally = {
  deaths: { at: EpochMs; replica: string; death: Death | 'idle' }[];
  /** Terms after the first. */
  failovers: number;
  longestWithoutLeaderMs: DurationMs;
  /** Writes of leaders that had been replaced, refused by their epoch. */
  refusedWrites: number;
  /** Writes of leaders that had been replaced, taken: there must be none. */
  acceptedWrites: string[];
  /** Schedules that had fallen out of the due times, and were put back by the sweep: there should be none. */
  repaired: number;
  /** Schedules that were taken out, with the reason. */
  quarantined: { schedule: string; reason: string }[];
};

/** What the parts of a simulation share. */
export type World = {
  request: SimulationRequest;
  timeline: Timeline;
  store: ShardStore;
  outage: Outage;
  random: () => number;
  tally: Tally;
};

export function createTally(): Tally {
  return {
    deaths: [],
    failovers: 0,
    longestWithoutLeaderMs: 0,
    refusedWrites: 0,
    acceptedWrites: [],
    repaired: 0,
    quarantined: [],
  };
}

/** Nothing that the judge reads may be forgotten meanwhile. */
export const KEEP_ALL = { count: 1e9, bytes: 1e15 };
export const LEDGER_COUNT = 1e9;
