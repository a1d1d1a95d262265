import type { After } from '../after.ts';
import type { EpochMs } from '../time/units.ts';
import type { Standing } from './fire_time.ts';
import type { Obstacle } from './obstacle.ts';
import type { SchedulePolicies } from './policies.ts';
import type { RunNote } from './run_note.ts';
import type { RunReason } from './run_reasons.ts';
import type { Upcoming } from './upcoming.ts';

/** What happened, happens or will happen at one fire time of a schedule, and why. */
export type FireTimeAnswer = {
  schedule: string;
  job: string;
  fireTime: EpochMs;
  /** Redis time of the answer. */
  now: EpochMs;
  timezone: string;
  standing: Standing;
  /** What holds the schedule up; matters for a fire time that is not judged yet. */
  obstacles: Obstacle[];
  /** The runs of the fire time that are still known: the scheduled one, and those of backfills. */
  runs: RunNote[];
};

/** What a schedule does and waits for. */
export type ScheduleAnswer = {
  schedule: string;
  job: string;
  now: EpochMs;
  /** The schedule in words; undefined for a job without a schedule. */
  words: string | undefined;
  /** The jobs that it comes after, and those of them that have come since it last fired; undefined for none. */
  after: (After & { arrived: string[] }) | undefined;
  timezone: string;
  obstacles: Obstacle[];
  upcoming: Upcoming[];
  policies: SchedulePolicies | undefined;
  /** The next two changes of the zone's clock, and what the schedule does there. */
  clockChanges: { at: EpochMs; text: string }[];
};

/** What holds a run in its state. */
export type RunAnswer = {
  run: RunNote;
  job: string;
  queue: string;
  now: EpochMs;
  reasons: RunReason[];
};
