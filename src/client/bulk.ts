import { uuidv7 } from 'uuidv7';
import { phasesOf, type Bulk, type BulkAction, type BulkSpec } from '../core/bulk.ts';
import { BelfryError, messageOf } from '../core/errors.ts';
import { assertName } from '../core/names.ts';
import { quote } from '../core/quote.ts';
import { parseRate } from '../core/rate.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { readSelection, type RunSelection } from './bulk_filter.ts';
import { viewBulk, type BulkView } from './bulk_view.ts';
import { assertBy, assertText } from './notes.ts';
import { redisTime } from './redis_time.ts';

export type BulkRequest = {
  action: BulkAction;
  filter: RunSelection;
  /** The queue to move to, for `move`. */
  to?: string;
  /** At most so fast, such as `500/1s`, over all shards together. Default: `100/1s` for a retry, else as fast as Redis likes. */
  rate?: string;
  by: string;
  note?: string;
};

/** Operations over many runs, carried on by the leaders in small slices. */
export type BulkClient = {
  /** Begins within a second; resolves with its id. Throws BAD_USAGE, BAD_DURATION. */
  start(request: BulkRequest): Promise<string>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<BulkView>;
  /** Those under way and the newest that have ended, newest first. */
  list(): Promise<BulkView[]>;
  /** Goes no further; what it has done stays done, and one that has ended stays as it is. Throws NOT_FOUND. */
  cancel(id: string): Promise<BulkView>;
};

export const BULK_ACTIONS = ['cancel', 'retry', 'delete', 'move'] as const satisfies readonly BulkAction[];
/** Runs that begin again all at once are a herd; nobody minds runs that go all at once. */
const DEFAULT_RETRY_PACE_MS: DurationMs = 10;
const KEPT_MS: DurationMs = 7 * 86_400_000;
const MOST_KEPT = 100;

export function createBulkClient(store: Store): BulkClient {
  const find = async (id: string): Promise<Bulk[]> => {
    const parts = (await Promise.all(store.shards.map(({ bulks }) => bulks.get(id)))).flatMap((part) => part ?? []);
    if (parts.length > 0) return parts;
    throw new BelfryError('NOT_FOUND', `no bulk operation ${quote(id)}`, {
      field: 'bulk',
      hint: 'see `belfry bulk list`; old ones are forgotten',
    });
  };
  return {
    async start(request) {
      const now = await redisTime(store.shards[0] as ShardStore);
      const spec = readRequest(request, now);
      const { job } = spec.filter;
      const shards = job === undefined ? store.shards : [store.of(job)];
      spec.paceMs *= shards.length; // each has its part of the rate
      const id = uuidv7().slice(-12);
      for (const shard of shards) await begin(shard, id, spec);
      return id;
    },
    get: async (id) => viewBulk(await find(id)),
    async list() {
      const parts = (await Promise.all(store.shards.map(({ bulks }) => bulks.list()))).flat();
      const byId = new Map<string, Bulk[]>();
      for (const part of parts) byId.set(part.id, [...(byId.get(part.id) ?? []), part]);
      return [...byId.values()].map(viewBulk).sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1));
    },
    async cancel(id) {
      await find(id);
      const now = await redisTime(store.shards[0] as ShardStore);
      await Promise.all(store.shards.map(({ bulks }) => bulks.cancel(id, now)));
      return viewBulk(await find(id));
    },
  };
}

function readRequest(request: BulkRequest, now: EpochMs): BulkSpec {
  const { action, filter, to, rate, by, note } = request;
  if (!BULK_ACTIONS.includes(action)) {
    throw new BelfryError('BAD_USAGE', `action is ${quote(action)}`, {
      field: 'action',
      hint: `one of ${BULK_ACTIONS.join(', ')}`,
    });
  }
  return {
    action,
    filter: readSelection(action, filter, now),
    ...readTarget(action, to),
    paceMs: paceOf(action, rate),
    by: assertBy(by),
    ...(note === undefined ? {} : { note: assertText(note, 'note') }),
    at: now,
  };
}

function readTarget(action: BulkAction, to: string | undefined): { to?: string } {
  if ((to === undefined) === (action !== 'move')) return to === undefined ? {} : { to: queueName(to, 'to') };
  throw new BelfryError('BAD_USAGE', to === undefined ? 'to is not given' : `to goes with move, not with ${action}`, {
    field: 'to',
    hint: 'the queue that runs are moved to',
  });
}

/** The name of a queue. Throws BAD_USAGE. */
export function queueName(name: unknown, field: string): string {
  try {
    return assertName(name, field);
  } catch (error) {
    throw new BelfryError('BAD_USAGE', messageOf(error), { field, hint: (error as BelfryError).hint ?? '' });
  }
}

function paceOf(action: BulkAction, rate: string | undefined): DurationMs {
  if (rate === undefined) return action === 'retry' ? DEFAULT_RETRY_PACE_MS : 0;
  try {
    const { count, periodMs } = parseRate(rate, 'rate');
    return periodMs / count;
  } catch (error) {
    throw new BelfryError('BAD_USAGE', messageOf(error), { field: 'rate', hint: (error as BelfryError).hint ?? '' });
  }
}

async function begin({ bulks }: ShardStore, id: string, spec: BulkSpec): Promise<void> {
  const phases = phasesOf(spec);
  const { live, letters, finished } = await bulks.totals();
  const total =
    spec.filter.ids?.length ??
    (phases.includes('runs') ? live : 0) +
      (phases.includes('letters') ? letters : 0) +
      (phases.includes('history') ? finished : 0);
  const none = { primary: '-', seen: 0, done: 0, failed: 0, updatedAt: spec.at };
  await bulks.create({ id, state: 'running', cursor: phases[0] as string, total, ...none, spec });
  const ended = (await bulks.list()).filter(({ state }) => state !== 'running');
  const newest = ended.sort((a, b) => b.updatedAt - a.updatedAt);
  await bulks.forget(
    newest.filter(({ updatedAt }, i) => i >= MOST_KEPT || updatedAt < spec.at - KEPT_MS).map((bulk) => bulk.id),
  );
}
