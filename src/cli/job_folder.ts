import type { JobDefinition } from '../core/definition.ts';
import type { PoolSlots } from '../core/forecast/pool_shares.ts';
import type { CalendarRule } from '../core/schedule.ts';

/** A jobs folder as it was read from disk, with what the configuration says about it. */
export type JobFolder = {
  folder: string;
  /** `missing`: there is no such folder, and none was asked for by name. */
  state: 'found' | 'missing';
  jobs: JobDefinition[];
  /** Files that gave no job: the name that it would have (`_calendars/NAME` of a calendar), and why. `where` is `jobs/partners/poll.ts:12:3`, or without the numbers. */
  broken: { name: string; where: string; reason: string; hint: string }[];
  calendars: ReadonlyMap<string, CalendarRule>;
  /** Where a field of a job, such as `schedule.cron`, is written: its file, with line and column where they are found. */
  placeOf(job: string, field: string | undefined): string | undefined;
  pools: PoolSlots[];
  lint: { budget: number | undefined; owner: 'required' | 'optional'; shards: number };
};
