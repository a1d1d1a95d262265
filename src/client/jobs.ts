import { uuidv7 } from 'uuidv7';
import { compileSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { Json } from '../core/job.ts';
import type { JobRecord } from '../core/job_record.ts';
import { laneOf, packNewRun } from '../core/run.ts';
import { firstIdOf } from '../core/run_ids.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { unpackSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { LedgerEntry } from '../core/verdict.ts';
import type { JobStats } from '../store/jobs.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { unknownJob, type Enqueue } from './enqueue.ts';

/** A job with how it is doing. */
export type JobView = {
  record: JobRecord;
  rule: ScheduleRule | undefined;
  stats: JobStats;
  /** Next fire time without a verdict, and when it is due (jitter included); undefined for none. */
  nextFireTime: EpochMs | undefined;
  nextDue: EpochMs | undefined;
  /** Why its schedule was taken out, where it was. */
  quarantined: { message: string; hint?: string } | undefined;
};

export type TriggerOptions = {
  payload?: Json;
  /** `honour` (default) refuses while a run of the schedule lives and its overlap policy is `skip`. */
  overlap?: 'honour' | 'override';
};
export type Triggered = { answer: 'triggered'; runId: string } | { answer: 'overlap'; liveRun: string };

export type JobsClient = {
  list(): Promise<JobView[]>;
  /** Throws NOT_FOUND. */
  get(name: string): Promise<JobView>;
  /** Verdicts over fire times, newest first. */
  ledger(name: string, count: number): Promise<LedgerEntry[]>;
  /** The next fire times of its schedule after the stored one, without jitter. */
  upcoming(name: string, count: number): Promise<EpochMs[]>;
  trigger(name: string, options?: TriggerOptions): Promise<Triggered>;
};

export type JobsDeps = {
  store: Store;
  enqueue: Enqueue;
  checkPayload: (job: string, payload: Json) => Promise<string>;
};

export function createJobsClient({ store, enqueue, checkPayload }: JobsDeps): JobsClient {
  const find = async (name: string): Promise<{ shard: ShardStore; record: JobRecord }> => {
    const shard = store.of(name);
    const record = await shard.jobs.get(name);
    if (!record) throw await unknownJob(store, name);
    return { shard, record };
  };
  return {
    async list() {
      const views = await Promise.all(
        store.shards.map(async (shard) => describe(shard, [...(await shard.jobs.all()).values()])),
      );
      return views.flat().sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
    },
    async get(name) {
      const { shard, record } = await find(name);
      const [view] = await describe(shard, [record]);
      return view as JobView;
    },
    async ledger(name, count) {
      const { shard } = await find(name);
      return shard.history.ledger(name, count);
    },
    async upcoming(name, count) {
      const { shard } = await find(name);
      const [value] = await shard.schedules.read([name]);
      if (value === undefined) return [];
      const stored = unpackSchedule(name, value);
      if (stored.next === 0) return [];
      const { timing } = compileSchedule(name, JSON.parse(stored.ruleJson) as ScheduleRule);
      const times = [stored.next];
      for (let at = timing.next(stored.next); at !== undefined && times.length < count; at = timing.next(at))
        times.push(at);
      return times.slice(0, count);
    },
    async trigger(name, { payload, overlap = 'honour' } = {}) {
      const { shard, record } = await find(name);
      const rule = record.ruleJson === undefined ? undefined : (JSON.parse(record.ruleJson) as ScheduleRule);
      const input = payload ?? (rule?.p as Json | undefined) ?? null;
      if (!rule) return { answer: 'triggered', runId: (await enqueue(name, [input]))[0] as string };
      const runId = firstIdOf(uuidv7(), name);
      const place = { job: name, queue: record.queue, priority: record.priority, policy: record.policyRevision };
      const answer = await shard.schedules.trigger({
        schedule: name,
        overlap: overlap === 'override' || rule.o === 'allow' ? 'allow' : 'skip',
        queue: record.queue,
        lane: laneOf(name, record.priority),
        runId,
        packed: packNewRun({ ...place, payloadJson: await checkPayload(name, input) }),
      });
      if (answer.answer === 'gone') throw new BelfryError('NOT_FOUND', `the schedule of ${name} is gone`);
      return answer.answer === 'overlap' ? answer : { answer: 'triggered', runId };
    },
  };
}

async function describe(shard: ShardStore, records: JobRecord[]): Promise<JobView[]> {
  const names = records.map(({ name }) => name);
  const [values, dueTimes, stats, quarantined] = await Promise.all([
    shard.schedules.read(names),
    shard.schedules.dueTimes(names),
    shard.jobs.stats(names),
    shard.schedules.quarantined(),
  ]);
  return records.map((record, i) => {
    const value = values[i];
    const next = value === undefined ? 0 : unpackSchedule(record.name, value).next;
    const reason = quarantined.get(record.name);
    return {
      record,
      rule: record.ruleJson === undefined ? undefined : (JSON.parse(record.ruleJson) as ScheduleRule),
      stats: stats.get(record.name) as JobStats,
      nextFireTime: next === 0 || reason !== undefined ? undefined : next,
      nextDue: dueTimes[i],
      quarantined: reason === undefined ? undefined : (JSON.parse(reason) as { message: string; hint?: string }),
    };
  });
}
