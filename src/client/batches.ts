import { uuidv7 } from 'uuidv7';
import { BelfryError } from '../core/errors.ts';
import type { BatchRun, Json } from '../core/job.ts';
import { packParent, type BatchRequest } from '../core/kin.ts';
import { assertKnownKeys, readWord } from '../core/known_keys.ts';
import { quote } from '../core/quote.ts';
import type { Batch, BatchGroup } from '../store/batches.ts';
import type { Retention } from '../store/runs.ts';
import type { ShardStore } from '../store/store.ts';
import { childIdOf } from './child_id.ts';
import { assertOwnId, chunksOf, createPrepare, type EnqueueDeps } from './enqueue.ts';
import { assertText } from './notes.ts';
import { resending } from './resending.ts';

export type { Batch } from '../store/batches.ts';

/** A run that follows a batch. Without a payload it is given the batch's id and counts. */
export type BatchCallback = { job: string; payload?: Json };

export type BatchRequestOptions = {
  /**
   * Own id: the same request under it again makes no second batch, and finishes a first one that was broken off. Default: a
   * new one each time.
   */
  id?: string;
  runs?: BatchRun[];
  callbacks?: {
    /** When every run has succeeded. */
    success?: BatchCallback;
    /** When every run is over, and one or more did not succeed. */
    failed?: BatchCallback;
    /** When every run is over, however it ended. */
    complete?: BatchCallback;
  };
  description?: string;
  /** `open`: runs can be added until it is closed. Default `closed`. */
  state?: 'open' | 'closed';
};

export type BatchesClient = {
  /** Makes a batch with its runs. Throws NOT_FOUND, BAD_PAYLOAD, BAD_USAGE and what else `enqueue` throws. */
  create(request: BatchRequestOptions): Promise<{ id: string; runs: string[] }>;
  /** Adds runs to an open batch; resolves with their ids, in order. Throws NOT_FOUND, or BAD_USAGE for a closed one. */
  add(id: string, runs: BatchRun[]): Promise<string[]>;
  /** No more runs come from outside; its callbacks follow when all are over. Throws NOT_FOUND. */
  close(id: string): Promise<Batch>;
  /** Newest first. Default 50. */
  list(options?: { limit?: number }): Promise<Batch[]>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<Batch>;
  /**
   * Takes its waiting runs away and asks the running ones to stop; when all are over, the callbacks `failed` and
   * `complete` follow. May be called again after it was interrupted. Throws NOT_FOUND, or BAD_USAGE for one that is done.
   */
  cancel(id: string): Promise<Batch>;
};

/** What a worker needs: runs added by a run of the batch, once for each `call`. */
export type AddToBatch = (wanted: BatchRequest) => Promise<string[]>;

/** The call that adds the first runs. */
const CREATION = 'create';
const CALLBACKS = ['success', 'failed', 'complete'] as const;
const RUN_WORDS: readonly (keyof BatchRun)[] = ['job', 'payload', 'delay', 'priority'];
const MOST_RUNS = 100_000;
/** Groups of up to 500 runs that are cancelled in one call. */
const SLICE = 4;

export function createBatchesClient(deps: EnqueueDeps & { retention: Retention }): BatchesClient {
  const { store, retention } = deps;
  const slice = { count: SLICE, retention };
  const add = createAdd(deps);
  const find = async (id: string): Promise<{ shard: ShardStore; batch: Batch }> => {
    const shard = store.of(id);
    const batch = await shard.batches.get(id);
    if (batch === undefined) throw unknownBatch(id);
    return { shard, batch };
  };
  return {
    async create(request) {
      assertRequest(request);
      const { id: own, runs = [], callbacks = {}, description, state = 'closed' } = request;
      const id = own === undefined ? uuidv7() : assertOwnId(own, 'batch');
      const fields = await writeFields(deps, id, { callbacks, description });
      const groups = await add.prepare(id, runs, own === undefined ? undefined : CREATION);
      await resending(() => store.of(id).batches.create(id, fields));
      const answer = await add.send(id, groups, { call: CREATION, from: 'open' });
      // Only a batch with an own id can have been closed by now: by the same request, once it had added everything.
      if (answer === 'closed' && own === undefined) throw closedBatch(id);
      if (state === 'closed') await resending(() => store.of(id).batches.close(id, 'closed'));
      return { id, runs: groups.ids };
    },
    async add(id, runs) {
      await find(id);
      const groups = await add.prepare(id, runs);
      if ((await add.send(id, groups, { call: uuidv7(), from: 'open' })) === 'closed') throw closedBatch(id);
      return groups.ids;
    },
    async close(id) {
      const { shard } = await find(id);
      await shard.batches.close(id, 'closed');
      return (await find(id)).batch;
    },
    async list({ limit = 50 } = {}) {
      const found = await Promise.all(store.shards.map(({ batches }) => batches.list(limit)));
      return found
        .flat()
        .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
        .slice(0, limit);
    },
    get: async (id) => (await find(id)).batch,
    async cancel(id) {
      const { shard, batch } = await find(id);
      if (batch.state === 'done') throw new BelfryError('BAD_USAGE', `batch ${id} is done`, { field: 'batch' });
      await shard.batches.close(id, 'cancelled');
      for (let from = 0; (await shard.batches.cancelRuns(id, from, slice)) === 'more'; from += SLICE);
      return (await find(id)).batch;
    },
  };
}

export function createAddToBatch(deps: EnqueueDeps): AddToBatch {
  const add = createAdd(deps);
  return async ({ batch, runs, call }) => {
    const groups = await add.prepare(batch, runs, call);
    if ((await add.send(batch, groups, { call, from: 'inside' })) === 'closed') throw closedBatch(batch);
    return groups.ids;
  };
}

/** What tells a call from others, and where it comes from. */
type Addition = { call: string; from: 'open' | 'inside' };
type PreparedRuns = { groups: BatchGroup[]; ids: string[] };

function createAdd(deps: EnqueueDeps) {
  const prepareJob = createPrepare(deps);
  const { store } = deps;
  return {
    /** With a `call`, the ids are the same for the same call. */
    async prepare(batch: string, runs: readonly BatchRun[], call?: string): Promise<PreparedRuns> {
      if (runs.length > MOST_RUNS) throw tooMany(runs.length);
      const parent = packParent('batch', store.of(batch).shard.index, batch);
      const ids = new Array<string>(runs.length);
      const groups: BatchGroup[] = [];
      for (const { job, at, options } of alike(runs, call)) {
        const payloads = at.map((i) => runs[i]?.payload ?? null);
        const own = call === undefined ? {} : { id: childIdOf(batch, `${call}#${at[0] ?? 0}`, job) };
        const prepared = await prepareJob(job, payloads, { ...options, ...own, parent });
        at.forEach((i, n) => (ids[i] = prepared.ids[n] as string));
        for (const group of prepared.groups) groups.push({ ...group, shard: store.of(job).shard.index });
      }
      return { groups, ids };
    },
    async send(batch: string, { groups }: PreparedRuns, { call, from }: Addition): Promise<'added' | 'closed'> {
      const { batches } = store.of(batch);
      for (const [n, part] of chunksOf(groups).entries()) {
        const answer = await resending(() => batches.add(batch, part as BatchGroup[], { call: `${call}/${n}`, from }));
        if (answer === 'gone') throw unknownBatch(batch);
        if (answer === 'closed') return answer;
      }
      return 'added';
    },
  };
}

type Alike = { job: string; at: number[]; options: Pick<BatchRun, 'delay' | 'priority'> };

/** Runs of one job with the same options are packed together; with ids of their own, one by one. */
function alike(runs: readonly BatchRun[], call: string | undefined): Iterable<Alike> {
  const found = new Map<string, Alike>();
  for (const [i, run] of runs.entries()) {
    const { job, delay, priority } = run;
    assertKnownKeys(run, RUN_WORDS, { code: 'BAD_USAGE', field: `runs[${i}]` });
    const key = JSON.stringify([job, delay, priority, call === undefined ? 0 : i]);
    const same = found.get(key);
    if (same) same.at.push(i);
    else {
      const options = { ...(delay === undefined ? {} : { delay }), ...(priority === undefined ? {} : { priority }) };
      found.set(key, { job, at: [i], options });
    }
  }
  return found.values();
}

/** A callback that is misspelt would never be made: refused. Throws BAD_USAGE. */
function assertRequest(request: BatchRequestOptions): void {
  const code = 'BAD_USAGE';
  assertKnownKeys(request, ['id', 'runs', 'callbacks', 'description', 'state'], { code, field: 'batch' });
  readWord(request.state, ['open', 'closed'], { code, field: 'state' });
  if (request.callbacks === undefined) return;
  assertKnownKeys(request.callbacks, CALLBACKS, { code, field: 'callbacks' });
  for (const [name, callback] of Object.entries(request.callbacks)) {
    if (callback !== undefined) assertKnownKeys(callback, ['job', 'payload'], { code, field: `callbacks.${name}` });
  }
}

/** Description and callbacks as lua/_batches reads them. The runs that follow are checked and packed now. */
async function writeFields(
  deps: EnqueueDeps,
  id: string,
  { callbacks, description }: { callbacks: BatchRequestOptions['callbacks']; description: string | undefined },
): Promise<Record<string, string>> {
  const { store, seal } = deps;
  const prepare = createPrepare(deps);
  const fields: Record<string, string> = {};
  if (description !== undefined) fields['description'] = assertText(description, 'description');
  for (const name of CALLBACKS) {
    const callback = callbacks?.[name];
    if (callback === undefined) continue;
    const { job } = callback;
    const run = childIdOf(id, name, job);
    // A summary is written when the batch is done, by a script that has no key to seal it with.
    const isSummary = callback.payload === undefined && !seal.closes;
    const sample = seal.closes
      ? { batch: id }
      : { batch: id, description: '', total: 0, succeeded: 0, dead: 0, cancelled: 0 };
    const { groups } = await prepare(job, [callback.payload ?? sample], { id: run });
    const [group] = groups;
    if (group === undefined) continue;
    const packed = isSummary ? group.head : group.head + String(group.payloads[0]);
    const place = [store.of(job).shard.index, run, group.queue, group.lane, isSummary ? 'summary' : 'given'];
    fields[`on_${name}`] = `${place.join(' ')} ${packed}`;
  }
  return fields;
}

function unknownBatch(id: string): BelfryError {
  return new BelfryError('NOT_FOUND', `no batch ${quote(id)}`, {
    field: 'batch',
    hint: 'see `belfry batches list`; one that is done is forgotten after a week',
  });
}

function closedBatch(id: string): BelfryError {
  return new BelfryError('BAD_USAGE', `batch ${id} is closed`, {
    field: 'batch',
    hint: "create it with state: 'open' and close it when all runs are in, or add runs from inside one of its runs",
  });
}

function tooMany(count: number): BelfryError {
  return new BelfryError('BAD_USAGE', `${count} runs in one call`, {
    field: 'runs',
    hint: `at most ${MOST_RUNS}; add the others to the open batch with further calls`,
  });
}
