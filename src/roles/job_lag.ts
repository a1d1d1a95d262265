import type { Client } from '../client/client.ts';
import type { JobView } from '../client/jobs.ts';
import { BelfryError } from '../core/errors.ts';
import { scheduledRunId } from '../core/run.ts';
import { unpackSchedule } from '../core/stored_schedule.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { Store } from '../store/store.ts';
import type { Fleet } from '../telemetry/fleet.ts';

/** Fire times that are followed back to find the oldest one that still waits. */
const MAX_FOLLOWED = 20;

type Reads = { client: Pick<Client, 'jobs' | 'runs'>; now: EpochMs };

/** The whole system with the lag of each job, judged by the clock of Redis. */
export async function readFleet(client: Client, store: Store): Promise<Fleet> {
  const [overview, views] = await Promise.all([client.overview(), client.jobs.list()]);
  const lastFired = await readLastFired(store, views);
  const reads: Reads = { client, now: overview.now };
  const jobs = await Promise.all(
    views.map(async (view) => ({ ...view, lagMs: await lagOf(view, lastFired.get(view.record.name), reads) })),
  );
  return { overview, jobs };
}

async function readLastFired(store: Store, views: JobView[]): Promise<Map<string, EpochMs>> {
  const names = views.filter(({ rule }) => rule !== undefined).map(({ record }) => record.name);
  const fired = new Map<string, EpochMs>();
  for (const shard of store.shards) {
    const here = names.filter((name) => store.of(name) === shard);
    const values = here.length === 0 ? [] : await shard.schedules.read(here);
    here.forEach((name, i) => {
      const value = values[i];
      const last = value === undefined ? undefined : unpackSchedule(name, value).last;
      if (last !== undefined) fired.set(name, last);
    });
  }
  return fired;
}

/**
 * How late a job is: since its oldest fire time that is past its due time and has not started. That is a fired run that
 * still waits for a worker, else a fire time that the scheduler has not come to.
 */
async function lagOf(view: JobView, lastFired: EpochMs | undefined, reads: Reads): Promise<DurationMs> {
  const { rule, nextFireTime, nextDue, stats } = view;
  if (rule === undefined) return 0;
  const hasStarted = lastFired === undefined || (stats.lastStart ?? 0) >= lastFired;
  const waiting = hasStarted ? undefined : await oldestWaiting(view.record.name, lastFired, reads);
  const unseen = nextFireTime !== undefined && nextDue !== undefined && nextDue <= reads.now ? nextFireTime : undefined;
  const since = waiting ?? unseen;
  return since === undefined ? 0 : Math.max(0, reads.now - since);
}

/** Runs of one job start in order, so the look back ends at the first one that has started. */
async function oldestWaiting(job: string, lastFired: EpochMs, reads: Reads): Promise<EpochMs | undefined> {
  if (!(await isWaiting(job, lastFired, reads))) return undefined;
  let oldest = lastFired;
  for (const { word, from, to } of await reads.client.jobs.ledger(job, MAX_FOLLOWED)) {
    if (to >= oldest || from !== to || word.startsWith('skipped') || word.startsWith('missed')) continue;
    if (!(await isWaiting(job, to, reads))) break;
    oldest = to;
  }
  return oldest;
}

async function isWaiting(job: string, fireTime: EpochMs, { client }: Reads): Promise<boolean> {
  try {
    const view = await client.runs.get(scheduledRunId(job, fireTime));
    return view.kind === 'live' && (view.state === 'ready' || view.state === 'waiting');
  } catch (error) {
    if (error instanceof BelfryError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}
