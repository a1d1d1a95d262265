import { compileSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { JobRecord } from '../core/job_record.ts';
import { parseRule, unpackSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { LedgerEntry } from '../core/verdict.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { ControlAnswer } from './control_schedules.ts';
import { unknownJob } from './job_records.ts';
import { viewJobs, type JobView } from './job_view.ts';
import type { PauseWords } from './notes.ts';
import { timingsOf } from './replan.ts';
import { throwUnlessDone, type SchedulesClient } from './schedules.ts';
import type { Trigger } from './trigger.ts';

export type { JobView } from './job_view.ts';

export type JobsClient = {
  list(): Promise<JobView[]>;
  /** Throws NOT_FOUND. */
  get(name: string): Promise<JobView>;
  /** Verdicts over fire times of all its schedules, newest first. */
  ledger(name: string, count: number): Promise<LedgerEntry[]>;
  /** The next fire times of its own schedule after the stored one, without jitter. */
  upcoming(name: string, count: number): Promise<EpochMs[]>;
  /** Starts a run of a job or of any schedule now. */
  trigger: Trigger;
  /** Pauses its own schedule. Throws NOT_FOUND, BAD_USAGE for a job without one. */
  pause(name: string, words: PauseWords): Promise<void>;
  /** `unchanged`: it was not paused. Throws NOT_FOUND, BAD_USAGE for a job without a schedule of its own. */
  resume(name: string, words: { by: string }): Promise<'resumed' | 'unchanged'>;
  /** Its statistics are as after a success: the last success is now, and no failure counts any more. Throws NOT_FOUND. */
  markSucceeded(name: string): Promise<void>;
};

export type JobsDeps = {
  store: Store;
  trigger: Trigger;
  schedules: Pick<SchedulesClient, 'pause' | 'resume'>;
};

export function createJobsClient({ store, trigger, schedules }: JobsDeps): JobsClient {
  const find = async (name: string): Promise<{ shard: ShardStore; record: JobRecord }> => {
    const shard = store.of(name);
    const record = await shard.jobs.get(name);
    if (!record) throw await unknownJob(store, name);
    return { shard, record };
  };
  const control = async (name: string, act: () => Promise<readonly ControlAnswer[]>): Promise<'done' | 'unchanged'> => {
    await find(name);
    const [answer] = (await act()) as [ControlAnswer];
    if (answer.answer === 'missing') throw withoutSchedule(name);
    throwUnlessDone(answer);
    return answer.answer === 'done' ? 'done' : 'unchanged';
  };
  return {
    async list() {
      const views = await Promise.all(
        store.shards.map(async (shard) => viewJobs(shard, [...(await shard.jobs.all()).values()])),
      );
      return views.flat().sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
    },
    async get(name) {
      const { shard, record } = await find(name);
      const [view] = await viewJobs(shard, [record]);
      return view as JobView;
    },
    async ledger(name, count) {
      const { shard } = await find(name);
      return shard.history.ledger(name, count);
    },
    async upcoming(name, count) {
      const { shard } = await find(name);
      return upcomingOf(shard, name, count);
    },
    trigger,
    pause: async (name, words) => void (await control(name, () => schedules.pause([name], words))),
    async resume(name, words) {
      const answer = await control(name, () => schedules.resume([name], words));
      return answer === 'done' ? 'resumed' : 'unchanged';
    },
    async markSucceeded(name) {
      const { shard } = await find(name);
      await shard.marks.job(name);
    },
  };
}

async function upcomingOf(shard: ShardStore, id: string, count: number): Promise<EpochMs[]> {
  const [value] = await shard.schedules.read([id]);
  if (value === undefined) return [];
  const stored = unpackSchedule(id, value);
  if (stored.next === 0) return [];
  const { timing } = compileSchedule(id, parseRule(stored), await timingsOf(shard));
  const times = [stored.next];
  for (let at = timing.next(stored.next); at !== undefined && times.length < count; at = timing.next(at))
    times.push(at);
  return times.slice(0, count);
}

function withoutSchedule(name: string): BelfryError {
  return new BelfryError('BAD_USAGE', `${name} has no schedule of its own`, {
    field: 'job',
    hint: `its other schedules: belfry schedules list --job ${name}`,
  });
}
