import { uuidv7 } from 'uuidv7';
import type { Backfill, BackfillSpec } from '../core/backfill.ts';
import { compileSchedule, type CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError, messageOf } from '../core/errors.ts';
import type { Json } from '../core/job.ts';
import { quote } from '../core/quote.ts';
import { parseRate } from '../core/rate.ts';
import { jobOf } from '../core/schedule_id.ts';
import type { Seal } from '../core/seal.ts';
import { parseRule, unpackSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { assertBy, assertText } from './notes.ts';
import { redisTime } from './redis_time.ts';
import { timingsOf } from './replan.ts';
import { unknownSchedule } from './trigger.ts';

/** A range of fire times to run (again). */
export type BackfillRequest = {
  /** Id of a schedule: a job's name, or `<job>:<key>`. */
  schedule: string;
  /** First and one past the last instant, epoch ms; not to come. */
  from: EpochMs;
  to: EpochMs;
  /** Default `buffer-all`: one after another, and behind the schedule's other runs. */
  overlap?: BackfillSpec['overlap'];
  /** Released at most so fast, such as `10/1m`. Default `60/1m`. */
  rate?: string;
  /** Default: the one of the schedule. */
  payload?: Json;
  by: string;
  note?: string;
};

/** What a backfill covers, before it is begun. */
export type BackfillPreview = { count: number; first: EpochMs | undefined; last: EpochMs | undefined };

export type BackfillsClient = {
  /** Counts the fire times of the range and changes nothing. Throws what `start` throws. */
  preview(request: Omit<BackfillRequest, 'by' | 'note'>): Promise<BackfillPreview>;
  /** Begins it; a leader releases the runs. Throws NOT_FOUND, BAD_USAGE, BAD_PAYLOAD. */
  start(request: BackfillRequest): Promise<{ id: string; count: number }>;
  /** One that is under way, or was cancelled in the last seconds; undefined for one that is done, or never was. */
  get(id: string): Promise<Backfill | undefined>;
  /** Those under way, catch-ups after an outage included. */
  list(): Promise<Backfill[]>;
  /** No more runs are made; those that were made stay. Throws NOT_FOUND. */
  cancel(id: string): Promise<void>;
};

export const BACKFILL_OVERLAPS = ['allow', 'skip', 'buffer-all'] as const satisfies readonly BackfillSpec['overlap'][];
/** Fire times of one backfill, at most. */
const MOST_FIRE_TIMES = 1_000_000;
const DEFAULT_RATE: BackfillSpec['rate'] = [60, 60_000];

type BackfillDeps = {
  store: Store;
  checkPayload: (job: string, payload: Json) => Promise<string> | string;
  seal: Pick<Seal, 'signSchedule'>;
};

export function createBackfillsClient({ store, checkPayload, seal }: BackfillDeps): BackfillsClient {
  const prepare = async (request: Omit<BackfillRequest, 'by' | 'note'>): Promise<Prepared> => {
    const prepared = await readRequest(store, request);
    if (request.payload !== undefined) await checkPayload(jobOf(request.schedule), request.payload);
    return prepared;
  };
  return {
    async preview(request) {
      const { count, first, last } = await prepare(request);
      return { count, first, last };
    },
    async start(request) {
      const { shard, spec, count, first } = await prepare(request);
      const { by, note } = request;
      const words = { by: assertBy(by), ...(note === undefined ? {} : { note: assertText(note, 'note') }) };
      if (first === undefined) {
        throw new BelfryError('BAD_USAGE', `${spec.schedule} has no fire time in the range`, { field: 'from' });
      }
      const id = uuidv7().slice(-12); // random, and short: the ids of its runs end in it
      const { schedule, payload } = spec;
      const signature = payload === undefined ? undefined : seal.signSchedule(schedule, JSON.stringify(payload));
      await shard.backfills.create({ id, cursor: first, released: 0, spec: { ...spec, signature, ...words } });
      return { id, count };
    },
    async get(id) {
      const found = await Promise.all(store.shards.map(({ backfills }) => backfills.get(id)));
      return found.find((backfill) => backfill !== undefined);
    },
    async list() {
      const all = await Promise.all(store.shards.map(({ backfills }) => backfills.list()));
      return all.flat().sort((a, b) => b.spec.at - a.spec.at || (a.id < b.id ? -1 : 1));
    },
    async cancel(id) {
      for (const shard of store.shards) if (await shard.backfills.remove(id, await redisTime(shard))) return;
      throw new BelfryError('NOT_FOUND', `no backfill ${quote(id)} is under way`, {
        field: 'backfill',
        hint: 'see `belfry backfill list`',
      });
    },
  };
}

type Prepared = BackfillPreview & { shard: ShardStore; spec: BackfillSpec };

async function readRequest(store: Store, request: Omit<BackfillRequest, 'by' | 'note'>): Promise<Prepared> {
  const { schedule, from, to, overlap = 'buffer-all', rate, payload } = request;
  const shard = store.of(jobOf(schedule));
  const [[value], now, timingOf] = await Promise.all([
    shard.schedules.read([schedule]),
    redisTime(shard),
    timingsOf(shard),
  ]);
  if (value === undefined) throw unknownSchedule(schedule);
  assertRange({ from, to }, now);
  if (!BACKFILL_OVERLAPS.includes(overlap)) {
    throw new BelfryError('BAD_USAGE', `overlap is ${quote(overlap)}`, {
      field: 'overlap',
      hint: `one of ${BACKFILL_OVERLAPS.join(', ')}`,
    });
  }
  const stored = unpackSchedule(schedule, value);
  const compiled = compileSchedule(schedule, parseRule(stored), timingOf);
  const spec: BackfillSpec = {
    schedule,
    kind: 'backfill',
    from,
    to,
    overlap,
    rate: rate === undefined ? DEFAULT_RATE : readRate(rate),
    ruleJson: stored.ruleJson,
    ...(payload === undefined ? {} : { payload }),
    at: now,
  };
  return { shard, spec, ...countFireTimes(compiled, { from, to }) };
}

/** A range that has passed: fire times to come are the schedule's own business. */
function assertRange({ from, to }: { from: EpochMs; to: EpochMs }, now: EpochMs): void {
  for (const [field, at] of [['from', from] as const, ['to', to] as const]) {
    if (Number.isSafeInteger(at) && at >= 0) continue;
    throw new BelfryError('BAD_USAGE', `${field} is ${quote(at)}`, { field, hint: 'an instant in epoch ms' });
  }
  if (from >= to) {
    throw new BelfryError('BAD_USAGE', 'the range is empty', { field: 'to', hint: 'an instant after its beginning' });
  }
  if (to <= now) return;
  throw new BelfryError('BAD_USAGE', 'the range ends in the future', {
    field: 'to',
    hint: 'a range that has passed: the schedule fires the times to come by itself',
  });
}

function readRate(text: string): BackfillSpec['rate'] {
  try {
    const { count, periodMs } = parseRate(text, 'rate');
    return [count, periodMs];
  } catch (error) {
    throw new BelfryError('BAD_USAGE', messageOf(error), { field: 'rate', hint: (error as BelfryError).hint ?? '' });
  }
}

function countFireTimes({ timing }: CompiledSchedule, { from, to }: { from: EpochMs; to: EpochMs }): BackfillPreview {
  if (timing.kind === 'after-completion' || timing.kind === 'reboot') {
    throw new BelfryError('BAD_USAGE', 'the schedule has no fire times of the clock', {
      field: 'schedule',
      hint: 'a fixed delay and @reboot depend on what happened; trigger a run instead',
    });
  }
  const first = timing.next(from - 1);
  if (first === undefined || first >= to) return { count: 0, first: undefined, last: undefined };
  let count = 1;
  let last = first;
  for (let at = timing.next(first); at !== undefined && at < to; at = timing.next(at)) {
    if (count === MOST_FIRE_TIMES) {
      throw new BelfryError('BAD_USAGE', `the range has more than ${MOST_FIRE_TIMES} fire times`, {
        field: 'from',
        hint: 'begin a shorter range, and the next one when it is done',
      });
    }
    count += 1;
    last = at;
  }
  return { count, first, last };
}
