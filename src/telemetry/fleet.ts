import type { JobView } from '../client/jobs.ts';
import type { Overview } from '../client/overview.ts';
import type { DurationMs } from '../core/time/units.ts';

/** A job, and how late it is: since its oldest fire time that is past its due time and has not started; 0 for none. */
export type WatchedJob = JobView & { lagMs: DurationMs };

/** The whole system at one moment, as a scrape shows it. */
export type Fleet = { overview: Overview; jobs: WatchedJob[] };
