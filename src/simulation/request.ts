import type { JobDefinition } from '../core/definition.ts';
import type { CalendarRule } from '../core/schedule.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';

/** What to simulate. Instants are virtual, epoch ms. */
export type SimulationRequest = {
  /** Fire times in [from, to) are judged. */
  from: EpochMs;
  to: EpochMs;
  jobs: readonly JobDefinition[];
  /** Calendars that rules may name. */
  calendars: ReadonlyMap<string, CalendarRule>;
  replicas: number;
  /** The leader dies in the middle of its first commit from each of these instants on. */
  kills: readonly EpochMs[];
  /** No call passes in [from, until). */
  pauses: readonly { from: EpochMs; until: EpochMs }[];
  /** Wall clocks of the replicas are spread over this much to either side of the true time. */
  skewMs: DurationMs;
  leaderTtlMs: DurationMs;
  /** A run takes between so long and so long. */
  duration: { fromMs: DurationMs; toMs: DurationMs };
  /** Runs at a time over all simulated workers. */
  slots: number;
  /** The same seed gives the same deaths, delays and durations. */
  seed: number;
};
