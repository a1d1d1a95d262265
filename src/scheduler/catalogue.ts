import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { Freeze } from '../core/freeze.ts';
import type { Json } from '../core/job.ts';
import type { JobRecord } from '../core/job_record.ts';
import { needsPayload, packKeys } from '../core/limit.ts';
import { packExtras } from '../core/extras.ts';
import { boundsOf } from '../core/start_bounds.ts';
import { packUnique, uniqueKeyOf } from '../core/unique.ts';
import { digestText } from '../store/payload_digest.ts';
import { CATCH_UP_PRIORITY, laneOf, packOpenHead, packRunHead } from '../core/run.ts';
import type { CalendarRule } from '../core/schedule.ts';
import { jobOf } from '../core/schedule_id.ts';
import type { CalendarStore } from '../store/calendars.ts';
import type { JobStore } from '../store/jobs.ts';
import type { FirePlace } from '../store/schedules.ts';
import { createScheduleCache } from './schedule_cache.ts';

/** Places that are remembered between two changes of the jobs; with limit keys there can be as many as there are keys. */
const MOST_PLACES = 20_000;

/** As scheduledBody puts it behind the head. */
export type SchedulePayload = Pick<CompiledSchedule, 'signature' | 'payloadJson'>;

export type CatalogueDeps = { jobs: Pick<JobStore, 'all'>; calendars: Pick<CalendarStore, 'all'> };

/** What the leader of a shard knows of jobs, calendars, rules and freezes, so that it does not read them for each plan. */
export type Catalogue = {
  /** Reads jobs and calendars again, and forgets every compiled rule, if the revision is another than the last one. */
  refresh(revision: string): Promise<void>;
  /** Throws a coded error for a rule that cannot be planned. */
  compiled(schedule: { id: string; ruleJson: string }): CompiledSchedule;
  /** Where runs of the schedule with this payload go. Throws NOT_FOUND for a job that is not registered, BAD_PAYLOAD for a limit key that cannot be. */
  placeOf(schedule: string, traffic: 'live' | 'catch-up', payload: SchedulePayload): FirePlace;
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
    placeOf(schedule, traffic, { signature, payloadJson }) {
      const name = jobOf(schedule);
      const job = knownJobs.get(name);
      if (!job) throw unknownJob(schedule);
      const keys = needsPayload(job.limits) ? packKeys(job.limits, JSON.parse(payloadJson) as Json) : '';
      const own = traffic === 'live' ? extrasOf(job, payloadJson) : '';
      const kind = signature === undefined ? `${own} ${keys}` : `${own}+${keys}`;
      let place = places[traffic].get(name + kind);
      if (!place) {
        place = makePlace(traffic, job, { keys, own, extras: signature === undefined ? 'none' : 'of each run' });
        if (places[traffic].size < MOST_PLACES) places[traffic].set(name + kind, place);
      }
      return place;
    },
    freezes(text) {
      if (text !== knownFreezes.text) knownFreezes = { text, freezes: JSON.parse(text || '[]') as Freeze[] };
      return knownFreezes.freezes;
    },
  };
}

function unknownJob(schedule: string): BelfryError {
  const name = jobOf(schedule);
  return new BelfryError('NOT_FOUND', `schedule ${schedule} fires the job ${name}, which is not registered`, {
    hint: `deploy a job file for ${name}, or delete the schedule`,
  });
}

/**
 * What the runs of a job have by default. Of the modes of a unique key only `unique` is for a schedule, which says by itself
 * how often it fires. Fire times that are made up for have none of it: each is to have its run, late as it is.
 */
function extrasOf({ unique, bounds }: JobRecord, payloadJson: string): string {
  if (unique?.mode !== 'unique') return bounds === undefined ? '' : packExtras(boundsOf({}, bounds));
  const key = uniqueKeyOf(unique, JSON.parse(payloadJson) as Json, digestText);
  return packExtras({ ...boundsOf({}, bounds), ...(key === undefined ? {} : { unique: packUnique(unique, key) }) });
}

function makePlace(
  traffic: 'live' | 'catch-up',
  job: JobRecord,
  { keys, own, extras }: { keys: string; own: string; extras: 'none' | 'of each run' },
): FirePlace {
  const { name, queue, policyRevision: policy } = job;
  const priority = traffic === 'live' ? job.priority : CATCH_UP_PRIORITY;
  const place = { job: name, queue, priority, policy, keys };
  const open = own === '' ? '' : `${own};`; // the run's own follow
  const head = extras === 'none' ? packRunHead({ ...place, extras: own }) : packOpenHead(place) + open;
  return { job: name, queue, lane: laneOf(name, priority, keys), head };
}
