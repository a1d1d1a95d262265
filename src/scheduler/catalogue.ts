import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { Freeze } from '../core/freeze.ts';
import type { JobRecord } from '../core/job_record.ts';
import { CATCH_UP_PRIORITY, laneOf, packRunHead } from '../core/run.ts';
import type { CalendarRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import type { CalendarStore } from '../store/calendars.ts';
import type { JobStore } from '../store/jobs.ts';
import type { FirePlace } from '../store/schedules.ts';
import { createScheduleCache } from './schedule_cache.ts';

export type CatalogueDeps = { jobs: Pick<JobStore, 'all'>; calendars: Pick<CalendarStore, 'all'> };

/** What the leader of a shard knows of jobs, calendars, rules and freezes, so that it does not read them for each plan. */
export type Catalogue = {
  /** Reads jobs and calendars again, and forgets every compiled rule, if the revision is another than the last one. */
  refresh(revision: string): Promise<void>;
  /** Throws a coded error for a rule that cannot be planned. */
  compiled(schedule: { id: string; ruleJson: string }): CompiledSchedule;
  /** Where runs of the schedule go. Throws NOT_FOUND for a job that is not registered. */
  placeOf(schedule: string, traffic: 'live' | 'catch-up'): FirePlace;
  /** From the text as it is stored. */
  freezes(text: string): readonly Freeze[];
};

export function createCatalogue({ jobs, calendars }: CatalogueDeps): Catalogue {
  let knownRevision: string | undefined;
  let knownJobs = new Map<string, JobRecord>();
  let knownCalendars = new Map<string, CalendarRule>();
  let knownFreezes: { text: string; freezes: readonly Freeze[] } = { text: '', freezes: [] };
  const places = { live: new Map<string, FirePlace>(), 'catch-up': new Map<string, FirePlace>() };
  const cache = createScheduleCache((name) => knownCalendars.get(name));
  return {
    async refresh(revision) {
      if (revision === knownRevision) return;
      [knownJobs, knownCalendars] = await Promise.all([jobs.all(), calendars.all()]);
      knownRevision = revision;
      cache.clear();
      places.live.clear();
      places['catch-up'].clear();
    },
    compiled: ({ id, ruleJson }) => cache.compiled(id, ruleJson),
    placeOf(schedule, traffic) {
      const name = jobOf(schedule);
      let place = places[traffic].get(name);
      if (!place) places[traffic].set(name, (place = makePlace(schedule, traffic, knownJobs.get(name))));
      return place;
    },
    freezes(text) {
      if (text !== knownFreezes.text) knownFreezes = { text, freezes: JSON.parse(text || '[]') as Freeze[] };
      return knownFreezes.freezes;
    },
  };
}

function makePlace(schedule: string, traffic: 'live' | 'catch-up', job: JobRecord | undefined): FirePlace {
  if (!job) {
    const name = jobOf(schedule);
    throw new BelfryError('NOT_FOUND', `schedule ${schedule} fires the job ${name}, which is not registered`, {
      hint: `deploy a job file for ${name}, or delete the schedule`,
    });
  }
  const { name, queue, policyRevision: policy } = job;
  const priority = traffic === 'live' ? job.priority : CATCH_UP_PRIORITY;
  return { job: name, queue, lane: laneOf(name, priority), head: packRunHead({ job: name, queue, priority, policy }) };
}
