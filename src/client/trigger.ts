import { uuidv7 } from 'uuidv7';
import { BelfryError } from '../core/errors.ts';
import { packExtras, type Extras } from '../core/extras.ts';
import type { Json } from '../core/job.ts';
import type { JobRecord } from '../core/job_record.ts';
import { packKeys } from '../core/limit.ts';
import { quote } from '../core/quote.ts';
import { laneOf, packNewRun } from '../core/run.ts';
import { sealRun, type Seal } from '../core/seal.ts';
import { splitRule } from '../core/rule_text.ts';
import { firstIdOf } from '../core/run_ids.ts';
import { boundsOf } from '../core/start_bounds.ts';
import { jobOf } from '../core/schedule_id.ts';
import { parseRule, unpackSchedule } from '../core/stored_schedule.ts';
import type { Retention } from '../store/runs.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { Enqueue } from './enqueue.ts';
import { unknownJob } from './job_records.ts';
import { uniqueExtraOf } from './unique_key.ts';

export type TriggerOptions = {
  /** Default: the one of the schedule. */
  payload?: Json;
  /**
   * `honour` (default) goes by the schedule's overlap policy while a run of it lives: refused, held, or in the place of
   * the live ones. `override` starts in any case.
   */
  overlap?: 'honour' | 'override';
};

/** `held`: the run was made and waits for the ones in `behind`. `overlap`: nothing was made, because `liveRun` lives. */
export type Triggered =
  | { answer: 'triggered'; runId: string }
  | { answer: 'held'; runId: string; behind: string[] }
  | { answer: 'overlap'; liveRun: string };

/** Starts a run of a schedule, or of a job without one, now. Throws NOT_FOUND, BAD_PAYLOAD, PAYLOAD_TOO_LARGE. */
export type Trigger = (id: string, options?: TriggerOptions) => Promise<Triggered>;

export type TriggerDeps = {
  store: Store;
  enqueue: Enqueue;
  checkPayload: (job: string, payload: Json) => Promise<string> | string;
  retention: Retention;
  seal: Seal;
};

export function createTrigger(deps: TriggerDeps): Trigger {
  const { store, enqueue } = deps;
  return async (id, options = {}) => {
    const job = jobOf(id);
    const shard = store.of(job);
    const record = await shard.jobs.get(job);
    if (!record) throw await unknownJob(store, job);
    const [value] = await shard.schedules.read([id]);
    if (value !== undefined) return triggerSchedule(deps, { shard, record, id, value }, options);
    if (id !== job) throw unknownSchedule(id);
    return { answer: 'triggered', runId: (await enqueue(job, [options.payload ?? null]))[0] as string };
  };
}

type Found = { shard: ShardStore; record: JobRecord; id: string; value: string };

async function triggerSchedule(
  { checkPayload, retention, seal }: TriggerDeps,
  { shard, record, id, value }: Found,
  { payload, overlap = 'honour' }: TriggerOptions,
): Promise<Triggered> {
  const { name: job, queue, priority, policyRevision: policy, limits } = record;
  const stored = unpackSchedule(id, value);
  const rule = parseRule(stored);
  const given = payload ?? (rule.p as Json | undefined) ?? null;
  const payloadJson = await checkPayload(job, given);
  const keys = packKeys(limits, given);
  const runId = firstIdOf(uuidv7(), job);
  // A payload out of Redis is not signed on trust: whoever can write there would have a signature for it.
  const isTrusted =
    payload !== undefined || !seal.signs || seal.vouchesFor(id, splitRule(stored.ruleJson).payloadJson, rule.sg);
  const extras = extrasOf(record, given, overlap);
  const sealed = isTrusted
    ? sealRun(seal, { id: runId, job, extras }, payloadJson)
    : { payloadJson, extras: packExtras(extras) };
  const answer = await shard.schedules.trigger({
    schedule: id,
    overlap: overlap === 'override' ? 'allow' : (rule.o ?? 'skip'),
    queue,
    lane: laneOf(job, priority, keys),
    runId,
    packed: packNewRun({ job, queue, priority, policy, keys, ...sealed }),
    retention,
  });
  if (answer.answer === 'overlap') return answer;
  if (answer.answer === 'held') return { answer: 'held', runId, behind: answer.behind };
  if (answer.answer === 'gone') throw unknownSchedule(id);
  return { answer: 'triggered', runId };
}

/** As of the runs that the schedule fires; one that is to start in any case has no key. */
function extrasOf({ unique, bounds }: JobRecord, payload: Json, overlap: 'honour' | 'override'): Extras {
  const key = unique?.mode === 'unique' && overlap === 'honour' ? uniqueExtraOf(unique, payload) : undefined;
  return { ...boundsOf({}, bounds), ...(key === undefined ? {} : { unique: key }) };
}

/** NOT_FOUND for an id that no schedule has (any more). */
export function unknownSchedule(id: string): BelfryError {
  return new BelfryError('NOT_FOUND', `no schedule ${quote(id)}`, {
    field: 'schedule',
    hint: 'see `belfry schedules list`',
  });
}
