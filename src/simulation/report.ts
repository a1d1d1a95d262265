import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { VerdictWord } from '../core/verdict.ts';
import type { Offence } from './judge.ts';
import type { Tally } from './world.ts';

export type JobReport = {
  job: string;
  fireTimes: number;
  runs: number;
  verdicts: Partial<Record<VerdictWord, number>>;
  /** Longest time from a fire time to the start of its run; undefined where none started. */
  maxLagMs: DurationMs | undefined;
};

export type SimulationReport = {
  from: EpochMs;
  to: EpochMs;
  seed: number;
  replicas: number;
  jobs: JobReport[];
  fireTimes: number;
  runs: number;
  /** Undefined where no run started. */
  maxLag: { run: string; lagMs: DurationMs } | undefined;
  deaths: Tally['deaths'];
  failovers: number;
  longestWithoutLeaderMs: DurationMs;
  refusedWrites: number;
  /** What was lost, done twice or early. Empty: the simulation holds. */
  offences: Offence[];
};
