import type { DurationMs } from '../time/units.ts';

/** What a system must carry. Whole numbers; durations in ms, sizes in bytes of JSON. */
export type CapacityRequest = {
  runsPerDay: number;
  /** Where there are any, every run is taken for a fired one, which costs more than an enqueued one. */
  schedules: number;
  /** The busiest minute by the mean of a day, 1 or more. */
  peakFactor: number;
  /** Mean length of a run. */
  durationMs: DurationMs;
  /** Of a run and of a schedule. */
  payloadBytes: number;
  /** How many jobs there are: history is bounded for each. */
  jobs: number;
  historyAgeMs: DurationMs;
  historyCount: number;
  historyBytes: number;
  /** How long runs may pile up at the peak before they are worked off. */
  backlogMs: DurationMs;
  limits: 'none' | 'limited';
  /** Slots of one worker process. */
  slotsPerWorker: number;
  /** Part of a core that each Redis, leader and worker may use at the peak, in (0, 1]. */
  headroom: number;
  /** At the peak a call may wait so long for Redis; what comes meanwhile shares the next call. */
  waitMs: DurationMs;
};

/** What is taken where nothing is said. */
export const CAPACITY_DEFAULTS = {
  schedules: 0,
  peakFactor: 3,
  durationMs: 200,
  payloadBytes: 200,
  jobs: 100,
  historyAgeMs: 7 * 86_400_000,
  historyCount: 1_000,
  historyBytes: 16 * 2 ** 20,
  backlogMs: 5 * 60_000,
  limits: 'none',
  slotsPerWorker: 500,
  headroom: 0.5,
  waitMs: 50,
} as const satisfies Omit<CapacityRequest, 'runsPerDay'>;
